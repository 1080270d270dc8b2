"""API and web view, served by the worker itself from the read model."""
