"""What a dead letter says about the input in it."""

from __future__ import annotations

import pytest

from schemas.deadletter import (
    HEADERS,
    REFERENCE_HEADERS,
    dead_letter_headers,
    is_reference,
    letter_of,
    replay_headers,
    was_sent_again,
)
from schemas.limits import EXCERPT, LARGEST_INPUT, event_size


def letter(*original: tuple[str, bytes], reason: str = "VideoId is missing") -> list[tuple[str, bytes]]:
    return dead_letter_headers(
        original,
        topic="mediadna.transcode-complete",
        partition=3,
        offset=41,
        code="InvalidEvent",
        reason=reason,
        time="2026-11-23T08:00:00.000Z",
    )


def test_it_says_where_the_input_was_and_what_is_wrong() -> None:
    assert dict(letter()) == {
        "x-original-topic": b"mediadna.transcode-complete",
        "x-original-partition": b"3",
        "x-original-offset": b"41",
        "x-error-code": b"InvalidEvent",
        "x-error-reason": b"VideoId is missing",
        "x-error-time": b"2026-11-23T08:00:00.000Z",
        "x-replay-count": b"0",
    }


def test_every_header_is_described() -> None:
    assert [name for name, _ in letter()] == list(HEADERS)


def test_the_inputs_own_headers_stay_as_they_came() -> None:
    own = [("traceparent", b"00-a-b-01"), ("tag", b"\xff"), ("tag", b"twice")]
    assert letter(*own)[:3] == own


def test_an_input_that_fails_again_after_a_replay_tells_of_this_time_and_keeps_the_count() -> None:
    first = [*letter(reason="first")]
    replayed = [(name, b"2" if name == "x-replay-count" else value) for name, value in first]
    again = letter(*replayed, reason="second")
    assert len(again) == len(HEADERS)
    assert dict(again)["x-error-reason"] == b"second"
    assert dict(again)["x-replay-count"] == b"2"


def test_a_count_that_is_none_starts_from_nought() -> None:
    assert dict(letter(("x-replay-count", b"often")))["x-replay-count"] == b"0"


def test_a_reason_that_repeats_a_huge_input_is_cut() -> None:
    assert len(dict(letter(reason="x" * 10**6))["x-error-reason"]) == 1000


def test_an_input_as_large_as_it_may_be_is_held_as_it_came() -> None:
    headers = letter(("tag", b"own"))
    value = bytes(LARGEST_INPUT - event_size(b"key", b"", [("tag", b"own")]))
    assert letter_of(b"key", value, headers) == (b"key", value, headers)
    assert not is_reference(headers)


@pytest.mark.parametrize(
    ("key", "value", "own"),
    [
        (b"key", b"\0" * 30_000_000, ()),
        (b"key", b"x" * 10_430_001, (("tag", b"own"),)),
        (b"k" * 2_000_000, b"value", ()),
        (b"k" * 2_000_000, None, ()),
        (None, b"value", (("tag", b"t" * 2_000_000),)),
        (None, b"value", (("t" * 2_000_000, b""),)),
        (None, b"value", (("", b""),) * LARGEST_INPUT),
    ],
    ids=["zeros", "large", "key", "key alone", "header", "name of a header", "headers"],
)
def test_a_larger_input_is_held_by_reference_with_its_first_bytes(
    key: bytes | None, value: bytes | None, own: tuple[tuple[str, bytes], ...]
) -> None:
    held = letter_of(key, value, letter(*own))
    assert held.key == (None if key is None else key[:EXCERPT])
    assert held.value == (None if value is None else value[:EXCERPT])
    assert held.headers[:-2] == letter()
    assert dict(held.headers)["x-original-size"] == str(event_size(key, value, own)).encode()
    assert is_reference(held.headers)
    assert [name for name, _ in held.headers] == [*HEADERS, *REFERENCE_HEADERS]


def test_an_input_that_claims_to_be_held_by_reference_is_not() -> None:
    claimed = letter(("x-truncated", b"true"), ("x-original-size", b"1"))
    assert not is_reference(claimed)
    assert letter_of(b"key", b"value", claimed).headers == letter()
    assert replay_headers([("x-truncated", b"true")]) == [("x-replay-count", b"1")]


def test_a_letter_that_is_sent_again_is_known_by_its_count() -> None:
    assert was_sent_again(replay_headers(letter()))
    assert not was_sent_again(letter())
    assert not was_sent_again([("x-replay-count", b"often")])


def test_a_count_with_thousands_of_digits_starts_from_nought() -> None:
    assert dict(letter(("x-replay-count", b"9" * 10_000)))["x-replay-count"] == b"0"
