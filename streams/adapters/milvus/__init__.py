"""The window index: one port, in memory for tests, and on Milvus (Lite or a cluster) for the service."""
