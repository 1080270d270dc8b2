"""Stores and libraries that came apart: found, told, and mended."""
