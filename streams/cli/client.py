"""Talks to a running worker over its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import httpx
import msgspec

from streams.cli.output import ExitCode, fail
from streams.web.views import JobList, JobView, ResultView

if TYPE_CHECKING:
    from types import TracebackType

    from streams.settings import Settings

__all__ = ["Client"]

#: Seconds for one answer; a job that is asked for is answered when it is recorded.
ANSWER_S = 30.0


class Client:
    """The API of the worker that the settings name, or that last ran on their state folder."""

    def __init__(self, settings: Settings) -> None:
        self._address = _address(settings)
        self._http = httpx.Client(base_url=self._address, timeout=ANSWER_S, trust_env=False)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Close the connection."""
        self._http.close()

    def submit(self, body: dict[str, Any]) -> JobView:
        """Ask for a job."""
        return msgspec.json.decode(self._ask("POST", "/api/v1/jobs", json=body), type=JobView)

    def job(self, job_id: str) -> JobView:
        """Return a job."""
        return msgspec.json.decode(self._ask("GET", f"/api/v1/jobs/{job_id}"), type=JobView)

    def jobs(self, **filters: str | int | None) -> JobList:
        """Return a page of jobs."""
        chosen = {name: value for name, value in filters.items() if value is not None}
        return msgspec.json.decode(self._ask("GET", "/api/v1/jobs", params=chosen), type=JobList)

    def result(self, media_id: str) -> ResultView:
        """Return a media item's newest result."""
        return msgspec.json.decode(self._ask("GET", f"/api/v1/media/{media_id}/result"), type=ResultView)

    def _ask(self, method: str, path: str, **options: Any) -> bytes:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            fail(
                f"no worker answers at {self._address} ({error}): start one with 'mediadna up', or set MEDIADNA_WEB",
                ExitCode.UNAVAILABLE,
            )
        if answer.status_code == httpx.codes.NOT_FOUND:
            fail(_detail(answer), ExitCode.NOT_FOUND)
        if answer.is_error:
            fail(_detail(answer), ExitCode.FAILED if answer.is_server_error else ExitCode.USAGE)
        return answer.content


def _address(settings: Settings) -> str:
    try:
        return (settings.state / "web-address").read_text(encoding="ascii")
    except OSError:
        return f"http://{settings.web}"


def _detail(answer: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return f"the worker answered {answer.status_code}"
    errors = "; ".join(f"{e.get('key', '')}: {e.get('message', '')}" for e in problem.get("errors") or ())
    return f"{problem.get('detail', answer.status_code)}{': ' + errors if errors else ''}"
