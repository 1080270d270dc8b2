"""Fingerprints of picture and sound, and the search for what copies what.

This package knows files, pictures, sound and vectors; it knows no Kafka, Faust, Milvus client or web.
"""
