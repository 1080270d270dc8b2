"""Odd media: hundreds of files of every container and codec that FFmpeg writes, each read as the product reads media.

Run all of it with `make odd-media`; the test suite runs every container, every codec, and some of each other kind.
"""
