"""`python -m streams.reference`: writes the reference pages below `docs/reference` anew."""

from __future__ import annotations

from streams.reference.pages import write

if __name__ == "__main__":
    write()
