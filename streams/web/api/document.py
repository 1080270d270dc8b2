"""The OpenAPI document as callers get it: what the framework knows of the routes, with all that it leaves out.

The framework says which routes there are and what they take. Here they get tags, texts for all that they take, the
problems that each may answer with, headers of answers, examples, and schemas under plain names.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar.routes import HTTPRoute

from streams.web.api.document_texts import PARAMETERS, TAGS, tag_of_path
from streams.web.api.graphml import GRAPHML
from streams.web.api.samples import sample
from streams.web.api.schema_components import PLACE, plain_names, schema_components
from streams.web.problem_table import PROBLEM_TYPES
from streams.web.problem_types import ProblemType, Scope
from streams.web.problems_of_requests import TOKEN_NEEDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from litestar import Litestar
    from litestar.handlers import HTTPRouteHandler

__all__ = ["PROBLEM_CONTENT", "complete", "document_of", "problems_of"]

Json = dict[str, Any]

PROBLEM_CONTENT = "application/problem+json"
JSON = "application/json"
#: Where the document is kept, once it is made, beside what else an application holds.
KEPT = "openapi_document"
PREFIX = "/api/v1/"
#: Operations whose answer says in `Location` where what they made is.
LOCATING = frozenset({"submitJob", "uploadMedia", "rerunJob", "addItem", "createLibrary", "createPolicy"})
#: What answers are, where their schema does not say it.
ANSWERS = {
    "200": "What was asked for.",
    "201": "It is made.",
    "202": "It is asked for; it goes on by itself.",
    "204": "It is done.",
}
#: What the framework writes down that says nothing.
EMPTY: tuple[tuple[str, Any], ...] = (
    ("deprecated", False),
    ("allowEmptyValue", False),
    ("allowReserved", False),
    ("headers", {}),
)
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "`ETag` of what the caller has: answered with 304, and nothing else, where that is what there is",
    "required": False,
    "schema": {"type": "string"},
}
#: Headers of answers.
ETAG: Json = {
    "description": "Another one for whatever differs; weak (`W/`) where the answer is compressed.",
    "schema": {"type": "string"},
}
LOCATION: Json = {"description": "Where what was made, or asked for, is.", "schema": {"type": "string"}}
RETRY: Json = {"description": "Seconds after which it is worth asking again.", "schema": {"type": "integer"}}
CHALLENGE: Json = {"description": "`Bearer`: a token is asked for.", "schema": {"type": "string"}}
HEADERS_OF_PROBLEMS: dict[int, Json] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": CHALLENGE},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": RETRY},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": RETRY},
}

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 has it. Programs branch on `code`.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Where the problem is described."},
        "title": {"type": "string", "description": "What the problem is, in a few words."},
        "status": {"type": "integer", "description": "The status of the answer."},
        "detail": {"type": "string", "description": "A sentence that says what to do."},
        "code": {"type": "string", "description": "Which problem it is: never changes.", "enum": list(PROBLEM_TYPES)},
        "errors": {
            "type": "array",
            "description": "Which fields are wrong, and how.",
            "items": {
                "type": "object",
                "properties": {
                    "message": {"type": "string", "description": "What is wrong."},
                    "key": {"type": "string", "description": "The field; `data`: the body as a whole."},
                    "source": {"type": "string", "description": "`body`, `query`, `header` or `path`."},
                },
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}
#: Answers that the framework has no types for: what follows its media type.
EVENT_STREAM: Json = {
    "text/event-stream": {
        "schema": {
            "type": "string",
            "description": "Server-sent events: `event` names what has changed.",
        },
        "example": 'id: 6a1f-42\nevent: job\ndata: {"kind":"job","job_id":"5f0c2d9be1a34b16a7d2c3e4f5061728"}\n\n',
    }
}
BINARY: Json = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
#: Answers that are a file on demand, its type, and what is in it.
FILES = {
    "listDecisions": ("text/csv", "All decisions, a line each."),
    "listAirings": ("text/csv", "All airings, a line each."),
    "getTrace": (GRAPHML, "The tree as a directed graph: edges lead from copies to their sources."),
}
DNA_RESULT: Json = {
    JSON: {
        "schema": {
            "type": "object",
            "description": "`VideoDNA` and `AudioDNA`: lists of what was copied, in the form of the event's `Data`.",
        },
        "example": {
            "VideoDNA": [
                {
                    "PrimaryKey": "film-0042",
                    "Similarity": "0.93",
                    "Detail": [
                        {
                            "Input": {"Start": "12.0", "Duration": "42.0"},
                            "Duplication": {"Start": "1830.5", "Duration": "42.0"},
                        }
                    ],
                }
            ]
        },
    }
}
CONTENTS: dict[str, Json] = {"followChanges": EVENT_STREAM, "getFingerprint": BINARY, "getDnaResult": DNA_RESULT}


def document_of(app: Litestar) -> Json:
    """Return the document of an application; it is made once."""
    made = app.state.get(KEPT)
    if made is None:
        handlers = {
            (route.path_format, method.lower()): handler
            for route in app.routes
            if isinstance(route, HTTPRoute) and route.path_format.startswith(PREFIX)
            for method, (handler, _) in route.route_handler_map.items()
            if method != "OPTIONS"  # the framework's own
        }
        made = complete(app.openapi_schema.to_schema(), handlers)
        app.state[KEPT] = made
    return dict(made)


def complete(raw: Json, handlers: Mapping[tuple[str, str], HTTPRouteHandler]) -> Json:
    """Return the document with all that the framework leaves out.

    Args:
        raw: The framework's document.
        handlers: What answers at each path and method.
    """
    schemas = schema_components(_annotations(handlers.values())) | {"Problem": PROBLEM}
    paths: dict[str, Json] = {}
    for path, item in raw["paths"].items():
        paths[path] = {
            method: _operation(path, method, plain_names(operation), schemas, handlers.get((path, method)))
            for method, operation in item.items()
        }
    used = {operation["tags"][0] for item in paths.values() for operation in item.values()}
    tags = [{"name": tag, "description": text} for tag, (text, _) in TAGS.items() if tag in used]
    tags += [{"name": tag} for tag in sorted(used - set(TAGS))]
    components = {**raw["components"], "schemas": schemas, "responses": _shared(), "examples": _examples()}
    return {**raw, "tags": tags, "paths": paths, "components": components}


def problems_of(path: str, method: str, operation: Json) -> list[ProblemType]:
    """Return the problems that an operation may answer with."""
    parameters = {one["name"] for one in operation.get("parameters", ())}
    holds = {
        Scope.ALL: True,
        Scope.PAGED: "cursor" in parameters,
        Scope.NAMED: "{" in path,
        Scope.BODY: "requestBody" in operation,
        Scope.KEYED: "Idempotency-Key" in parameters,
        Scope.CHANGING: method != "get",
        Scope.NONE: False,
    }
    parts = set(path.split("/"))
    return [
        one for one in PROBLEM_TYPES.values() if holds[one.scope] and (not one.topics or parts.intersection(one.topics))
    ]


def _annotations(handlers: Iterable[HTTPRouteHandler]) -> Iterable[Any]:
    """Yield what routes take and answer with."""
    for handler in handlers:
        signature = handler.parsed_fn_signature
        yield signature.return_type.annotation
        yield from (field.annotation for field in signature.parameters.values())
        yield from (one.data_container for one in (handler.responses or {}).values())


def _operation(
    path: str, method: str, operation: Json, schemas: dict[str, Json], handler: HTTPRouteHandler | None
) -> Json:
    """Return an operation with its tag, its role, what it takes and all that it may answer."""
    role = handler.opt.get("role") if handler else None
    told = {key: value for key, value in operation.items() if (key, value) not in EMPTY}
    parameters = [_parameter(path, one) for one in operation.get("parameters", ())]
    if str(HTTPStatus.NOT_MODIFIED.value) in operation["responses"]:
        parameters.append(IF_NONE_MATCH)
    if parameters:
        told["parameters"] = parameters
    if "requestBody" in told:
        told["requestBody"] = _request_body(told["requestBody"], schemas)
    if role is not None:
        told["description"] = f"{told.get('description', '')}\n\nTakes the role `{role}`.".strip()
        told["x-role"] = str(role)
    told["tags"] = [tag_of_path(path)]
    answers = {
        status: _answer(status, one, operation, schemas)
        for status, one in operation["responses"].items()
        if int(status) < HTTPStatus.BAD_REQUEST
    }
    told["responses"] = {**answers, **_problems(problems_of(path, method, operation))}
    return told


def _parameter(path: str, parameter: Json) -> Json:
    """Return a parameter with what it is; null, which no address can hold, is no value of it."""
    told = {key: value for key, value in parameter.items() if (key, value) not in EMPTY}
    name = parameter["name"]
    before = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
    key = f"{before}/{{{name}}}" if parameter["in"] == "path" else f"?{name}"
    schema = _without_null({k: v for k, v in parameter.get("schema", {}).items() if k != "description"})
    description = parameter.get("description") or PARAMETERS.get(key, "")
    return {**told, "description": description, "schema": schema}


def _without_null(schema: Json) -> Json:
    several = [one for one in schema.get("oneOf", ()) if one != {"type": "null"}]
    if len(several) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key != "oneOf" and (key, value) != ("default", None)}
    return {**several[0], **rest}


def _request_body(body: Json, schemas: dict[str, Json]) -> Json:
    content = {
        kind: {**one, "example": sample(one["schema"], schemas)} if kind == JSON else one
        for kind, one in body["content"].items()
    }
    return {**body, "content": content}


def _answer(status: str, answer: Json, operation: Json, schemas: dict[str, Json]) -> Json:
    """Return an answer that goes well: what it is, its headers and an example."""
    told = {key: value for key, value in answer.items() if (key, value) not in EMPTY}
    name = operation["operationId"]
    if status == "200" and name in CONTENTS:
        told["content"] = CONTENTS[name]
    elif JSON in told.get("content", {}):
        schema = _without_null(told["content"][JSON]["schema"])
        told["content"] = {JSON: {"schema": schema, "example": sample(schema, schemas)}}
        key = schema.get("$ref", "").removeprefix(PLACE)
        if key:
            told["description"] = schemas[key].get("description") or ANSWERS.get(status, answer["description"])
        if name in FILES:
            kind, text = FILES[name]
            told["content"] |= {kind: {"schema": {"type": "string", "description": text}}}
    if status != str(HTTPStatus.NOT_MODIFIED.value) and "content" not in told:
        told["description"] = ANSWERS.get(status, answer["description"])
    headers: Json = {}
    tagged = str(HTTPStatus.NOT_MODIFIED.value) in operation["responses"]
    if tagged or any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
        headers["ETag"] = ETAG
    if name in LOCATING:
        headers["Location"] = LOCATION
    return {**told, "headers": headers} if headers and status != "204" else told


def _problems(kinds: list[ProblemType]) -> Json:
    """Return the answers that are problems: those that every operation has are kept in one place."""
    by_status: dict[int, list[ProblemType]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    shared = _by_status(_everywhere())
    return {
        str(status.value if isinstance(status, HTTPStatus) else status): (
            {"$ref": f"#/components/responses/{_response_name(status)}"}
            if shared.get(status) == of_status
            else _problem(status, of_status)
        )
        for status, of_status in sorted(by_status.items())
    }


def _by_status(kinds: Iterable[ProblemType]) -> dict[int, list[ProblemType]]:
    found: dict[int, list[ProblemType]] = {}
    for kind in kinds:
        found.setdefault(kind.status, []).append(kind)
    return found


def _everywhere() -> list[ProblemType]:
    return [one for one in PROBLEM_TYPES.values() if one.scope is Scope.ALL and not one.topics]


def _shared() -> Json:
    return {_response_name(status): _problem(status, kinds) for status, kinds in _by_status(_everywhere()).items()}


def _response_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _problem(status: int, kinds: list[ProblemType]) -> Json:
    codes = ", ".join(f"`{one.code}`" for one in kinds)
    examples = {one.code: {"$ref": f"#/components/examples/{one.code}"} for one in kinds}
    content = {PROBLEM_CONTENT: {"schema": {"$ref": f"{PLACE}Problem"}, "examples": examples}}
    answer = {"description": f"{HTTPStatus(status).phrase}: {codes}.", "content": content}
    headers = HEADERS_OF_PROBLEMS.get(status)
    return {**answer, "headers": headers} if headers else answer


def _examples() -> Json:
    """Return an example of each problem."""
    return {
        one.code: {
            "summary": one.title,
            "value": {
                "type": one.address,
                "title": one.title,
                "status": one.status.value,
                "detail": one.advice,
                "code": one.code,
            },
        }
        for one in PROBLEM_TYPES.values()
        if one.scope is not Scope.NONE or one is TOKEN_NEEDED
    }
