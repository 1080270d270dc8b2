"""Where a person goes on to once they have logged in: to the place of ours that they came for, and never elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["LONGEST_ONWARD", "login_address", "own_place"]

#: Characters of a place that is kept over a login: several times what the filters of a list make.
LONGEST_ONWARD = 2048
#: What stands in a query for itself; whatever else a client has sent is encoded, so that the place is plain ASCII.
QUERY_SAFE = "!$&'()*+,;=:@/?%[]~"
#: A path of this service, perhaps with a query. A second slash, or a backslash, which browsers take for one, would name
#: another host; so would one behind a tab or a line break, which browsers leave out.
_OWN = re.compile(r"/(?!/)[!-\[\]-~]*")


def login_address(request: Request[Any, Any, Any]) -> str:
    """Return the address of the form, which leads on to what was asked for: path and query, or the path alone."""
    path, query = request.url.path, quote(request.scope["query_string"], safe=QUERY_SAFE)
    place = f"{path}?{query}" if query else path
    return f"/login?onward={quote(place if len(place) <= LONGEST_ONWARD else path)}"


def own_place(place: str) -> str:
    """Return a place of this service; anything else would send the person, just logged in, to another site."""
    return place if _OWN.fullmatch(place) else "/"
