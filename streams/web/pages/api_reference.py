"""The reference of what others call and read: REST to read and try, topics, problems; and the documents to download."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template

from schemas.channels import PREFIX
from streams.web.api.document import document_of
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import render
from streams.web.pages.schema_rows import kind_of, resolved, rows_of
from streams.web.problem_table import PROBLEM_TYPES
from streams.web.problem_types import PLACE
from streams.web.services import Services

__all__ = ["REFERENCE_PAGES", "operations_of", "topics_of"]

Json = dict[str, Any]

#: Where the page is. Not below `/api`, where programs look.
REFERENCE = "/api-reference"
#: The documents of topics as the package carries them, and how each is answered.
ASYNCAPI = {"asyncapi.json": "application/json", "asyncapi.yaml": "application/yaml"}
#: What the service does with a topic, by the actions that AsyncAPI has for it.
DIRECTIONS = {
    frozenset({"receive"}): ("in", "others write, the service reads"),
    frozenset({"send"}): ("out", "the service writes, others read"),
    frozenset({"send", "receive"}): ("internal", "between workers"),
}
#: In which order topics are shown, by their direction.
ORDER = ("in", "out", "internal")


@get(REFERENCE, include_in_schema=False, opt=needs(Role.READER))
async def rest_page(request: Request[Any, Any, Any]) -> Template:
    """Show all operations, each with a form to try it."""

    def context() -> Json:
        document = document_of(request.app)
        return {"groups": operations_of(document), "document": document, "problems": PROBLEM_TYPES}

    operations = await _made_once(request, "api_reference/operations.html", context)
    introduction = document_of(request.app)["info"]["description"]
    return render("api_reference/rest.html", {"operations": operations, "introduction": introduction})


@get(f"{REFERENCE}/events", include_in_schema=False, opt=needs(Role.READER))
async def events_page(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> Template:
    """Show all topics with what is on them."""

    def context() -> Json:
        topics = topics_of(_asyncapi(), services.settings.topic_prefix)
        return {"topics": topics, "schemas": _asyncapi()["components"]["schemas"]}

    topics = await _made_once(request, "api_reference/topics.html", context)
    introduction = _asyncapi()["info"]["description"]
    return render("api_reference/events.html", {"topics": topics, "introduction": introduction})


@get(REFERENCE + "/{name:str}", include_in_schema=False, opt=needs(Role.READER))
async def download(name: FromPath[str]) -> Response[bytes]:
    """Hand out the AsyncAPI document, as JSON or as YAML."""
    kind = ASYNCAPI.get(name)
    if kind is None:
        raise NotFoundException
    content = await asyncio.to_thread((resources.files("schemas") / "json" / name).read_bytes)
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get(PLACE, include_in_schema=False, opt=needs(Role.READER))
async def problems_page() -> Template:
    """Show every problem that there is: the `type` of a problem document leads here."""
    return render("api_reference/problems.html", {"problems": list(PROBLEM_TYPES.values())})


def operations_of(document: Json) -> list[tuple[Json, list[tuple[str, str, Json]]]]:
    """Return each tag of an OpenAPI document with its operations: path, method and what is said of it."""
    found = [
        (path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()
    ]
    return [(tag, [one for one in found if tag["name"] in one[2]["tags"]]) for tag in document["tags"]]


def topics_of(document: Json, prefix: str) -> list[Json]:
    """Return what a person reads of each topic of an AsyncAPI document, those first that others write.

    Args:
        document: The document.
        prefix: What the names of the running service's topics begin with.
    """
    operations = document["operations"].values()
    topics = []
    for name, channel in document["channels"].items():
        actions = frozenset(one["action"] for one in operations if one["channel"]["$ref"].rpartition("/")[2] == name)
        direction, told = DIRECTIONS[actions]
        kafka = channel["bindings"]["kafka"]
        messages = [document["components"]["messages"][one] for one in channel["messages"]]
        topics.append(
            {
                "name": channel["address"].removeprefix(f"{PREFIX}."),
                "title": channel["title"],
                "address": prefix + channel["address"].removeprefix(PREFIX),
                "description": channel["description"],
                "direction": direction,
                "told": told,
                "key": messages[0]["bindings"]["kafka"]["key"]["description"],
                "partitions": kafka["partitions"],
                "compacted": "topicConfiguration" in kafka,
                "messages": messages,
            }
        )
    return sorted(topics, key=lambda topic: ORDER.index(topic["direction"]))


def pretty(value: Any) -> str:
    """Return an example as it is shown: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


async def _made_once(request: Request[Any, Any, Any], name: str, context: Callable[[], Json]) -> str:
    """Return the part of a page that is the same for everybody: hundreds of kilobytes, made not in the event loop."""
    made = request.app.state.get(name)
    if made is None:
        made = await asyncio.to_thread(_rendered, request.app, name, context)
        request.app.state[name] = made
    return str(made)


def _rendered(app: Litestar, name: str, context: Callable[[], Json]) -> str:
    engine = app.template_engine
    if not isinstance(engine, JinjaTemplateEngine):
        raise TypeError("pages are made with Jinja: give the application its template configuration")
    helpers = {"pretty": pretty, "rows_of": rows_of, "kind_of": kind_of, "resolved": resolved}
    return str(engine.get_template(name).render(**context(), **helpers))


@cache
def _asyncapi() -> Json:
    content = (resources.files("schemas") / "json" / "asyncapi.json").read_bytes()
    document: Json = json.loads(content)
    return document


REFERENCE_PAGES = Router("/", route_handlers=[rest_page, events_page, download, problems_page], include_in_schema=False)
