"""Fields that producers write in more than one way, brought into one.

Where upload systems really differ (`"15.0"` for 15.0, 925 for `"925"`, `"false"` for false, `""` for unknown), and a
value can mean only one thing, it is taken as that. Texts that only inform a person are cut where they are too long, so
that an upload system's stack trace costs nobody a job. Everything else stays as it came, and validation names it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from schemas.clock import normal_time
from schemas.limits import LONGEST_MESSAGE, LONGEST_WORD, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["in_one_form"]

#: Longer texts are no number that a producer would write.
LONGEST_NUMERAL = 40


def in_one_form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's or a rendition's fields in the form that the contract names; null means not there."""
    converted = {name: _FORMS.get(name, _as_it_is)(value) for name, value in fields.items()}
    return {name: value for name, value in converted.items() if value is not None}


def _as_it_is(value: object) -> object:
    return value


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if len(text) > LONGEST_NUMERAL or "_" in text or not text.isascii():  # float() would read some of these
        return value
    try:
        number = float(text)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _whole(value: object) -> object:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) <= LONGEST_NUMERAL:
        return int(value)  # not by way of a float, which would round what is over 2**53
    number = _number(value)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _text(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _truth(value: object) -> object:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False, "": None}.get(value.strip().lower(), value)
    return bool(value) if isinstance(value, int) and value in (0, 1) else value


def _given(value: object) -> object:
    """Nothing in the place of a text means that there is none."""
    return None if isinstance(value, str) and not value.strip() else value


def _time(value: object) -> object:
    return normal_time(value) if isinstance(value, str) else value


def _shortened(longest: int, form: Callable[[object], object] = _as_it_is) -> Callable[[object], object]:
    """Return what brings a field into its form, and then cuts a text that is too long."""

    def shorten(value: object) -> object:
        formed = form(value)
        return cut(formed, longest) if isinstance(formed, str) else formed

    return shorten


def _renditions(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [in_one_form(rendition) if isinstance(rendition, dict) else rendition for rendition in value]


_FORMS: dict[str, Callable[[object], object]] = {
    "Duration": _number,
    "Width": _whole,
    "Height": _whole,
    "Size": _whole,
    "Bitrate": _shortened(LONGEST_WORD, _text),
    "Fps": _shortened(LONGEST_WORD, _text),
    "Encrypt": _truth,
    "IsAudio": _truth,
    "EventTime": _time,
    "PublishTime": _given,
    "StartTime": _shortened(LONGEST_WORD, _time),
    "FinishTime": _shortened(LONGEST_WORD, _time),
    "EncryptType": _shortened(LONGEST_WORD),
    "Codec": _shortened(LONGEST_WORD),
    "WatermarkId": _shortened(LONGEST_WORD),
    "ErrorCode": _shortened(LONGEST_WORD),
    "ErrorMessage": _shortened(LONGEST_MESSAGE),
    "StreamInfos": _renditions,
}
