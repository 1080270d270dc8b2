"""How the OpenAPI document is made of the routes, and where it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath

from streams.web.api.document import document_of
from streams.web.api.document_texts import INTRODUCTION
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role

if TYPE_CHECKING:
    from litestar import Request
    from litestar.handlers import HTTPRouteHandler

__all__ = ["openapi_config", "operation_id"]

#: What operations are called whose functions have names that say too little by themselves.
OPERATIONS = {
    "examine": "startDoctor",
    "show_report": "getDoctorReport",
    "list_letters": "listDeadLetters",
    "show_letter": "getDeadLetter",
    "replay_letter": "replayDeadLetter",
    "start_search": "startBackwardSearch",
    "list_searches": "listBackwardSearches",
    "show_search": "getBackwardSearch",
    "cancel_search": "cancelBackwardSearch",
    "show_shadow": "getPolicyShadow",
    "fetch_fingerprint": "getFingerprint",
}
#: What functions begin with that answer with one thing, and what callers call that.
SHOW, GET, HEAD = "show", "get", "head"


def operation_id(handler: HTTPRouteHandler, method: str = "", *_: Any) -> str:
    """Return what an operation is called: what its function is, in the case of client code, such as `listCases`."""
    known = OPERATIONS.get(handler.handler_name)
    if known:
        return known
    first, *rest = handler.handler_name.split("_")
    if method == "HEAD":  # beside GET, at the same address
        first = HEAD
    return (GET if first == SHOW else first) + "".join(part.capitalize() for part in rest)


@get("/{path:str}")
async def _not_found(path: FromPath[str]) -> None:
    """Answer that there is nothing."""
    _ = path
    raise NotFoundException


class _Document(JsonRenderPlugin):
    """Shows the document."""

    def receive_router(self, router: Router) -> None:
        """Put a problem in the place of the framework's own page, with which it answers every path but this one."""
        router.routes[:] = [route for route in router.routes if not route.path_parameters]
        router.register(_not_found)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document as callers get it, in place of the framework's."""
        _ = openapi_schema
        return self.render_json(request, document_of(request.app))


def openapi_config() -> OpenAPIConfig:
    """Return how the document is made."""
    bearer = SecurityScheme(type="http", scheme="bearer", description="A token of MEDIADNA_TOKENS, where it is set.")
    return OpenAPIConfig(
        title="MediaDNA",
        version="1",
        description=INTRODUCTION,
        openapi_router=Router("/api", route_handlers=[], include_in_schema=False, opt=needs(Role.READER)),
        components=Components(security_schemes={"token": bearer}),
        security=[{}, {"token": []}],
        render_plugins=[_Document(path="/openapi.json")],
        operation_id_creator=operation_id,
        use_handler_docstrings=True,
    )
