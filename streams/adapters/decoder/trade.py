"""What a decoder's process is good for."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Trade"]


class Trade(StrEnum):
    """What it loads as it starts, and does then."""

    #: Looks at media and fingerprints it.
    FINGERPRINTS = "fingerprints"
    #: Makes what a browser can show of it; the engine's weights are not loaded.
    PREVIEWS = "previews"
