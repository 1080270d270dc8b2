"""What the service expects of its surroundings: protocols, and the errors by which their failures are told."""
