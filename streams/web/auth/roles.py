"""What somebody may do: a role, and the rights that go beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from schemas.rights import Right

__all__ = ["Grant", "Role"]


class Role(StrEnum):
    """From the least to the most; each may do what those before it may."""

    #: Look at everything.
    READER = "reader"
    #: Ask for jobs, and cancel them.
    SUBMITTER = "submitter"
    #: Decide on matches.
    MODERATOR = "moderator"
    #: Make and delete libraries, and delete media.
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what another one may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a line of a file of tokens or of access keys gives.

    Attributes:
        role: The role.
        rights: What the line gives beyond the role; an admin has every right without a word.
    """

    role: Role
    rights: frozenset[Right] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a role with its rights, such as `submitter+replace,curate`.

        Raises:
            ValueError: There is no such role, or no such right; the message repeats nothing, since a secret may stand
                in the wrong place.
        """
        role, plus, rights = text.partition("+")
        named = rights.split(",") if plus else []
        if role not in set(Role) or not set(named) <= set(Right):
            raise ValueError(
                f"write one of {', '.join(Role)} as the role, and what it may do beyond that behind a plus, one of "
                f"{', '.join(Right)} or several with commas, such as {Role.SUBMITTER}+{Right.REPLACE}"
            )
        return cls(Role(role), frozenset(map(Right, named)))

    @property
    def beyond(self) -> tuple[Right, ...] | None:
        """The rights as a request carries them: None stands for all of them."""
        return None if self.role is Role.ADMIN else tuple(sorted(self.rights))

    def __str__(self) -> str:
        """Write it as it stands in a file."""
        return self.role + (f"+{','.join(sorted(self.rights))}" if self.rights else "")
