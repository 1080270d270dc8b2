"""Logging: structured, one line an outcome, on standard error; standard output is for results."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import structlog

from streams.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.settings import Settings

__all__ = ["OURS", "configure_logging"]

#: Libraries that tell much of their inner life at the level of information.
QUIET = ("aiokafka", "faust", "mode", "uvicorn", "httpx", "pymilvus", "kafka")
#: What tells of its inner life where somebody wants to know. Libraries' own tell of requests with their credentials.
OURS = ("streams", "fingerprint", "schemas")
#: Seconds for which a library's line that is told again is left out. While the broker is away its clients would tell of
#: it some hundred times a second, and fill a disk with it.
REPEATED_S = 30.0


class Once(logging.Filter):
    """Lets each line of a library through once in a while; what differs in its arguments alone counts as the same."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._logged: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to let a line through. Our own are events of which each counts."""
        if record.name.partition(".")[0] not in QUIET:
            return True
        now = self._clock()
        self._logged = {line: since for line, since in self._logged.items() if now - since < REPEATED_S}
        line = record.name, record.msg
        is_new = line not in self._logged
        self._logged.setdefault(line, now)
        return is_new


def _redact(_logger: object, _method: str, line: Any) -> str:
    """Take what is secret out of a line that is ready: the addresses that libraries and tracebacks repeat are in it."""
    return without_secrets(str(line))


def configure_logging(settings: Settings) -> None:
    """Send our own and the libraries' log lines through one formatter."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    console = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    renderers: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers, _redact],
        )
    )
    handler.addFilter(Once())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root.setLevel(max(logging.INFO, level))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
