"""What is wrong with fields and parameters, said so that a person can mend it; and bodies that no route takes."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from streams.web.problem_types import ProblemError
from streams.web.problems_of_requests import UNKNOWN_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar import Request

__all__ = ["check_no_body", "said_of_fields"]

#: Methods whose body counts.
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: What says nothing: many clients send it where they have nothing to send.
NOTHING = frozenset({b"", b"{}"})
#: Where a parameter or field is, as a sentence has it.
PLACES = {"body": "the body", "query": "the address", "header": "the headers", "path": "the path"}
#: Characters of a name that a message repeats.
SHOWN = 40
#: How msgspec tells of a field that a type does not have.
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
#: What the framework calls a body as a whole.
_WHOLE = "data"


async def check_no_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that a route of the API would leave out of account: it may say what was meant.

    `POST /deliveries/replay` with `{"media_id": "clip"}` would replay the callbacks of all media.

    Raises:
        ProblemError: The route takes none, and the request has one.
    """
    handler = request.route_handler
    if (
        request.method in CHANGING
        and handler.opt.get("strict_query")
        and _WHOLE not in handler.parsed_fn_signature.parameters
        and (await request.body()).strip() not in NOTHING
    ):
        raise ProblemError(
            UNKNOWN_FIELD, "this route takes no body, and would leave out what is in it: parameters are in the address"
        )


def said_of_fields(request: Request[Any, Any, Any], errors: Any) -> tuple[bool, str]:
    """Return whether a field is one that there is not, and what a person is told of all that is wrong.

    Args:
        request: What was asked for.
        errors: What the framework says of each field.
    """
    if not isinstance(errors, list):
        return False, str(errors)
    said = [_said(request, one) if isinstance(one, dict) else (False, str(one)) for one in errors]
    return any(unknown for unknown, _ in said), "; ".join(sentence for _, sentence in said)


def _said(request: Request[Any, Any, Any], error: dict[str, Any]) -> tuple[bool, str]:
    key, message = str(error.get("key", "")), str(error.get("message", ""))
    source = str(getattr(error.get("source"), "value", error.get("source", "")))
    place = PLACES.get(source, source or "the request")
    if message == repr(_WHOLE):  # what the framework makes of a body that is not there
        return False, "the route takes a body, and the request has none"
    where = f"{key[:SHOWN]!r} in {place}" if key and key != _WHOLE else place
    unknown = _UNKNOWN.fullmatch(message)
    if unknown is None:
        return False, f"{where}: {message}"
    name = unknown["name"]
    known = _known_fields(request, "" if key == _WHOLE else key)
    near = get_close_matches(name[:SHOWN].lower(), known, n=1)
    meant = f", did you mean {near[0]!r}?" if near else ";"
    return True, f"{where} has no field {name[:SHOWN]!r}{meant} it takes {', '.join(sorted(known)) or 'none'}"


def _known_fields(request: Request[Any, Any, Any], path: str) -> list[str]:
    """Return the names of the fields that there are at a place in a route's body, such as `decisions[0]`."""
    data = request.route_handler.parsed_fn_signature.parameters.get(_WHOLE)
    kinds = set() if data is None else set(_structs(data.annotation))
    for part in filter(None, re.sub(r"\[\d*\]", "", path).split(".")):
        fields = (field for kind in kinds for field in msgspec.structs.fields(kind) if field.encode_name == part)
        kinds = {one for field in fields for one in _structs(field.type)}
    return [field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)]


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs that a type is made of, one level deep."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in get_args(kind):
        yield from _structs(part)
