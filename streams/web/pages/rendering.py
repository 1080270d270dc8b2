"""How pages are made: where the templates are, what all of them know, and how they write numbers and times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from litestar.exceptions import NotAuthorizedException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template.config import TemplateConfig

from schemas.jobs import JobStatus
from schemas.matches import best_first
from schemas.traces import around_other
from schemas.verdicts import around_name
from streams.redaction import redacted, without_secrets
from streams.web.auth.roles import Role
from streams.web.pages.charts import amount_text
from streams.web.paths import in_path

if TYPE_CHECKING:
    from litestar import Request

    from streams.web.auth.authenticator import Authenticator

__all__ = [
    "MOST_ROWS",
    "PAGE",
    "Viewer",
    "address",
    "clock",
    "percent",
    "render",
    "rows_asked",
    "share",
    "strength",
    "template_config",
    "wording",
]

#: Rows on one page of a list.
PAGE = 50
#: Rows that a page asks for at a time when they have changed: it never shows more.
MOST_ROWS = 100
#: The least share that is written as a number.
LEAST_SHARE = 0.01
#: From which similarity on a match is shown how: a person looks at the red ones first. 0.8 is also the usual threshold
#: of a duplicate that is not stored again.
STRENGTHS = (("strong", 0.8), ("likely", 0.65), ("weak", 0.0))
#: What people call each status.
WORDING = {
    JobStatus.INIT: "waiting",
    JobStatus.PROCESSING: "processing",
    JobStatus.SUCCESS: "done",
    JobStatus.FAIL: "failed",
    JobStatus.CANCELLED: "cancelled",
}
#: What the navigation leads to: what people work with all day, and what they look at now and then.
MAIN_PAGES = (
    ("/", "Overview"),
    ("/cases", "Queue"),
    ("/jobs", "Jobs"),
    ("/libraries", "Libraries"),
    ("/policies", "Policies"),
)
OTHER_PAGES = (
    ("/clusters", "Clusters"),
    ("/airings", "Airings"),
    ("/deliveries", "Deliveries"),
    ("/dead-letters", "Dead letters"),
    ("/usage", "Usage"),
    ("/audit", "Audit"),
    ("/settings", "Settings"),
    ("/api-reference", "API"),
)


class Viewer:
    """Who looks at a page, and what the page may offer them.

    Attributes:
        name: The name that is kept of what they do.
        role: What they may do.
        can_log_out: Whether they have logged in; where no tokens are asked for there is nothing to log out of.
    """

    def __init__(self, name: str, role: Role, *, can_log_out: bool) -> None:
        self.name = name
        self.role = role
        self.can_log_out = can_log_out

    def may(self, role: str) -> bool:
        """Whether they may do what takes a role, such as `moderator`."""
        return self.role.covers(Role(role))


def template_config(authenticator: Authenticator) -> TemplateConfig[JinjaTemplateEngine]:
    """Return where templates are, and what they know without being told."""
    config = TemplateConfig(directory=Path(__file__).parent.parent / "templates", engine=JinjaTemplateEngine)
    engine = config.engine_instance.engine
    filters = (
        address,
        amount_text,
        around_name,
        around_other,
        best_first,
        clock,
        in_path,
        percent,
        share,
        redacted,
        strength,
        without_secrets,
        wording,
    )
    engine.filters |= {one.__name__: one for one in filters}

    def viewer(request: Request[Any, Any, Any]) -> Viewer | None:
        """Return who looks; None on pages that are shown to everybody."""
        try:
            caller = authenticator.caller_of(request)
        except NotAuthorizedException:
            return None
        return Viewer(caller.name, caller.grant.role, can_log_out=not authenticator.open)

    engine.globals |= {"viewer": viewer, "section": section, "MAIN_PAGES": MAIN_PAGES, "OTHER_PAGES": OTHER_PAGES}
    return config


def render(name: str, context: Mapping[str, Any], *, rows: bool = False) -> Template:
    """Return a page that is made of a template.

    Args:
        name: The template, below `templates/`.
        context: What it shows.
        rows: Whether only the live part is wanted, by a page that is open and has heard of a change.
    """
    return Template(name, context={"layout": "fragment.html" if rows else "base.html", **context})


def rows_asked(rows: str | None) -> list[str] | None:
    """Return the subjects of the rows that an open page asks for; None where the whole page is wanted."""
    return None if rows is None else [row for row in rows.split(",")[:MOST_ROWS] if row]


def section(request: Request[Any, Any, Any]) -> str:
    """Return the page of the navigation that an address belongs to."""
    path = request.url.path
    known = [place for place, _ in (*MAIN_PAGES, *OTHER_PAGES) if path == place or path.startswith(f"{place}/")]
    return max(known, key=len, default="")


def clock(seconds: float) -> str:
    """Write a time on a media's clock, such as `1:02:03.4`."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes}:{rest / 10:04.1f}"
    return f"{hours}:{minutes:02d}:{rest / 10:04.1f}" if hours else text


def percent(part: float) -> str:
    """Write a share as a percentage, never rounding up to all of it."""
    return f"{int(part * 1000) / 10:.0f} %" if part >= 1.0 else f"{int(part * 100)} %"


def share(covered: float) -> str:
    """Write a covered share in words: a minute of a whole film is little, and not nothing."""
    return "under 1 %" if 0 < covered < LEAST_SHARE else percent(covered)


def strength(similarity: float) -> str:
    """Name the class by which the page colours a similarity."""
    return next(name for name, least in STRENGTHS if similarity >= least)


def wording(status: JobStatus) -> str:
    """Write a job's status as people say it."""
    return WORDING[status]


def address(parameters: Mapping[str, str]) -> str:
    """Write a query string of those parameters that say something."""
    return urlencode({name: value for name, value in parameters.items() if value})
