"""Real things outside: Kafka, Milvus, stores, sources of media, receivers, the decoder. None knows another."""
