"""Guarded access to media: files, HTTP and S3 places that the configuration allows, as seekable binary files."""
