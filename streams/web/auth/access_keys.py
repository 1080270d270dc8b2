"""The file of access keys: one `AccessKeyId AccessKeySecret [role[+right[,right]]]` a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from streams.credentials.lines import EmptyFileError, lines_of
from streams.web.auth.roles import Grant, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from schemas.rights import Right

__all__ = ["AccessKey", "AccessKeys"]

#: What a key may do whose line does not say: as with the vendor, everything.
DEFAULT_ROLE = Role.ADMIN
#: What a line may hold besides the role.
ID_AND_SECRET = 2


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key.

    Attributes:
        key_id: AccessKeyId.
        secret: AccessKeySecret.
        role: What it allows.
        rights: What it allows beyond its role.
    """

    key_id: str
    secret: str = field(repr=False)
    role: Role = DEFAULT_ROLE
    rights: frozenset[Right] = frozenset()

    @property
    def grant(self) -> Grant:
        """The role and the rights."""
        return Grant(self.role, self.rights)


class AccessKeys:
    """The keys that may call."""

    def __init__(self, keys: Mapping[str, AccessKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def nobody(cls) -> Self:
        """Return no keys: what a file says that is gone, or was emptied."""
        return cls({})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; empty lines, and those that begin with `#`, count for nothing.

        Raises:
            OSError: The file cannot be read.
            EmptyFileError: It holds no key.
            ValueError: A line is no key, or names one a second time.
        """
        keys: dict[str, AccessKey] = {}
        for where, words in lines_of(path):
            try:
                key = _key(words)
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from None
            if key.key_id in keys:
                raise ValueError(f"{where}: the key {key.key_id} is there already: keep one of the two")
            keys[key.key_id] = key
        if not keys:
            raise EmptyFileError(
                f"{path} holds no access key: write 'AccessKeyId AccessKeySecret [role]' lines into it"
            )
        return cls(keys)

    def get(self, key_id: str) -> AccessKey | None:
        """Return a key; None when there is none of this id."""
        return self._keys.get(key_id)


def _key(words: list[str]) -> AccessKey:
    """Read a line; the message of what is wrong holds no secret."""
    if not ID_AND_SECRET <= len(words) <= ID_AND_SECRET + 1:
        raise ValueError("write 'AccessKeyId AccessKeySecret [role]'")
    grant = Grant.parse(words[ID_AND_SECRET]) if len(words) > ID_AND_SECRET else Grant(DEFAULT_ROLE)
    return AccessKey(words[0], words[1], grant.role, grant.rights)
