"""The file of access keys: one `AccessKeyId AccessKeySecret [role]` a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.access.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
    """

    key_id: str
    secret: str = field(repr=False)
    role: Role = DEFAULT_ROLE


class AccessKeys:
    """The keys that may call."""

    def __init__(self, keys: Mapping[str, AccessKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def read(cls, path: Path) -> AccessKeys:
        """Read a file; empty lines, and those that begin with `#`, count for nothing.

        Raises:
            OSError: The file cannot be read.
            ValueError: A line is no key, or names one a second time.
        """
        keys: dict[str, AccessKey] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            try:
                key = _key(words)
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
            if key.key_id in keys:
                raise ValueError(f"{path}, line {number}: the key {key.key_id} is there already: keep one of the two")
            keys[key.key_id] = key
        if not keys:
            raise ValueError(f"{path} holds no access key: write 'AccessKeyId AccessKeySecret [role]' lines into it")
        return cls(keys)

    def get(self, key_id: str) -> AccessKey | None:
        """Return a key; None when there is none of this id."""
        return self._keys.get(key_id)


def _key(words: list[str]) -> AccessKey:
    """Read a line; the message of what is wrong holds no secret."""
    if not ID_AND_SECRET <= len(words) <= ID_AND_SECRET + 1:
        raise ValueError("write 'AccessKeyId AccessKeySecret [role]'")
    role = words[ID_AND_SECRET] if len(words) > ID_AND_SECRET else DEFAULT_ROLE
    if role not in set(Role):
        raise ValueError(f"write one of {', '.join(Role)} as the role")
    return AccessKey(words[0], words[1], Role(role))
