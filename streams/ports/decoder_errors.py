"""How the decoder fails, apart from failures of the media."""

from __future__ import annotations

__all__ = ["DecoderEndedError", "DecoderError", "DecoderFaultError", "DecoderGarbledError", "DecoderNotStartedError"]


class DecoderError(Exception):
    """The decoder failed."""


class DecoderEndedError(DecoderError):
    """The decoder's process ended in the middle of its work.

    Attributes:
        status: Its exit status; a negative one is the number of a signal.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        """Say so in words."""
        return f"the decoder ended in the middle of its work (status {self.status})"


class DecoderGarbledError(DecoderError):
    """The decoder said what no decoder of ours says: media has taken hold of it, or it is broken. It was ended."""


class DecoderNotStartedError(DecoderError):
    """No decoder could be started; the media is not to blame."""


class DecoderFaultError(DecoderError):
    """The code that decodes has a fault; the media is not known to be to blame."""
