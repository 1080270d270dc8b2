"""Where a request comes from, by its headers."""

from __future__ import annotations

import pytest

from streams.web.auth.origin import (
    is_from_elsewhere,
    is_own_origin,
    is_sendable_by_form,
    mark_of_browser,
    mark_of_proxy,
    name_of_host,
)

FORMS = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/plain; application/json",
]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost:6066", "localhost"),
        ("LocalHost", "localhost"),
        ("localhost.:80", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:6066", "::1"),
        ("[::1]", "::1"),
        ("evil.example:6066", "evil.example"),
        ("localhost.evil.example", "localhost.evil.example"),
        ("evil.example@127.0.0.1", ""),
        ("127.0.0.1:x", ""),
        ("127.0.0.1/evil.example", ""),
        ("127.0.0.1#evil.example", ""),
        ("127.0.0.1 evil.example", ""),
        ("::1", ""),
        ("[", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_host_is_told_apart_from_its_port_and_from_nonsense(host: str, name: str) -> None:
    assert name_of_host(host) == name


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        ("http://127.0.0.1:6066", "http", "127.0.0.1:6066"),
        ("http://[::1]:6066", "http", "[::1]:6066"),
        ("https://dna.example", "https", "dna.example"),
        ("https://dna.example", "https", "dna.example:443"),
        ("https://dna.example", "http", "dna.example"),  # behind a proxy that does not say so
        ("http://DNA.example:80", "http", "dna.example"),
    ],
)
def test_a_page_of_this_service_has_its_origin(origin: str, scheme: str, host: str) -> None:
    assert is_own_origin(origin, scheme=scheme, host=host)


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        ("null", "http", "127.0.0.1:6066"),
        ("null", "http", "null"),
        ("", "http", ""),
        ("https://", "https", ""),
        ("http://127.0.0.1:3000", "http", "127.0.0.1:6066"),
        ("http://localhost:6066", "http", "127.0.0.1:6066"),
        ("http://dna.example", "https", "dna.example"),
        ("https://dna.example.evil.example", "https", "dna.example"),
        ("https://evil.example@dna.example", "https", "dna.example"),
        ("file://dna.example", "http", "dna.example"),
        ("chrome-extension://dna.example", "http", "dna.example"),
        ("http://[", "http", "["),
    ],
)
def test_any_other_page_has_another_origin(origin: str, scheme: str, host: str) -> None:
    assert not is_own_origin(origin, scheme=scheme, host=host)


def fetch(site: str, mode: str, place: str) -> dict[str, str]:
    return {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": place}


@pytest.mark.parametrize("site", ["none", "cross-site", "same-site"])
def test_what_is_typed_or_linked_to_leads_to_a_page_and_does_nothing_else(site: str) -> None:
    link = fetch(site, "navigate", "document")
    assert not is_from_elsewhere("GET", link)
    assert is_from_elsewhere("POST", link)
    assert is_from_elsewhere("DELETE", link)
    for mode, place in (("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe"), ("no-cors", "script")):
        assert is_from_elsewhere("GET", fetch(site, mode, place))


def test_our_own_pages_and_programs_come_from_nowhere_else() -> None:
    for method in ("GET", "POST", "DELETE"):
        assert not is_from_elsewhere(method, {})
        assert not is_from_elsewhere(method, fetch("same-origin", "cors", "empty"))


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_sends_these_and_a_script_may_without_asking(kind: str) -> None:
    assert is_sendable_by_form("POST", {"content-type": kind})
    assert is_sendable_by_form("POST", {"content-type": kind, "authorization": "Basic eA=="})
    assert not is_sendable_by_form("POST", {"content-type": kind, "authorization": "Bearer x"})
    assert not is_sendable_by_form("POST", {"content-type": kind, "x-requested-with": "curl"})
    assert not is_sendable_by_form("POST", {"content-type": kind, "idempotency-key": "k"})


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_a_form_does_not_send_json(kind: str) -> None:
    assert not is_sendable_by_form("POST", {"content-type": kind})


def test_a_script_may_post_nothing_at_all_and_must_ask_for_other_methods() -> None:
    assert is_sendable_by_form("POST", {})
    assert [is_sendable_by_form(method, {}) for method in ("GET", "PUT", "PATCH", "DELETE")] == [False] * 4


@pytest.mark.parametrize(
    "name", ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-anything", "cdn-loop", "x-envoy-peer"]
)
def test_a_proxy_shows_in_what_it_adds(name: str) -> None:
    assert mark_of_proxy({"host": "127.0.0.1", name: "x"}, "1.1") == name


def test_a_proxy_that_adds_nothing_shows_in_the_version_that_it_speaks() -> None:
    assert mark_of_proxy({"host": "127.0.0.1"}, "1.0")


def test_a_browser_shows_in_what_no_page_can_leave_out() -> None:
    for headers in (
        {"origin": "null"},
        {"referer": "x"},
        {"sec-fetch-dest": "image"},
        {"user-agent": "Mozilla/5.0 (X)"},
    ):
        assert mark_of_browser(headers) in headers


def test_a_program_shows_no_mark_of_either() -> None:
    for agent in ("curl/8.5.0", "python-httpx/0.28.1", "AlibabaCloud (Linux; x86_64) Python/3.11 Core/0.4.4 TeaDSL/2"):
        headers = {"host": "127.0.0.1:6066", "user-agent": agent, "accept": "*/*", "traceparent": "00-1-2-01"}
        assert (mark_of_proxy(headers, "1.1"), mark_of_browser(headers)) == ("", "")
