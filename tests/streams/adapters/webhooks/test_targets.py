"""Which places events may be posted to."""

from __future__ import annotations

import pytest

from streams.adapters.webhooks.targets import TargetRefused, Targets


@pytest.mark.parametrize(
    "url",
    [
        "", "receiver", "ftp://receiver.example/", "file:///etc/passwd", "http://", "http://[::1", "https://:443/",
        "http://127.0.0.1/", "http://localhost/", "http://10.1.2.3/", "http://169.254.169.254/latest", "http://[::1]/",
        "http://2130706433/", "http://0x7f000001/", "http://127.1/", "http://0/", "http://192.168.1.1:8080/",
        "https://receiver.example/" + "x" * 2048, "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_public_web_address_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        Targets().check(url)


@pytest.mark.parametrize("url", ["https://receiver.example/copies?token=1", "http://8.8.8.8:8080/"])
def test_a_public_web_address_may_be_called(url: str) -> None:
    Targets().check(url)


def test_where_places_are_listed_only_these_may_be_called_and_on_any_address() -> None:
    targets = Targets("http://127.0.0.1:9000/hooks https://receiver.example")
    targets.check("http://127.0.0.1:9000/hooks/mine")
    targets.check_addresses("http://127.0.0.1:9000/hooks/mine", ["127.0.0.1"])
    for url in ("http://127.0.0.1:9000/other", "http://127.0.0.1:9000/hooks/../other", "https://other.example/"):
        with pytest.raises(TargetRefused, match="CALLBACK_PLACES"):
            targets.check(url)


def test_the_place_that_the_operator_names_may_have_any_address_and_others_may_not() -> None:
    targets = Targets(default="http://127.0.0.1:9000/hooks")
    targets.check("http://127.0.0.1:9000/hooks")
    targets.check_addresses("http://127.0.0.1:9000/hooks", ["127.0.0.1"])
    with pytest.raises(TargetRefused):
        targets.check("http://127.0.0.1:9000/hooks/other")


def test_a_name_whose_addresses_are_not_all_public_is_refused() -> None:
    with pytest.raises(TargetRefused, match="not a public address"):
        Targets().check_addresses("https://receiver.example", ["8.8.8.8", "10.0.0.1"])


def test_a_refusal_repeats_no_secret() -> None:
    with pytest.raises(TargetRefused) as caught:
        Targets().check("http://user:password@127.0.0.1/?token=secret")
    assert "password" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_list_of_something_else_is_a_mistake_in_the_setting() -> None:
    with pytest.raises(ValueError, match="MEDIADNA_CALLBACK_PLACES"):
        Targets("receiver.example")
