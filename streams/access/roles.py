"""What somebody may do."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Role"]


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
