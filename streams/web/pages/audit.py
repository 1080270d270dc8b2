"""The page of the audit log: who decided what, when, and why."""

from __future__ import annotations

import asyncio

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery
from litestar.response import Template

from streams.readmodel.boilerplate import BoilerplateLogFilter, BoilerplatePage
from streams.readmodel.decisions import DecisionFilter, DecisionPage
from streams.web.api.times import time_as_stored
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render
from streams.web.services import Services

__all__ = ["audit_page"]


@get("/audit", include_in_schema=False, opt=needs(Role.READER))
async def audit_page(
    services: NamedDependency[Services],
    *,
    who: FromQuery[str | None] = None,
    case_id: FromQuery[str | None] = None,
    since: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show decisions, newest first; what is wrong with a time is said on the page.

    What was said of boilerplate, the newest of it, stands below the newest decisions that are not on one case.
    """
    page, said, fault = DecisionPage([]), BoilerplatePage([]), ""
    try:
        wanted = DecisionFilter(
            who=who or None,
            case_id=case_id or None,
            since=time_as_stored(since, "since"),
            until=time_as_stored(until, "until"),
        )
        page = await asyncio.to_thread(services.model.decisions.page, wanted, cursor=cursor, limit=PAGE)
        if not case_id and cursor is None:
            of_boilerplate = BoilerplateLogFilter(who=wanted.who, since=wanted.since, until=wanted.until)
            said = await asyncio.to_thread(services.model.boilerplate.log, of_boilerplate, limit=PAGE)
    except ClientException as error:
        fault = error.detail
    filters = {"who": who or "", "case_id": case_id or "", "since": since or "", "until": until or ""}
    shown = {"page": page, "said_of_boilerplate": said.rulings, "fault": fault, "filters": filters}
    return render("operate/audit.html", shown, rows=rows is not None)
