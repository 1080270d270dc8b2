"""The streaming service: Faust agents on Kafka, Milvus, the read model, the web view and the command line."""
