"""Indexes of windows that the engine brings itself."""
