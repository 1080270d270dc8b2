"""All pages of the web view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.web.pages.airings import airings_page
from streams.web.pages.api_reference import REFERENCE_PAGES
from streams.web.pages.audit import audit_page
from streams.web.pages.cases import CASE_PAGES
from streams.web.pages.clusters import clusters_page
from streams.web.pages.evidence import evidence_fragment
from streams.web.pages.jobs import JOB_PAGES
from streams.web.pages.libraries import LIBRARY_PAGES
from streams.web.pages.media import MEDIA_PAGES
from streams.web.pages.operations import OPERATIONS_PAGES
from streams.web.pages.overview import OVERVIEW_PAGES
from streams.web.pages.policies import POLICY_PAGES
from streams.web.pages.queue import QUEUE_PAGES
from streams.web.pages.settings import settings_page
from streams.web.pages.traces import trace_page
from streams.web.pages.usage import usage_page

if TYPE_CHECKING:
    from litestar import Router
    from litestar.handlers import HTTPRouteHandler

__all__ = ["PAGES"]

#: A feature with pages has a module of its own here, and its handlers in this table.
PAGES: tuple[HTTPRouteHandler | Router, ...] = (
    *OVERVIEW_PAGES,
    *QUEUE_PAGES,
    *CASE_PAGES,
    evidence_fragment,
    *JOB_PAGES,
    *MEDIA_PAGES,
    trace_page,
    clusters_page,
    *LIBRARY_PAGES,
    *POLICY_PAGES,
    *OPERATIONS_PAGES,
    airings_page,
    usage_page,
    audit_page,
    settings_page,
    REFERENCE_PAGES,
)
