"""Why media cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.errors import ErrorCode

__all__ = ["MediaError"]


class MediaError(Exception):
    """Media that cannot be had, decoded or accepted; trying again does not help.

    Attributes:
        code: The contract's code.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[MediaError], tuple[ErrorCode, str]]:
        """Keep the code when the error crosses a process border."""
        return MediaError, (self.code, str(self))
