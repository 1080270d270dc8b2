"""What the demonstration and the tests work with: real footage, and edited copies of it."""
