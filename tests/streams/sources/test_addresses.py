"""Connections go to checked addresses only."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.sources.addresses import CheckedBackend, is_public
from streams.sources.open import open_media
from streams.sources.policy import SourcePolicy

if TYPE_CHECKING:
    from tests.streams.sources.conftest import MediaServer


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


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "localhost", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["10.0.0.1"])
    with pytest.raises(MediaError, match="not a public address") as caught:
        open_media("https://media.example/a.mp4", SourcePolicy.parse(""))
    assert caught.value.code is ErrorCode.RESOURCE_ACCESS


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    with pytest.raises(MediaError, match="not a public address"):
        CheckedBackend(private=False).connect_tcp("media.example", 80)


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
    CheckedBackend(private=True).connect_tcp("media.example", int(server.server_address[1]), 1.0).close()


def test_a_name_that_is_not_known_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(MediaError) as caught:
        open_media("https://media.example/a.mp4", SourcePolicy.parse(""))
    assert caught.value.code is ErrorCode.RESOURCE_NOT_FOUND


def test_sockets_of_this_machine_are_refused() -> None:
    with pytest.raises(MediaError):
        CheckedBackend(private=True).connect_unix_socket("/run/any.sock")


def test_a_proxy_that_the_environment_names_is_not_used(monkeypatch: pytest.MonkeyPatch, server: MediaServer) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.files["/a.mp4"] = b"media"
    with open_media(f"{server.url}/a.mp4", SourcePolicy.parse(server.url)) as file:
        assert file.read() == b"media"
