"""How many wrong secrets somebody may try."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams.web.auth import guesses as under_test
from streams.web.auth.guesses import Guesses, network_of


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still, for the limits too."""
    clock = SimpleNamespace(now=1.8e9, time=lambda: clock.now)
    monkeypatch.setattr("limits.storage.memory.time", clock)
    monkeypatch.setattr(under_test, "time", clock)
    return clock


def guesser(guesses: Guesses, address: str, times: int) -> list[int]:
    """Guess wrong as often as one may; return how long one had to wait before each."""
    waits = []
    for number in range(times):
        waits.append(guesses.wait(address, f"guess {number}"))
        if not waits[-1]:
            guesses.wrong(address)
    return waits


def test_after_some_wrong_secrets_the_right_one_is_not_looked_at_either_until_time_has_passed(
    clock: SimpleNamespace,
) -> None:
    guesses = Guesses(by_address="3/minute", in_all="100/minute")
    assert guesser(guesses, "192.0.2.1", 5) == [0, 0, 0, 60, 60]
    assert guesses.wait("192.0.2.1", "right") == 60
    assert guesses.wait("192.0.2.2", "right") == 0
    clock.now += 61
    assert guesses.wait("192.0.2.1", "right") == 0


@pytest.mark.usefixtures("clock")
def test_who_had_it_right_before_goes_on_beside_a_guesser_of_the_same_address() -> None:
    guesses = Guesses(by_address="3/minute", in_all="100/minute")
    guesses.right("192.0.2.1", "right")
    guesser(guesses, "192.0.2.1", 5)
    assert guesses.wait("192.0.2.1", "right") == 0
    assert guesses.wait("192.0.2.1", "other") == 60
    guesser(guesses, "192.0.2.2", 5)
    assert guesses.wait("192.0.2.2", "right") == 60


@pytest.mark.usefixtures("clock")
def test_many_addresses_are_no_way_round_the_limit() -> None:
    guesses = Guesses(by_address="3/minute", in_all="10/minute")
    waits = [guesser(guesses, f"192.0.2.{number}", 1)[0] for number in range(12)]
    assert waits == [0] * 10 + [60] * 2


@pytest.mark.usefixtures("clock")
def test_who_holds_an_ipv6_network_is_one_guesser() -> None:
    guesses = Guesses(by_address="3/minute", in_all="100/minute")
    waits = [guesser(guesses, f"2001:db8::{number:x}", 1)[0] for number in range(5)]
    assert waits == [0, 0, 0, 60, 60]
    assert guesses.wait("2001:db8:0:1::1", "right") == 0


@pytest.mark.usefixtures("clock")
def test_no_more_callers_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "MOST_REMEMBERED", 2)
    guesses = Guesses(by_address="1/minute", in_all="100/minute")
    for secret in ("first", "second", "third"):
        guesses.right("192.0.2.1", secret)
    guesses.wrong("192.0.2.1")
    assert [guesses.wait("192.0.2.1", secret) for secret in ("first", "second", "third")] == [60, 0, 0]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_the_network_of_an_address_is_what_its_holder_cannot_choose(address: str, network: str) -> None:
    assert network_of(address) == network
