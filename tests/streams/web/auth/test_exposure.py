"""What may be open without a credential."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.settings import Settings
from streams.web.auth.exposure import check_exposure, is_loopback, takes_unsigned_calls

FILE = Path("/a/file")


def settings(tmp_path: Path, **given: Any) -> Settings:
    return Settings(**{"state": tmp_path, "web": "127.0.0.1:0", **given})


@pytest.mark.parametrize("name", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_an_address_of_this_machine_is_a_loopback_address(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["", None, "0.0.0.0", "::", "192.0.2.1", "localhost.example", "127.0.0.1.example"])  # noqa: S104
def test_any_other_name_is_none_whatever_it_may_lead_to(name: str | None) -> None:
    assert not is_loopback(name)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"web": "0.0.0.0:0"}, "MEDIADNA_TOKENS"),
        ({"proxies": "127.0.0.1"}, "MEDIADNA_TOKENS"),
        ({"proxies": "127.0.0.1", "access_keys": FILE}, "MEDIADNA_TOKENS"),
        ({"tokens": FILE, "proxies": "10.0.0.1", "unsigned_calls": "loopback"}, "MEDIADNA_UNSIGNED_CALLS"),
        ({"tokens": FILE, "web": "0.0.0.0:0", "unsigned_calls": "loopback"}, "MEDIADNA_UNSIGNED_CALLS"),
    ],
)
def test_nothing_starts_that_would_be_open_to_other_machines(
    tmp_path: Path, given: dict[str, Any], missing: str
) -> None:
    with pytest.raises(ValueError, match=missing):
        check_exposure(settings(tmp_path, **given))


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({}, True),
        ({"tokens": FILE}, False),
        ({"access_keys": FILE}, False),
        ({"tokens": FILE, "access_keys": FILE}, False),
        ({"web": "0.0.0.0:0"}, False),
        ({"proxies": "10.0.0.0/8"}, False),
        ({"unsigned_calls": "never"}, False),
        ({"unsigned_calls": "loopback", "tokens": FILE, "access_keys": FILE}, True),
        ({"unsigned_calls": "loopback", "web": "0.0.0.0:0"}, False),
    ],
)
def test_calls_without_a_signature_are_taken_where_nothing_is_asked_of_anybody_or_on_demand(
    tmp_path: Path, *, given: dict[str, Any], taken: bool
) -> None:
    assert takes_unsigned_calls(settings(tmp_path, **given)) is taken
