"""The connection to Milvus: made when first needed, and made anew when the server has gone or moved."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, TypeVar

import grpc
import stamina
from pymilvus import MilvusClient, MilvusException
from pymilvus.exceptions import (
    ConnectError,
    ConnectionNotExistException,
    MilvusUnavailableException,
    ParamError,
)

from streams.ports.errors import Neighbour, NeighbourAwayError, away_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.adapters.milvus.security import MilvusSecurity

__all__ = ["PATIENCE", "MilvusConnection"]

T = TypeVar("T")

#: What Milvus answers when a collection that we knew is gone, or not loaded since its server was started anew.
NOT_FOUND, NOT_LOADED = 100, 101
#: What a cluster answers when it is asked too much; it passes.
RATE_LIMITED = 8
#: Codes of calls that are wrong in themselves: parameters, schemas, expressions (Milvus's `merr` codes 1100 to 1199).
WRONG_CALL = range(1100, 1200)
#: The client's own codes for a call that never reached a server.
UNREACHED = (2, grpc.StatusCode.UNAVAILABLE)
#: Tries of a call whose server has gone: long enough for another worker to take Milvus Lite over.
TRIES = 8
#: Seconds of all tries together; below the time limit of the task that makes the call.
TRYING_S = 60.0
#: Seconds in which a server must take a connection.
CONNECTING_S = 10.0
#: What every call passes to the client: its own tries, within about a second. By itself it would ask a dead address
#: for minutes, where we look for a new one.
PATIENCE: Final[dict[str, Any]] = {"retry_times": 5}


class MilvusConnection:
    """Calls a Milvus server, again when the first try fails for a reason that passes.

    Attributes:
        loaded: Names of the collections that this connection has found there and loaded.
    """

    def __init__(self, address: Callable[[], str], security: MilvusSecurity) -> None:
        """Prepare.

        Args:
            address: Returns the server's URI; asked again when the server has gone.
            security: How the server is spoken to.
        """
        self.loaded: set[str] = set()
        self._address = address
        self._security = security
        self._client: MilvusClient | None = None

    def call(self, function: Callable[[MilvusClient], T]) -> T:
        """Return what the function returns. It may run several times, so its effect must be idempotent.

        Raises:
            MilvusException: The call itself is wrong.
            NeighbourAwayError: There is no server to ask, or it cannot do its work at present.
        """
        try:
            for attempt in stamina.retry_context(on=_is_transient, attempts=TRIES, timeout=TRYING_S):
                with attempt:
                    return self._try(function)
        except Exception as error:
            if _is_our_fault(error):
                raise
            away = away_from(Neighbour.MILVUS, error)
            raise NeighbourAwayError(away.neighbour, f"Milvus does not do its work: {away}{_more(error)}") from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    def close(self) -> None:
        """Let go of the server; the next call connects anew."""
        self.loaded.clear()
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # the server may be gone, and there is nothing to lose
                client.close()

    def _try(self, function: Callable[[MilvusClient], T]) -> T:
        try:
            if self._client is None:
                options = self._security.for_pymilvus()
                self._client = MilvusClient(self._address(), timeout=CONNECTING_S, dedicated=True, **options)
            return function(self._client)
        except Exception as error:
            if _is_transient(error):
                self.close()
            raise


def _more(error: Exception) -> str:
    """Return what gRPC said where Milvus's client keeps it to itself, such as whose certificate is not trusted."""
    cause = error.__cause__
    return f" ({cause.details()})" if isinstance(cause, grpc.RpcError) and isinstance(cause, grpc.Call) else ""


def _is_our_fault(error: Exception) -> bool:
    """Whether the call itself is wrong, so that it would fail on the healthiest server."""
    if isinstance(error, MilvusException):
        return isinstance(error, ParamError) or error.code in WRONG_CALL
    return not isinstance(error, grpc.RpcError | OSError)


def _is_transient(error: Exception) -> bool:
    """Whether the call failed since its server had gone or was started anew, so that another try can go well."""
    gone = (ConnectError, ConnectionNotExistException, MilvusUnavailableException, grpc.RpcError, OSError)
    if isinstance(error, gone):
        return True
    return isinstance(error, MilvusException) and error.code in {NOT_FOUND, NOT_LOADED, RATE_LIMITED, *UNREACHED}
