"""Matching of pictures: from windows that are alike to spans of a copy."""
