"""Files of secrets and of who may come in: how they are read, and read again when they change."""
