"""Who asks: a short name for each caller, which is the same at each call and gives no secret away."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from schemas.jobs import EVENT_CALLER, LOCAL_CALLER
from schemas.limits import LONGEST_CALLER

if TYPE_CHECKING:
    from streams.web.auth.roles import Grant

__all__ = ["Caller", "caller_of_key", "caller_of_token", "checked_name"]

#: Bytes of a digest that stands for a caller: two of a million callers have the same one with a chance of 1 in 10^7.
DIGEST_BYTES = 8
#: What the names of callers begin with that have none of their own: nobody may be called as another one is.
TOKEN, KEY = "token-", "key-"


class Caller:
    """Who sends a request, and what they may do. Not a dataclass: Litestar would take it apart to validate it.

    Attributes:
        name: The same at each call, and no secret.
        grant: What they may do.
    """

    def __init__(self, name: str, grant: Grant) -> None:
        self.name = name
        self.grant = grant


def checked_name(name: str) -> str:
    """Return the name that an operator gives to a token's owner.

    Raises:
        ValueError: It is too long, or one that stands for other callers.
    """
    if len(name) > LONGEST_CALLER:
        raise ValueError(f"a name has {LONGEST_CALLER} characters at most")
    if name in {EVENT_CALLER, LOCAL_CALLER} or name.startswith((TOKEN, KEY)) or not name.isprintable():
        raise ValueError(
            f"{EVENT_CALLER!r}, {LOCAL_CALLER!r} and what begins with {TOKEN!r} or {KEY!r} stand for other callers: "
            "take another name, of characters that can be printed"
        )
    return name


def caller_of_token(token: str, name: str = "") -> str:
    """Return the caller that a bearer token stands for: by the name that its line gives, or else by a digest.

    Two tokens of one name are one caller, so that somebody who changes over to a new token stays who they are.
    """
    return name or f"{TOKEN}{_digest(token)}"


def caller_of_key(key_id: str) -> str:
    """Return the caller that an AccessKeyId stands for: itself, or a digest of one that is too long for a name.

    Programs of this machine may call without a key where none are configured; their id is empty.
    """
    if not key_id:
        return LOCAL_CALLER
    return key_id if len(key_id) <= LONGEST_CALLER else f"{KEY}{_digest(key_id)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES, person=b"mediadna-caller").hexdigest()
