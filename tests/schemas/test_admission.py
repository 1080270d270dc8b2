"""What a request may hold: what no type can tell."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.admission import check_metadata, check_request_size
from schemas.errors import TooLargeError
from schemas.jobs import JobRequest
from schemas.limits import DEEPEST_METADATA, LARGEST_METADATA, LONGEST_URL, LONGEST_USER_DATA, MOST_SEARCHED

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def request(**fields: object) -> JobRequest:
    return JobRequest(**{"job_id": "j", "media_id": "m", "file_url": "file:///a.mp4", **fields})


def nested(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels - 1):
        found = {"k": found}
    return found


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"metadata": {"k": "x" * LARGEST_METADATA}}, "metadata"),
        ({"metadata": {"k": "\x01" * (LARGEST_METADATA // 6)}}, "metadata"),
        ({"metadata": nested(DEEPEST_METADATA + 1)}, "nested"),
        ({"file_url": "f" * (LONGEST_URL + 1)}, "address of the media"),
        ({"user_data": "u" * (LONGEST_USER_DATA + 1)}, "UserData"),
        ({"search": ("library",) * (MOST_SEARCHED + 1)}, "libraries to search"),
        ({"extend": "e" * 700_000}, "request"),
    ],
    ids=["metadata", "metadata as JSON", "nested", "address", "user data", "search", "all together"],
)
def test_what_is_too_much_is_refused_by_its_name(fields: dict[str, object], named: str) -> None:
    with pytest.raises(TooLargeError, match=named):
        check_request_size(request(**fields))


def test_an_ordinary_request_passes() -> None:
    check_request_size(request(metadata={"title": "x", "tags": ["a", "b"]}, search=("a",), extend="mine"))


def test_marks_that_leave_the_metadata_as_it_is_pass() -> None:
    check_metadata(None)


@given(metadata=st.dictionaries(st.text(), JSON, max_size=4))
def test_metadata_that_passes_is_read_again_as_it_was_however_deep_a_record_holds_it(metadata: dict[str, Any]) -> None:
    check_metadata(metadata)
    held: Any = metadata
    for _ in range(20):
        held = {"k": held}
    held = msgspec.json.decode(msgspec.json.encode(held))
    for _ in range(20):
        held = held["k"]
    assert held == metadata


def test_metadata_that_is_as_deep_as_it_may_be_passes() -> None:
    check_metadata(nested(DEEPEST_METADATA))
