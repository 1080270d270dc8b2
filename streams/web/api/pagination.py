"""What every list of the API takes to be read page by page."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

__all__ = ["Cursor", "Limit"]

Cursor = Annotated[str | None, QueryParameter(description="`next` of the page before; the newest entries without it")]
Limit = Annotated[int, QueryParameter(ge=1, le=500, description="entries a page")]
