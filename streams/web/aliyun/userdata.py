"""`UserData` of ApsaraVideo VOD: where to call back, and what to echo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from streams.adapters.webhooks.targets import TargetRefused, Targets
from streams.web.aliyun.call import Call
from streams.web.aliyun.errors import invalid

__all__ = ["UserData"]

#: Bytes of `Extend`: the vendor's figure.
MOST_EXTEND = 512


@dataclass(frozen=True, slots=True)
class UserData:
    """What the caller wants done with the complete event.

    Attributes:
        callback_url: Where to post it; None for the configured place.
        extend: What to echo in it.
    """

    callback_url: str | None = None
    extend: str | None = None

    @classmethod
    def of(cls, call: Call, targets: Targets) -> UserData:
        """Read the parameter.

        Args:
            call: The call.
            targets: Where events may be posted to.

        Raises:
            VendorError: It is not as it ought to be.
        """
        fields = call.fields("UserData")
        return cls(_callback_url(fields.get("MessageCallback"), targets), _extend(fields.get("Extend")))


def _callback_url(given: Any, targets: Targets) -> str | None:
    if given is None:
        return None
    url = given.get("CallbackURL") if isinstance(given, dict) else None
    if not isinstance(url, str):
        raise invalid("UserData", "MessageCallback holds no CallbackURL")
    try:
        targets.check(url)
    except TargetRefused as error:
        raise invalid("UserData", str(error)) from None
    return url


def _extend(given: Any) -> str | None:
    """Return what to echo: a text as it came, anything else as its JSON text."""
    if given is None:
        return None
    text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    if len(text.encode()) > MOST_EXTEND:
        raise invalid("UserData", f"Extend is longer than {MOST_EXTEND} bytes")
    return text
