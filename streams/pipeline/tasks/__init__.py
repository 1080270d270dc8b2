"""The heavy work: what a worker process does with one task. Plain synchronous code, with no Kafka in it."""
