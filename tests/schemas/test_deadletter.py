"""What a dead letter says about the input in it."""

from __future__ import annotations

from schemas.deadletter import HEADERS, dead_letter_headers


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
