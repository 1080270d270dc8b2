"""Tokens for Kafka's OAUTHBEARER, from an OpenID provider by the grant of client credentials (RFC 6749, 4.4)."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import httpx
import msgspec
import structlog
from aiokafka.abc import AbstractTokenProvider

from streams.credentials.secret_file import read_secret, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Token", "TokenError", "TokenSource"]

log = structlog.get_logger(__name__)

#: Seconds for one answer of the token endpoint.
ANSWER_S = 10.0
#: Which part of its life a token is used for before the next one is fetched: below the 0.8 at which librdkafka asks for
#: another one, so that it then gets another one.
USED_PART = 0.7
#: Seconds that a token lives of which the endpoint does not say it: short, so that one that lives longer does no harm.
USUAL_LIFE_S = 300.0
#: Seconds after a failure in which the endpoint is not asked again: every client of this process would, ten times a
#: second each, and an endpoint that is overloaded would never get up.
RETRY_PAUSE_S = 2.0


class TokenError(OSError):
    """The token endpoint gives no token. Kafka's clients take it for a broker that cannot be reached, and try again."""


@dataclass(frozen=True)
class Token:
    """A token.

    Attributes:
        value: What is sent to Kafka.
        expires: When it is over, seconds since the epoch.
        renewed: When the next one is due, seconds since the epoch.
    """

    value: str
    expires: float
    renewed: float


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float = USUAL_LIFE_S


class TokenSource(AbstractTokenProvider):  # type: ignore[misc] # aiokafka is not typed
    """Fetches a token when one is needed, and the next one before that is over; all clients of the process share it.

    They ask from the event loop, from the loop of Faust's consumer, and from librdkafka's own thread. The endpoint is
    asked on a thread of its own, so that a slow one holds up nobody but those who wait for the token.

    Args:
        url: The token endpoint.
        client: Client id.
        secret_file: File with the client's secret; read at each fetch.
        scope: Scope to ask for; empty: the provider's own choice.
        ca_file: Authorities that are trusted, in place of the system's.
        clock: Returns seconds since the epoch.
    """

    def __init__(
        self,
        url: str,
        client: str,
        secret_file: Path | None,
        *,
        scope: str = "",
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._client = client
        self._secret_file = secret_file
        self._scope = scope
        self._ca_file = ca_file
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._failure: tuple[float, OSError] | None = None
        self._executor = ThreadPoolExecutor(1, "kafka-token")

    async def token(self) -> str:
        """Return a token that is valid, as aiokafka asks for it.

        Raises:
            TokenError: There is none to be had.
            SecretFileError: The secret's file cannot be read.
        """
        found = await asyncio.get_running_loop().run_in_executor(self._executor, self.current)
        return found.value

    def current(self) -> Token:
        """Return a token that is valid; may wait for the endpoint.

        Raises:
            TokenError: There is none to be had.
            SecretFileError: The secret's file cannot be read.
        """
        with self._lock:
            now = self._clock()
            if self._token is not None and now < self._token.renewed:
                return self._token
            try:
                self._token = self._fetched(now)
            except OSError as error:
                if self._token is None or now >= self._token.expires:
                    raise
                log.warning("kafka_token_not_renewed", reason=str(error))
            return self._token

    def _fetched(self, now: float) -> Token:
        if self._failure is not None and now < self._failure[0] + RETRY_PAUSE_S:
            raise self._failure[1]
        try:
            answer = self._ask()
        except OSError as error:
            self._failure = (now, error)
            raise
        self._failure = None
        return Token(answer.access_token, now + answer.expires_in, now + USED_PART * answer.expires_in)

    def _ask(self) -> _Answer:
        secret = read_secret(self._secret_file, "MEDIADNA_KAFKA_OAUTH_SECRET_FILE")
        form = {"grant_type": "client_credentials", **({"scope": self._scope} if self._scope else {})}
        try:
            answer = httpx.post(
                self._url,
                data=form,
                auth=(quote_plus(self._client), quote_plus(secret)),  # RFC 6749, 2.3.1
                verify=tls_context("MEDIADNA_KAFKA_OAUTH_", self._ca_file),
                timeout=ANSWER_S,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            raise TokenError(
                f"the token endpoint {self._url} does not answer ({error}): see MEDIADNA_KAFKA_OAUTH_URL and _CA_FILE"
            ) from error
        if answer.status_code != httpx.codes.OK:
            raise TokenError(
                f"the token endpoint {self._url} gives no token (status {answer.status_code}): see "
                "MEDIADNA_KAFKA_OAUTH_CLIENT, _SECRET_FILE and _SCOPE"
            )
        try:
            return msgspec.json.decode(answer.content, type=_Answer)
        except msgspec.DecodeError as error:
            raise TokenError(f"the token endpoint {self._url} gives no token ({error}): is it one?") from error
