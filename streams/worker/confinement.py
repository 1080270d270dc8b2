"""Closes what can be closed around the service before it starts, and tells what holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from streams.cage.privileges import hide_memory
from streams.cage.trial import CageError, try_cage

if TYPE_CHECKING:
    from streams.settings import Settings

__all__ = ["confine_service"]

log = structlog.get_logger(__name__)


def confine_service(settings: Settings) -> None:
    """Hide this process's memory, try the decoder's cage, and log what of it holds on this machine.

    Raises:
        CageError: No decoder can be locked in at all, or not as far as the settings demand.
    """
    if not settings.debuggable:
        hide_memory()
    report = try_cage()
    tell = log.info if report.is_closed else log.warning
    tell("decoder_cage", landlock=report.landlock, seccomp=report.seccomp, open=list(report.lacks))
    if settings.cage == "required" and not report.is_closed:
        raise CageError(
            "MEDIADNA_CAGE is 'required', and this kernel, or the container around it, gives no Landlock: use a kernel "
            "from 5.13 on with 'landlock' in its list of security modules, or set MEDIADNA_CAGE=auto"
        )
