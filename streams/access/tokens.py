"""The file of bearer tokens: one `token role` a line."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from streams.access.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Tokens"]

#: Characters of a token: fewer could be guessed.
SHORTEST_TOKEN = 16
#: What a line holds.
TOKEN_AND_ROLE = 2


class Tokens:
    """The tokens that may call. Only their digests are kept, so that no dump or log of the process holds one."""

    def __init__(self, roles: Mapping[str, Role]) -> None:
        self._roles = {_digest(token): role for token, role in roles.items()}

    @classmethod
    def read(cls, path: Path) -> Tokens:
        """Read a file; empty lines, and those that begin with `#`, count for nothing.

        Raises:
            OSError: The file cannot be read.
            ValueError: A line is no token with a role. The message holds no token.
        """
        roles: dict[str, Role] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) != TOKEN_AND_ROLE or words[1] not in set(Role):
                raise ValueError(f"{path}, line {number}: write a token and one of {', '.join(Role)}")
            if len(words[0]) < SHORTEST_TOKEN:
                raise ValueError(f"{path}, line {number}: a token has {SHORTEST_TOKEN} characters at least")
            roles[words[0]] = Role(words[1])
        if not roles:
            raise ValueError(f"{path} holds no token: write 'token role' lines into it")
        return cls(roles)

    def role_of(self, token: str) -> Role | None:
        """Return what a token allows; None when it is none of ours. It takes equally long for every token."""
        asked = _digest(token)
        found = None
        for digest, role in self._roles.items():
            if hmac.compare_digest(digest, asked):
                found = role
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
