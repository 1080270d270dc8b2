"""Pure decisions: no Kafka, no SQL, no web, no storage and no clock in them."""
