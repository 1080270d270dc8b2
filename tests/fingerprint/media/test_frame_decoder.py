"""Of the seconds before a span, no more is decoded than the span's pictures need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.media.frame_decoder import PARAMETERS, LeadIn
from fingerprint.media.timestamps import PictureClock

#: The container's time of the media's start.
ORIGIN = 1.4


@dataclass(frozen=True)
class FakePacket:
    """What is asked of a packet."""

    pts: int | None
    dts: int | None = None
    is_keyframe: bool = False
    size: int = 1000


FLUSH = FakePacket(None, None, size=0)


def at(time: float, *, key: bool = False, size: int = 1000) -> FakePacket:
    """Return a packet of a time on the media's own clock."""
    stamp = round((time + ORIGIN) * 1000)
    return FakePacket(stamp, stamp, is_keyframe=key, size=size)


def lead_in(start: float) -> LeadIn:
    return LeadIn(PictureClock(ORIGIN, None, 0.001), start)


def taken(lead: LeadIn, packets: list[FakePacket]) -> list[list[FakePacket]]:
    """Return what each packet lets go."""
    return [cast("list[FakePacket]", lead.take(cast("Any", packet))) for packet in packets]


def group(start: float) -> list[FakePacket]:
    """Return a second of packets that starts with a key frame."""
    return [at(start, key=True), *(at(start + tenth / 10) for tenth in range(1, 10))]


def test_packets_before_the_last_key_frame_at_or_before_the_start_are_dropped() -> None:
    packets = [*group(7), *group(8), *group(9), *group(10)]
    given_out = taken(lead_in(9.35), packets)
    assert not any(given_out[:24])
    assert given_out[24] == packets[20:25]  # 9.4 is the first at or after the start
    assert given_out[25:] == [[packet] for packet in packets[25:]]


def test_a_key_frame_at_the_start_is_all_that_is_needed() -> None:
    packets = [*group(8), *group(9)]
    given_out = taken(lead_in(9.0), packets)
    assert not any(given_out[:10])
    assert given_out[10:] == [[packet] for packet in packets[10:]]


def test_a_key_frame_after_the_start_drops_nothing() -> None:
    packets = [*group(8), at(9.2, key=True), at(9.3)]
    given_out = taken(lead_in(9.1), packets)
    assert given_out[10:] == [packets[:11], [packets[11]]]


@given(
    st.lists(st.tuples(st.integers(1, 300), st.booleans()), min_size=1, max_size=30, unique_by=lambda one: one[0]),
    st.integers(1, 300),
)
def test_what_comes_out_is_what_came_in_from_a_key_frame_before_the_start(
    drawn: list[tuple[int, bool]], tenths: int
) -> None:
    packets = [at(time / 10, key=key) for time, key in sorted(drawn)]
    start = tenths / 10 + 0.05
    out = [packet for part in taken(lead_in(start), [*packets, FLUSH]) for packet in part]
    dropped = len(packets) + 1 - len(out)
    assert out == [*packets, FLUSH][dropped:]
    keys = [index for index, (time, key) in enumerate(sorted(drawn)) if key and time <= tenths]
    assert dropped == (keys[-1] if keys else 0)


def test_pictures_that_are_shown_before_their_key_frame_stay_with_it() -> None:
    key = FakePacket(round((9.0 + ORIGIN) * 1000), is_keyframe=True)
    packets = [*group(8), key, at(8.95), at(8.97), at(9.5)]
    assert taken(lead_in(9.2), packets)[-1] == packets[10:]


def test_a_span_from_the_beginning_holds_nothing_back() -> None:
    packets = [*group(-1), *group(0)]
    assert taken(lead_in(0.0), packets) == [[packet] for packet in packets]


def test_the_decoding_time_counts_where_no_other_is_given() -> None:
    stamps = [round((time + ORIGIN) * 1000) for time in (8.0, 8.5, 9.0, 9.5)]
    packets = [FakePacket(None, stamp, is_keyframe=number % 2 == 0) for number, stamp in enumerate(stamps)]
    assert taken(lead_in(9.2), packets) == [[], [], [], packets[2:]]


@pytest.mark.parametrize("key", [False, True])
def test_a_packet_without_a_time_ends_it_and_drops_nothing(key: bool) -> None:  # noqa: FBT001 (a parameter)
    packets = [*group(7), FakePacket(None, is_keyframe=key), at(8.1)]
    given_out = taken(lead_in(9.0), packets)
    assert not any(given_out[:10])
    assert given_out[10:] == [packets[:11], [packets[11]]]


def test_the_end_of_the_file_lets_go_what_is_held() -> None:
    packets = [*group(7), FLUSH]
    assert taken(lead_in(9.0), packets)[-1] == packets


def test_no_more_is_held_than_memory_is_given_for() -> None:
    size = PARAMETERS.max_kept_bytes // 4
    packets = [at(number, key=number == 0, size=size) for number in range(8)]
    given_out = taken(lead_in(100.0), packets)
    assert given_out == [[], [], [], [], packets[:5], *([packet] for packet in packets[5:])]


def test_what_a_key_frame_drops_counts_no_more() -> None:
    size = PARAMETERS.max_kept_bytes // 4
    packets = [at(number, key=number % 3 == 0, size=size) for number in range(12)]
    assert not any(taken(lead_in(100.0), packets))


def test_reading_elsewhere_begins_anew() -> None:
    lead = lead_in(9.0)
    first = taken(lead, [*group(7), at(9.1)])
    assert len(first[-1]) == 11
    lead.restart()
    packets = [*group(5), *group(6), at(9.1)]
    given_out = taken(lead, packets)
    assert not any(given_out[:-1])
    assert given_out[-1] == packets[10:]


def test_reading_elsewhere_forgets_what_was_held() -> None:
    lead = lead_in(9.0)
    taken(lead, [at(7, key=True, size=PARAMETERS.max_kept_bytes - 10)])
    lead.restart()
    packets = [at(5), at(6), at(9.1)]
    assert taken(lead, packets) == [[], [], packets]
