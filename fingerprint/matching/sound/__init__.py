"""Matching of sound: from peaks that coincide to spans of a copy."""
