"""All pages of the web view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.web.pages.api_reference import REFERENCE_PAGES
from streams.web.pages.evidence import evidence_fragment
from streams.web.pages.jobs import JOB_PAGES
from streams.web.pages.libraries import LIBRARY_PAGES
from streams.web.pages.media import MEDIA_PAGES
from streams.web.pages.operations import OPERATIONS_PAGES
from streams.web.pages.overview import OVERVIEW_PAGES
from streams.web.pages.queue import QUEUE_PAGES

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

__all__ = ["PAGES"]

#: A feature with pages has a module of its own here, and its handlers in this table.
PAGES: tuple[HTTPRouteHandler, ...] = (
    *OVERVIEW_PAGES,
    *QUEUE_PAGES,
    evidence_fragment,
    *JOB_PAGES,
    *MEDIA_PAGES,
    *LIBRARY_PAGES,
    *OPERATIONS_PAGES,
    REFERENCE_PAGES,
)
