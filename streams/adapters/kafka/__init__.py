"""Kafka: the embedded broker, the topics, and the producer."""
