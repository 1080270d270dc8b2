"""The running worker: everything put together, started in order and stopped in the reverse order."""
