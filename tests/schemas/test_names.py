"""What media items and libraries may be called: the same at every door."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.limits import LONGEST_MEDIA_ID, LONGEST_NAME
from schemas.names import NO_CONTROL, NO_CONTROL_OR_SLASH, in_words, is_addressable, library_fault, media_fault


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "can be seen"),
        (" \u3000", "can be seen"),
        ("a\nb", "control character"),
        ("a\x7fb", "control character"),
        ("a\x9fb", "control character"),
        (".", "address"),
        ("..", "address"),
        ("caf\udce9", "UTF-8"),
        ("x" * (LONGEST_MEDIA_ID + 1), "the most"),
    ],
)
def test_what_not_every_door_takes_is_told_with_the_reason(name: str, fault: str) -> None:
    assert fault in media_fault(name)
    assert fault in library_fault(name)
    assert media_fault(name) in in_words("a media item", name, media_fault(name))


def test_a_library_is_called_shorter_and_without_a_slash() -> None:
    for name, fault in (("a/b", "slash"), ("x" * (LONGEST_NAME + 1), "the most")):
        assert media_fault(name) == ""
        assert fault in library_fault(name)


@pytest.mark.parametrize(
    "name", ["...", ".hidden", "a..b", " ..", "caf\u00e9", "a b", "\U0001f3ac", "50 %", "x" * LONGEST_NAME]
)
def test_other_names_are_as_good_as_any(name: str) -> None:
    assert media_fault(name) == library_fault(name) == ""
    assert is_addressable(name)


@given(st.text())
def test_what_the_rules_allow_the_schemas_allow(name: str) -> None:
    assert media_fault(name) or re.search(NO_CONTROL, name)
    assert library_fault(name) or re.search(NO_CONTROL_OR_SLASH, name)
