"""Which places media may be read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.redaction import redacted

__all__ = ["SourcePolicy", "Timeouts", "is_below", "web_address"]

#: Schemes of places on the network, and the port that each has by default.
WEB_PORTS = {"http": 80, "https": 443}

#: Largest file by default, bytes: as `MediaLimits.max_bytes`.
DEFAULT_MAX_BYTES = 64 * 2**30


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a server may take. The sum of all tries stays well below the time that a task has (120 s).

    Attributes:
        connect_s: Seconds for a connection.
        read_s: Seconds between two parts of an answer.
        request_s: Seconds for one whole answer of one block, so that a server which drips does not hold a worker.
        tries: How often a request is made when it fails in a way that may pass.
        pause_s: Seconds before the second try, doubled before each further one. Chance adds up to as many to each, so
            that the chunks of one file do not all come back at once.
    """

    connect_s: float = 5.0
    read_s: float = 10.0
    request_s: float = 30.0
    tries: int = 3
    pause_s: float = 0.5


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """The places that media may be read from, and how much of it. Travels to worker processes by pickle.

    - Files: below `folders` only, after symbolic links are followed.
    - HTTP: below `web` only, on whatever address these are. Where `web` is empty, on any *public* address.
    - S3: below `buckets` only.

    Attributes:
        folders: Folders, symbolic links resolved.
        web: `http(s)://` prefixes.
        buckets: `s3://` prefixes.
        max_bytes: Largest file.
        timeouts: How long a server may take.
    """

    folders: tuple[Path, ...] = ()
    web: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    max_bytes: int = DEFAULT_MAX_BYTES
    timeouts: Timeouts = Timeouts()

    @classmethod
    def parse(
        cls, places: str, *, max_bytes: int = DEFAULT_MAX_BYTES, timeouts: Timeouts | None = None
    ) -> SourcePolicy:
        """Read the setting `MEDIADNA_MEDIA`: folders and URL prefixes, separated by spaces.

        Raises:
            ValueError: A place has a scheme that media cannot be read from.
        """
        folders: list[Path] = []
        web: list[str] = []
        buckets: list[str] = []
        for place in places.split():
            scheme = urlsplit(place).scheme.lower() if "://" in place else "file"
            if scheme in WEB_PORTS:
                web.append(place)
            elif scheme == "s3":
                buckets.append(place)
            elif scheme == "file":
                path = unquote(urlsplit(place).path) if "://" in place else place
                folders.append(Path(path).expanduser().resolve())
            else:
                raise ValueError(f"media cannot be read from {place!r}: name folders, http(s):// or s3:// prefixes")
        return cls(tuple(folders), tuple(web), tuple(buckets), max_bytes, timeouts or Timeouts())

    @property
    def private_addresses(self) -> bool:
        """Whether connections may go to private addresses: where the operator has listed what is served there."""
        return bool(self.web)

    def check_web(self, url: str) -> None:
        """Let an `http(s)` URL pass, or not. Called again for each place that a server redirects to.

        Raises:
            MediaError: The URL is not below a listed prefix, or is no `http(s)` URL with a host.
        """
        parts = web_address(url)
        if parts is None:
            raise MediaError(ErrorCode.RESOURCE_ACCESS, f"{redacted(url)!r} is not an address that media is read from")
        if self.web and not any(is_below(parts, urlsplit(prefix)) for prefix in self.web):
            raise MediaError(
                ErrorCode.RESOURCE_ACCESS, f"{redacted(url)} is below none of the addresses that MEDIADNA_MEDIA lists"
            )

    def check_bucket(self, url: str) -> None:
        """Let an `s3` URL pass, or not.

        Raises:
            MediaError: The URL is not below a listed prefix.
        """
        parts = _readable(url)
        if parts is None or not any(is_below(parts, urlsplit(prefix)) for prefix in self.buckets):
            raise MediaError(
                ErrorCode.RESOURCE_ACCESS,
                f"{redacted(url)} is below none of the s3:// places that MEDIADNA_MEDIA lists",
            )

    def check_size(self, size: int, name: str) -> None:
        """Let a file of a size pass, or not.

        Args:
            size: Bytes.
            name: What the message calls the file.

        Raises:
            MediaError: It is too large.
        """
        if size > self.max_bytes:
            raise MediaError(
                ErrorCode.RESOURCE_TOO_LARGE,
                f"{name} is larger than the limit of {self.max_bytes} bytes: send a smaller rendition, or raise "
                "MEDIADNA_MAX_BYTES",
            )


def web_address(url: str) -> SplitResult | None:
    """Return the parts of an `http(s)` URL with a host; None when the text is none."""
    parts = _readable(url)
    usable = parts is not None and parts.scheme in WEB_PORTS and bool(parts.hostname) and _port(parts) > 0
    return parts if usable else None


def _readable(url: str) -> SplitResult | None:
    """Return the parts of a URL; None where its host or its port is none, which Python says when they are asked for."""
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or WEB_PORTS.get(parts.scheme, 0)


def is_below(parts: SplitResult, prefix: SplitResult) -> bool:
    """Tell whether an address lies below another.

    Compares part by part: `https://a.example` is no prefix of `https://a.example.evil`, nor `/media` of `/media2`.
    """
    if (parts.scheme, parts.hostname, _port(parts)) != (prefix.scheme, prefix.hostname, _port(prefix)):
        return False
    path = unquote(parts.path)
    if ".." in path.replace("\\", "/").split("/"):
        return False
    root = unquote(prefix.path).rstrip("/")
    return path == root or path.startswith(root + "/") or not root
