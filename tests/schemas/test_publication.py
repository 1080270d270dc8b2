"""When something was published: only a time with a zone is one, wherever it is said."""

from __future__ import annotations

import pytest

from schemas.publication import BadPublishTimeError, checked_publish_time, published


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-23T08:00:00Z", "2026-11-23T08:00:00.000Z"),
        ("2026-11-23T10:00:00.5+02:00", "2026-11-23T08:00:00.500Z"),
        ("2026-11-23 08:00Z", "2026-11-23T08:00:00.000Z"),
        (" 2017-03-20T07:49:17:025Z ", "2017-03-20T07:49:17.025Z"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_time_with_a_zone_is_kept_in_utc(given: object, kept: str) -> None:
    assert checked_publish_time(given) == kept


@pytest.mark.parametrize(
    "given",
    ["2026-11-23", "2026-11-23T08:00:00", "yesterday", "1700000000", 1700000000, True, [], "0001-01-01T00:00:00+14:00"],
)
def test_what_is_no_time_or_has_no_zone_is_refused_with_the_form_that_is_wanted(given: object) -> None:
    with pytest.raises(BadPublishTimeError, match="ISO 8601 with a zone, as 2026-11-23T08:00:00Z"):
        checked_publish_time(given)


def test_what_is_said_by_itself_counts_before_metadata() -> None:
    assert published("2026-11-23T08:00:00.000Z", {"PublishTime": "2020-01-01T00:00:00Z"}) == "2026-11-23T08:00:00.000Z"
    assert published("", {"PublishTime": "2020-01-01T00:00:00Z"}) == "2020-01-01T00:00:00.000Z"


@pytest.mark.parametrize("metadata", [{}, {"PublishTime": 2020}, {"PublishTime": "long ago"}, {"PublishTime": None}])
def test_metadata_without_a_time_says_nothing(metadata: dict[str, object]) -> None:
    assert published("", metadata) == ""
