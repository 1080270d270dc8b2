"""The RPC calls of ApsaraVideo VOD and Intelligent Media Services, so that the vendor's own SDKs work against us."""
