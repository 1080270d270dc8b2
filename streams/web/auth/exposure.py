"""Who can reach the service at all, by its settings, and so what may be open without a credential."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.settings import Settings

__all__ = ["check_exposure", "is_loopback", "takes_unsigned_calls"]


def is_loopback(name: str | None) -> bool:
    """Whether a host's name or address is one that only this machine reaches."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False


def check_exposure(settings: Settings) -> None:
    """See to it that nothing is open without a credential that other machines can reach.

    Raises:
        ValueError: Something would be; the message says what to set.
    """
    if settings.tokens is None and not is_loopback(settings.web_host):
        raise ValueError(
            f"other machines can reach {settings.web_host}, so requests need tokens: set MEDIADNA_TOKENS to a file "
            "of 'token role' lines, or MEDIADNA_WEB to 127.0.0.1:6066"
        )
    if settings.tokens is None and settings.proxies:
        raise ValueError(
            "other machines come through the proxies of MEDIADNA_PROXIES, so requests need tokens: set MEDIADNA_TOKENS "
            "to a file of 'token role' lines"
        )
    if settings.unsigned_calls == "loopback" and (settings.proxies or not is_loopback(settings.web_host)):
        raise ValueError(
            "MEDIADNA_UNSIGNED_CALLS=loopback is for programs of this machine alone, which cannot be told from others "
            "where MEDIADNA_WEB is no loopback address or MEDIADNA_PROXIES names proxies: set it to never"
        )


def takes_unsigned_calls(settings: Settings) -> bool:
    """Whether programs of this machine may make the vendor's calls without a signature.

    By default only where nothing is asked of anybody: with tokens or keys configured, an unsigned call would do as an
    admin what REST asks a token for.
    """
    if settings.proxies or not is_loopback(settings.web_host):
        return False
    if settings.unsigned_calls == "auto":
        return settings.tokens is None and settings.access_keys is None
    return settings.unsigned_calls == "loopback"
