"""Which places events may be posted to: the same rules as for places that media is read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from schemas.limits import LONGEST_TARGET
from streams.egress.networks import is_public
from streams.egress.policy import is_below, web_address
from streams.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from urllib.parse import SplitResult

    from streams.settings import Settings

__all__ = ["TargetRefused", "Targets"]


class TargetRefused(ValueError):  # noqa: N818 (says what happened)
    """Events are not posted to this place; the message says what to change."""


class Targets:
    """The place that the operator has named, and those that jobs may name.

    Args:
        places: URL prefixes that jobs may name places below, on whatever address these are. Where there are none: on
            any *public* address.
        default: The place that the operator has named; it may have any address.
    """

    def __init__(self, places: str = "", default: str = "") -> None:
        self._prefixes = [prefix for place in places.split() if (prefix := web_address(place)) is not None]
        if len(self._prefixes) != len(places.split()):
            raise ValueError(f"MEDIADNA_CALLBACK_PLACES lists http(s):// prefixes, separated by spaces, not {places!r}")
        self._default = default or None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the settings say.

        Raises:
            ValueError: The list of places is not one.
        """
        return cls(settings.callback_places, settings.callback_url)

    def check(self, url: str) -> None:
        """Let an address pass, or not, as far as it shows by itself: names are looked up when a connection is made.

        Raises:
            TargetRefused: Events are not posted there.
        """
        if url == self._default:
            return
        parts = web_address(url)
        if parts is None or len(url) > LONGEST_TARGET:
            raise TargetRefused(
                f"{redacted(url)[:80]!r} is no address for callbacks: name an http(s):// URL of at most "
                f"{LONGEST_TARGET} characters"
            )
        if self._prefixes and not self._is_listed(parts):
            raise TargetRefused(f"{redacted(url)} is below none of the places that MEDIADNA_CALLBACK_PLACES lists")
        if not self._prefixes and _is_address(parts.hostname or ""):
            self.check_addresses(url, [parts.hostname or ""])

    def check_addresses(self, url: str, addresses: Sequence[str]) -> None:
        """Let the addresses that a place's host has pass, or not.

        Raises:
            TargetRefused: One of them is private, and nobody has listed the place.
        """
        if url == self._default or self._prefixes:
            return
        if not all(is_public(address) for address in addresses):
            raise TargetRefused(
                f"the host of {redacted(url)} is not a public address: list the place in MEDIADNA_CALLBACK_PLACES if "
                "events are to be posted there"
            )

    def _is_listed(self, parts: SplitResult) -> bool:
        return any(is_below(parts, prefix) for prefix in self._prefixes)


def _is_address(host: str) -> bool:
    """Whether a host is written as an address, in any form that the system's resolver reads as one."""
    return host == "localhost" or ":" in host or host.replace(".", "").isdigit() or host.startswith("0x")
