"""`python -m schemas.generators`: writes the JSON Schemas and the AsyncAPI document in `schemas/json` anew."""

from __future__ import annotations

from schemas.generators.document import write

if __name__ == "__main__":
    write()
