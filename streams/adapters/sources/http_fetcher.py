"""HTTP requests for media: each hop checked, each answer bounded in size and time, passing failures tried again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar

import httpcore
import httpx
import stamina

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.egress.addresses import CheckedBackend
from streams.egress.deadline import Deadline
from streams.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from streams.egress.policy import SourcePolicy

__all__ = ["Fetcher", "Part", "Whole"]

#: As browsers do with far more; media that moves more often than this has lost its way.
MAX_REDIRECTS = 5

#: Bytes a second that a server must send in the mean once its time for one answer is over.
SLOWEST_RATE = 64 * 1024

#: Statuses that say: there is nothing here.
ABSENT = frozenset({404, 410})
#: Statuses that say: try again later.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of bytes of a file.

    Attributes:
        data: The bytes.
        total: Size of the whole file.
        version: What the server calls this version of the file; the same as long as it does not change.
    """

    data: bytes
    total: int
    version: str


@dataclass(frozen=True, slots=True)
class Whole:
    """What is known of a file that its server serves whole only.

    Attributes:
        size: Bytes that the server announces; 0 when it does not.
        version: What the server calls this version of the file; empty when it does not.
    """

    size: int
    version: str


class _PassingError(Exception):
    """The server is not able to answer now."""


class _Transport(httpx.HTTPTransport):
    """Connects to checked addresses only, and through no proxy that the environment names."""

    def __init__(self, deadline: Deadline, *, private: bool) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), network_backend=CheckedBackend(private=private, deadline=deadline)
        )


class Fetcher:
    """Fetches one file, whole or by parts. Close it, or use it as a context manager."""

    def __init__(self, url: str, policy: SourcePolicy) -> None:
        self._policy = policy
        self._first_url = self._url = url
        times = policy.timeouts
        self._deadline = Deadline(times.request_s)
        self._client = httpx.Client(
            transport=_Transport(self._deadline, private=policy.private_addresses),
            timeout=httpx.Timeout(times.read_s, connect=times.connect_s),
            # media is compressed; a byte range of a zipped answer would be of no use
            headers={"accept-encoding": "identity", "user-agent": "mediadna"},
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def part(self, start: int, size: int) -> Part | Whole:
        """Return up to `size` bytes from `start`, or what is known where the server serves whole files only.

        Raises:
            MediaError: The file is not there, refused, too large, or too slow to come.
        """

        def take(response: httpx.Response) -> Part | Whole:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and start == 0:
                return Part(b"", 0, _version(response))  # an empty file has no first byte
            self._check(response)
            span = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if response.status_code != httpx.codes.PARTIAL_CONTENT or span is None or int(span[1]) != start:
                return Whole(self._announced(response), _version(response))
            total = self._bounded(int(span[3]))
            data = b"".join(self._read(response, size))
            if len(data) < min(size, total - start):
                raise _PassingError("the answer was cut short")
            return Part(data[:size], total, _version(response))

        headers = {"range": f"bytes={start}-{start + size - 1}"}
        try:
            return self._tried(headers, take)
        except MediaError:
            if self._url == self._first_url:
                raise
            self._url = self._first_url  # what it was redirected to may have run out
            return self._tried(headers, take)

    def whole(self, file: BinaryIO) -> None:
        """Write the whole file to `file`.

        Raises:
            MediaError: The file is not there, refused, too large, or too slow to come.
        """

        def take(response: httpx.Response) -> None:
            self._check(response)
            self._announced(response)
            file.seek(0)
            file.truncate()
            file.writelines(self._read(response, self._policy.max_bytes + 1))
            self._bounded(file.tell())

        self._tried({}, take)

    def _tried(self, headers: dict[str, str], take: Callable[[httpx.Response], T]) -> T:
        times = self._policy.timeouts
        try:
            for attempt in stamina.retry_context(
                on=self._passes,
                attempts=times.tries,
                timeout=None,  # each try has a deadline of its own
                wait_initial=times.pause_s,
                wait_jitter=times.pause_s,
            ):
                with attempt:
                    return self._exchange(headers, take)
        except httpx.InvalidURL as error:
            raise MediaError(ErrorCode.RESOURCE_ACCESS, f"the address of the media is none: {error}") from None
        except (httpx.TransportError, _PassingError) as error:
            if self._had_its_time(error):
                raise self._too_slow() from error
            code, reason = _why(error)
            said = f"{redacted(self._first_url)}: {reason}, {times.tries} times; try again later"
            raise MediaError(code, said) from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _passes(self, error: Exception) -> bool:
        return isinstance(error, httpx.TransportError | _PassingError) and not self._had_its_time(error)

    def _had_its_time(self, error: Exception) -> bool:
        """Whether a try has had all its time: a further one would give the server as much again."""
        return isinstance(error, httpx.TimeoutException) and self._deadline.passed

    def _exchange(self, headers: dict[str, str], take: Callable[[httpx.Response], T]) -> T:
        """Make one request, follow where it leads, and hand the answer to `take` while the connection is open."""
        self._deadline.start(self._policy.timeouts.request_s)
        url = self._url
        for _ in range(MAX_REDIRECTS + 1):
            self._policy.check_web(url)
            with self._client.stream("GET", url, headers=headers) as response:
                if not response.has_redirect_location:
                    self._url = url
                    return take(response)
                url = str(response.url.join(response.headers["location"]))
        raise MediaError(
            ErrorCode.RESOURCE_ACCESS, f"{redacted(self._first_url)} is redirected more than {MAX_REDIRECTS} times"
        )

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        said = f"{redacted(self._first_url)}: its server answered {status} {response.reason_phrase}".rstrip()
        if status in ABSENT:
            raise MediaError(ErrorCode.RESOURCE_NOT_FOUND, f"{said}: check the address of the media")
        if status in PASSING:
            raise _PassingError(f"its server answered {status}")
        raise MediaError(ErrorCode.RESOURCE_ACCESS, f"{said}: it must let the worker read the media")

    def _announced(self, response: httpx.Response) -> int:
        length = response.headers.get("content-length", "")
        return self._bounded(int(length) if length.isdecimal() else 0)

    def _bounded(self, size: int) -> int:
        self._policy.check_size(size, redacted(self._first_url))
        return size

    def _read(self, response: httpx.Response, most: int) -> Iterator[bytes]:
        """Yield what the server sends, until it is more than `most` bytes.

        Raises:
            MediaError: It comes too slowly.
        """
        got = 0
        for data in response.iter_raw():
            yield data
            got += len(data)
            if got > most:
                return
            self._deadline.extend(len(data) / SLOWEST_RATE)
            if self._deadline.passed:
                raise self._too_slow()

    def _too_slow(self) -> MediaError:
        return MediaError(ErrorCode.TIMEOUT, f"{redacted(self._first_url)}: its server sends too slowly")


def _why(error: Exception) -> tuple[ErrorCode, str]:
    """Return the code and the reason of what would not pass."""
    if isinstance(error, httpx.ConnectError):
        return ErrorCode.RESOURCE_NOT_FOUND, f"its server cannot be reached ({error})"
    if isinstance(error, httpx.TimeoutException):
        return ErrorCode.TIMEOUT, "its server does not answer in time"
    return ErrorCode.TIMEOUT, str(error) or type(error).__name__


def _version(response: httpx.Response) -> str:
    return str(response.headers.get("etag") or response.headers.get("last-modified") or "")
