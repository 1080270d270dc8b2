"""The file of bearer tokens: one `token role[+right[,right]] [name]` a line."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from streams.credentials.lines import EmptyFileError, lines_of
from streams.web.auth.callers import checked_name
from streams.web.auth.roles import Grant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from streams.web.auth.roles import Role

__all__ = ["Holder", "Tokens"]

#: Characters of a token: fewer could be guessed.
SHORTEST_TOKEN = 16
#: Words of a line, without and with the name.
WORDS = range(2, 4)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a token.

    Attributes:
        grant: What it allows.
        name: Who its owner is called; empty where the line does not say.
    """

    grant: Grant
    name: str = ""


class Tokens:
    """The tokens that may call. Only their digests are kept, so that no dump or log of the process holds one."""

    def __init__(self, holders: Mapping[str, Holder]) -> None:
        self._holders = {_digest(token): holder for token, holder in holders.items()}

    @classmethod
    def nobody(cls) -> Self:
        """Return no tokens: what a file says that is gone, or was emptied."""
        return cls({})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; empty lines, and those that begin with `#`, count for nothing.

        Raises:
            OSError: The file cannot be read.
            EmptyFileError: It holds no token.
            ValueError: A line is no token with a role, or holds one a second time. The message holds no token.
        """
        holders: dict[str, Holder] = {}
        for where, words in lines_of(path):
            try:
                holder = _holder(words)
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from None
            if words[0] in holders:
                raise ValueError(f"{where}: this token is there already: keep one of the two lines")
            holders[words[0]] = holder
        if not holders:
            raise EmptyFileError(f"{path} holds no token: write 'token role' lines into it")
        return cls(holders)

    def holder_of(self, token: str) -> Holder | None:
        """Return who has a token; None when it is none of ours. It takes equally long for every token."""
        asked = _digest(token)
        found = None
        for digest, holder in self._holders.items():
            if hmac.compare_digest(digest, asked):
                found = holder
        return found

    def role_of(self, token: str) -> Role | None:
        """Return the role that a token gives; None when it is none of ours."""
        holder = self.holder_of(token)
        return None if holder is None else holder.grant.role


def _holder(words: list[str]) -> Holder:
    """Read a line; the message of what is wrong holds no token."""
    if len(words) not in WORDS:
        raise ValueError("write 'token role', or 'token role name' with a name that is one word")
    if len(words[0]) < SHORTEST_TOKEN:
        raise ValueError(f"a token has {SHORTEST_TOKEN} characters at least")
    grant = Grant.parse(words[1])
    return Holder(grant, *map(checked_name, words[2:]))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
