"""What a job is and how it moves on: pure decisions, with no Kafka, no clock and no storage in them."""
