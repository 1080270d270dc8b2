"""Posts one event: to the address that was checked, once, in bounded time."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import httpcore
import httpx

from schemas.clock import format_time
from schemas.deliveries import Attempt
from schemas.limits import cut
from streams.adapters.webhooks.signing import NoSecretError
from streams.egress.addresses import addresses_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence

    from schemas.deliveries import Delivery
    from streams.adapters.webhooks.signing import Signs
    from streams.adapters.webhooks.targets import Targets

__all__ = ["Sender"]

#: Seconds for a connection, and for the whole of an attempt. A receiver that has more to do answers first.
CONNECT_S = 5.0
ATTEMPT_S = 15.0
#: Names of receivers that are looked up at a time, in threads of their own: the system's resolver may take half a
#: minute for a name, and the threads that read for the API must not wait for those of strangers.
RESOLVERS = 16

_resolvers = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="callback-resolver")


class Sender:
    """Posts events to receivers.

    A redirect is not followed, since nobody has checked where it leads, and of an answer only the status is read.
    """

    def __init__(self, targets: Targets, signer: Signs) -> None:
        self._targets = targets
        self._signer = signer

    async def send(self, delivery: Delivery, body: bytes) -> Attempt:
        """Post an event, and tell how that went.

        Raises:
            TargetRefused: The place is not allowed.
        """
        now = datetime.now(UTC)
        started = time.monotonic()
        status, error = 0, ""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                status = await self._post(delivery, body, now)
        except TimeoutError:
            error = f"no answer within {ATTEMPT_S:g} s"
        except (httpx.HTTPError, OSError, UnicodeError) as failure:
            error = cut(f"no answer: {str(failure) or type(failure).__name__}")
        except NoSecretError as failure:
            error = cut(f"not sent: {failure}")
        else:
            error = _judged(status)
        return Attempt(time=format_time(now), status=status, error=error, seconds=round(time.monotonic() - started, 3))

    async def _post(self, delivery: Delivery, body: bytes, now: datetime) -> int:
        self._targets.check(delivery.url)
        headers = self._signer.headers(delivery.job_id, delivery.url, body, now)
        headers |= {"content-type": "application/json", "user-agent": "mediadna"}
        transport = _Transport(lambda addresses: self._targets.check_addresses(delivery.url, addresses))
        async with (
            httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(ATTEMPT_S, connect=CONNECT_S)) as client,
            client.stream("POST", delivery.url, content=body, headers=headers, follow_redirects=False) as answer,
        ):
            return answer.status_code


def _judged(status: int) -> str:
    """Say what is wrong with an answer; nothing where the receiver has the event."""
    if httpx.codes.is_success(status):
        return ""
    if httpx.codes.is_redirect(status):
        return f"the receiver answered {status}: redirects are not followed, so name the place that it leads to"
    return f"the receiver answered {status}: only 2xx counts"


@lru_cache
def _trust() -> ssl.SSLContext:
    """Whom connections trust; loading it takes longer than a post."""
    return httpx.create_ssl_context()


class _Transport(httpx.AsyncHTTPTransport):
    """Connects to checked addresses only, and through no proxy that the environment names."""

    def __init__(self, check: Callable[[Sequence[str]], None]) -> None:
        super().__init__(verify=_trust(), trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=_trust(), network_backend=_CheckedBackend(check))


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Looks a name up once, has its addresses checked, and connects to the first of these that answers."""

    def __init__(self, check: Callable[[Sequence[str]], None]) -> None:
        self._check = check
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature of the base class)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect.

        Raises:
            TargetRefused: An address is not allowed.
            httpcore.ConnectError: None of the addresses answers.
            OSError: The host is not known.
        """
        addresses = await asyncio.get_running_loop().run_in_executor(_resolvers, addresses_of, host, port)
        self._check(addresses)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure
