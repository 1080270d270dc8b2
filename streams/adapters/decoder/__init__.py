"""Decoding media in a process of its own, in a cage: bytes of media go in, arrays come out."""
