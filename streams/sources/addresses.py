"""Connections to checked addresses only.

A host name is resolved once, every address is checked, and the connection is made to the very address that was
checked: a name that resolves to something else a moment later (DNS rebinding) leads nowhere new. TLS still checks the
certificate for the name.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

import httpcore

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CheckedBackend", "addresses_of", "is_public"]

#: IPv6 networks that carry an IPv4 address of which they are only the wrapping: NAT64 and 6to4.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class CheckedBackend(httpcore.NetworkBackend):
    """Opens TCP connections to public addresses only, unless private ones are allowed."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers, after all of them were checked.

        Raises:
            MediaError: The host has no address, or one that is not public.
            httpcore.ConnectError: None of the addresses answers.
        """
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                return self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Refuse: no media is served there."""
        _ = timeout, socket_options
        raise MediaError(ErrorCode.RESOURCE_ACCESS, f"media is not read from the socket {path}")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = addresses_of(host, port)
        except (OSError, UnicodeError):
            raise MediaError(
                ErrorCode.RESOURCE_NOT_FOUND, f"the host {host!r} of the media is not known: check its address"
            ) from None
        if not self._private and not all(is_public(address) for address in addresses):
            raise MediaError(
                ErrorCode.RESOURCE_ACCESS,
                f"{host!r} is not a public address: list it in MEDIADNA_MEDIA if media is to be read from there",
            )
        return addresses


def addresses_of(host: str, port: int) -> list[str]:
    """Look a host name up.

    Raises:
        OSError: The host is not known.
        UnicodeError: The host is no name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open Internet: not private, loopback, link-local, reserved..."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
