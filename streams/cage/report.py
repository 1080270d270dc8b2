"""What of the cage holds, in words."""

from __future__ import annotations

import msgspec

__all__ = ["CageReport"]

# Versions of Landlock from which on it forbids these.
TCP_ABI = 4
SCOPES_ABI = 6


class CageReport(msgspec.Struct, kw_only=True, frozen=True):
    """What a process gave up, and the kernel holds it to.

    Attributes:
        landlock: Version of the kernel's Landlock; 0 when it does not hold.
        seccomp: Whether system calls are filtered.
        no_new_privileges: Whether capabilities are gone, and cannot come back.
    """

    landlock: int = 0
    seccomp: bool = False
    no_new_privileges: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether what the setting `required` asks for holds: files by Landlock, and no new privileges."""
        return self.landlock > 0 and self.no_new_privileges

    @property
    def holds(self) -> tuple[str, ...]:
        """What the decoder cannot do."""
        return tuple(what for what, is_held in self._aspects() if is_held)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the decoder could do, since this machine has no means against it."""
        return tuple(what for what, is_held in self._aspects() if not is_held)

    @property
    def in_words(self) -> str:
        """What holds, for a person."""
        means = f"landlock={self.landlock or 'no'} seccomp={'yes' if self.seccomp else 'no'}"
        left_open = f"; it could still {', '.join(self.lacks)}" if self.lacks else ""
        return f"{means}; what decodes media cannot {', '.join(self.holds)}{left_open}"

    def _aspects(self) -> tuple[tuple[str, bool], ...]:
        return (
            ("read files other than the engine's own", self.landlock > 0),
            ("write, make or remove files", self.landlock > 0 or self.seccomp),
            ("start programs", self.landlock > 0 or self.seccomp),
            ("read the memory of other processes", self.landlock > 0 or self.seccomp),
            ("connect or listen by TCP", self.landlock >= TCP_ABI or self.seccomp),
            ("use sockets of other kinds", self.seccomp),
            ("send signals to other processes", self.landlock >= SCOPES_ABI or self.seccomp),
            ("start processes", self.seccomp),
            ("gain privileges", self.no_new_privileges),
        )
