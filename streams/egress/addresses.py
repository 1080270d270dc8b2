"""Connections to checked addresses only.

A host name is resolved once, every address is checked, and the connection is made to the very address that was
checked: a name that resolves to something else a moment later (DNS rebinding) leads nowhere new. TLS still checks the
certificate for the name.
"""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpcore

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.egress.deadline import TimedStream
from streams.egress.networks import is_public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.egress.deadline import Deadline

__all__ = ["CheckedBackend", "addresses_of"]

#: Names that one process looks up at a time. It does one task, so that one is enough, and the others are for those
#: look-ups that were given up and still hang in the system's resolver.
RESOLVERS = 4

_resolvers = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="media-resolver")


class CheckedBackend(httpcore.NetworkBackend):
    """Opens TCP connections to public addresses only, unless private ones are allowed.

    Args:
        private: Whether private addresses are allowed.
        deadline: The time of the exchanges that its connections serve.
    """

    def __init__(self, *, private: bool, deadline: Deadline) -> None:
        self._private = private
        self._deadline = deadline
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
            httpcore.TimeoutException: The time of the exchange is over.
        """
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            left = self._deadline.bounded(timeout)
            try:
                stream = self._backend.connect_tcp(address, port, left, local_address, socket_options)
                return TimedStream(stream, self._deadline)
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
        looked_up = _resolvers.submit(addresses_of, host, port)
        try:
            addresses = looked_up.result(self._deadline.bounded(None))
        except TimeoutError:
            looked_up.cancel()
            raise httpcore.ConnectTimeout(f"the name {host!r} is not answered for") from None
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
    """Look a host name up. It takes as long as the system's resolver likes, half a minute in bad cases.

    Raises:
        OSError: The host is not known.
        UnicodeError: The host is no name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
