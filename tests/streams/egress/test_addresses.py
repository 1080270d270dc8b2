"""Connections go to checked addresses only."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import httpcore
import pytest

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources.opener import open_media
from streams.egress.addresses import CheckedBackend
from streams.egress.deadline import Deadline
from streams.egress.policy import SourcePolicy

if TYPE_CHECKING:
    from support.media_server import MediaServer


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let each look-up of a name give the next of the answers; returns the names that were looked up."""
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: int, **kwargs: int) -> list[object]:
        if host.replace(".", "").isdigit():
            return list(genuine(host, port, *args, **kwargs))
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["10.0.0.1"])
    with pytest.raises(MediaError, match="not a public address") as caught:
        open_media("https://media.example/a.mp4", SourcePolicy.parse(""))
    assert caught.value.code is ErrorCode.RESOURCE_ACCESS


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    with pytest.raises(MediaError, match="not a public address"):
        CheckedBackend(private=False, deadline=Deadline(5.0)).connect_tcp("media.example", 80)


def test_the_connection_goes_to_the_very_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, server: MediaServer
) -> None:
    asked = resolve_to(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])
    server.files["/a.mp4"] = b"media"
    url = server.url.replace("127.0.0.1", "media.example")
    with open_media(f"{url}/a.mp4", SourcePolicy.parse(url)) as file:
        assert file.read() == b"media"
    assert asked == ["media.example"]


def test_the_next_address_is_tried_when_one_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, server: MediaServer
) -> None:
    resolve_to(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    backend = CheckedBackend(private=True, deadline=Deadline(5.0))
    backend.connect_tcp("media.example", int(server.server_address[1]), 1.0).close()


def test_a_name_that_is_not_known_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(MediaError) as caught:
        open_media("https://media.example/a.mp4", SourcePolicy.parse(""))
    assert caught.value.code is ErrorCode.RESOURCE_NOT_FOUND


def test_a_name_that_is_not_answered_for_takes_no_longer_than_the_exchange_may(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        released.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with pytest.raises(httpcore.ConnectTimeout):
            CheckedBackend(private=False, deadline=Deadline(0.1)).connect_tcp("media.example", 80)
    finally:
        released.set()


def test_a_name_of_many_addresses_that_do_not_answer_takes_no_longer_than_the_exchange_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, [f"127.0.0.{last}" for last in range(1, 100)])
    now = iter(range(1000))
    deadline = Deadline(3.0, clock=lambda: float(next(now)))
    tried: list[str] = []

    def connect(self: object, host: str, *_: object) -> httpcore.NetworkStream:  # noqa: ARG001 (a method)
        tried.append(host)
        raise httpcore.ConnectTimeout

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(httpcore.TimeoutException):
        CheckedBackend(private=True, deadline=deadline).connect_tcp("media.example", 80)
    assert len(tried) < 4


def test_sockets_of_this_machine_are_refused() -> None:
    with pytest.raises(MediaError):
        CheckedBackend(private=True, deadline=Deadline(5.0)).connect_unix_socket("/run/any.sock")


def test_a_proxy_that_the_environment_names_is_not_used(monkeypatch: pytest.MonkeyPatch, server: MediaServer) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.files["/a.mp4"] = b"media"
    with open_media(f"{server.url}/a.mp4", SourcePolicy.parse(server.url)) as file:
        assert file.read() == b"media"
