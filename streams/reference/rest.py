"""The page of REST routes, and of the vendor's calls."""

from __future__ import annotations

import re

from litestar.routes import HTTPRoute

from streams.reference.markdown import code, table, text
from streams.settings import Settings
from streams.web.aliyun.operations import operations
from streams.web.api.router import api_router
from streams.web.auth.roles import Role
from streams.web.health import healthz, metrics, readyz

__all__ = ["rest_page"]


def rest_page() -> str:
    """Return the page."""
    routes = [
        (path, method, handler.summary, handler.fn.__doc__, handler.opt)
        for route in api_router(Settings.model_construct()).routes
        if isinstance(route, HTTPRoute)
        for path, handler in ((route.path, one) for one in route.route_handlers)
        for method in sorted(handler.http_methods)
        if method != "OPTIONS"  # the framework's own
    ]
    health = [
        (path, "GET", "", handler.fn.__doc__, handler.opt)
        for handler in (healthz, readyz, metrics)
        for path in sorted(handler.paths)
    ]
    return (
        "# REST routes\n\n"
        "`GET /api/openapi.json` has the whole of it: parameters, bodies, answers. The role is the least one that a "
        "token needs; without `MEDIADNA_TOKENS` everybody on this machine may do all of it. "
        "[How to call it](../guides/rest.md).\n\n"
        + table(("route", "what it does", "role"), [_row(*one) for one in sorted(routes, key=_place)])
        + "\n## Health\n\n"
        + table(("route", "what it does", "role"), [_row(*one) for one in health])
        + "\n## The vendor's calls\n\n"
        "At `/`, signed as the vendor's SDKs do it: [how to call them](../guides/vendor-sdk.md).\n\n"
        + table(
            ("call", "role", "calls a second"),
            [(code(name), one.role.value, str(one.per_second)) for name, one in operations().items()],
        )
    )


def _place(route: tuple[str, str, str | None, str | None, dict[str, object]]) -> tuple[str, ...]:
    """Sort by what a route is about: a list before what is in it."""
    return tuple(route[:2])


def _row(path: str, method: str, summary: str | None, doc: str | None, opt: dict[str, object]) -> tuple[str, str, str]:
    name = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
    purpose = summary or (doc or "").partition("\n")[0]
    role = opt.get("role")
    return code(f"{method} {name}"), text(purpose).rstrip("."), role.value if isinstance(role, Role) else "none needed"
