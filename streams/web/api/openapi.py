"""The OpenAPI document: made from the code, with the problems that every route may answer with."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar import Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath

from streams.web.api.problems import CONTENT_TYPE
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["openapi_config"]

Json = dict[str, Any]

#: What any route may answer.
EVERYWHERE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
#: What routes may answer that name something in their address.
NAMED = (HTTPStatus.NOT_FOUND,)
#: What routes may answer that change something.
CHANGING = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
#: Methods that change nothing.
READING = frozenset({"get", "head"})
PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 has it.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence that says what to do."},
        "errors": {"description": "Which fields are wrong, and how."},
    },
    "required": ["type", "title", "status", "detail"],
    "examples": [
        {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no job '5f0c2d9be1a34b16'"}
    ],
}


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

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:
        """Return the document with its problems."""
        paths = {path: _path(path, item) for path, item in openapi_schema["paths"].items()}
        components = openapi_schema["components"]
        components = {**components, "schemas": {**components["schemas"], "Problem": PROBLEM}}
        return self.render_json(request, {**openapi_schema, "paths": paths, "components": components})


def openapi_config() -> OpenAPIConfig:
    """Return how the document is made."""
    bearer = SecurityScheme(type="http", scheme="bearer", description="A token of MEDIADNA_TOKENS, where it is set.")
    return OpenAPIConfig(
        title="MediaDNA",
        version="1",
        description="Tells which videos copy which. Lists are paged: `next` of one page is the `cursor` of the next. "
        "Without a bearer token, a POST is sent as application/json, or with the header X-Requested-With.",
        openapi_router=Router("/api", route_handlers=[], include_in_schema=False, opt=needs(Role.READER)),
        components=Components(security_schemes={"token": bearer}),
        security=[{}, {"token": []}],
        render_plugins=[_Document(path="/openapi.json")],
    )


def _path(path: str, item: Json) -> Json:
    return {method: _operation(path, method, operation) for method, operation in item.items()}


def _operation(path: str, method: str, operation: Json) -> Json:
    made = {status: one for status, one in operation["responses"].items() if int(status) < HTTPStatus.BAD_REQUEST}
    own = {HTTPStatus(int(status)) for status in operation["responses"] if status not in made}
    statuses = {*EVERYWHERE, *own, *(NAMED if "{" in path else ()), *(() if method in READING else CHANGING)}
    problems = {str(status.value): _problem(status) for status in sorted(statuses)}
    return {**operation, "responses": {**made, **problems}}


def _problem(status: HTTPStatus) -> Json:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": status.phrase, "content": content}
