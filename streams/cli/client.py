"""Talks to a running worker over its API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn, Self

import httpx
import msgspec

from schemas.names import is_addressable
from schemas.traces import Trace
from streams.cli.importer.runner import Refused, Taken
from streams.cli.output import ExitCode, fail
from streams.services.policy_preview import Effect
from streams.services.reconciliation.doctor import Report
from streams.web.api.airing_views import AiringList, AiringSummary
from streams.web.api.backward import BackwardSearchList, BackwardSearchView
from streams.web.api.boilerplate import RulingList, RulingView
from streams.web.api.case_views import AuditPage, CaseList, CaseView, DecisionResult, DecisionResults
from streams.web.api.cluster_views import ClusterDetailView, ClusterList
from streams.web.api.graphml import GRAPHML
from streams.web.api.libraries import ItemList, ItemView, LibraryList, LibraryView
from streams.web.api.policies import PolicyList, PolicyView
from streams.web.api.recurring import RecurringList, RecurringView
from streams.web.api.usage_views import UsageView
from streams.web.api.views import JobList, JobView, ResultView
from streams.web.paths import in_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from streams.settings import Settings

__all__ = ["Client"]

#: Seconds for one answer; a job that is asked for is answered when it is recorded.
ANSWER_S = 30.0
#: Seconds for an answer that something is removed, or decided: it waits for workers that are at long tasks.
REMOVAL_S = 300.0
#: Seconds for what a policy would do: previews take turns.
PREVIEW_S = 120.0
POLICIES = "/api/v1/policies"
AIRINGS = "/api/v1/airings"
RECURRING = "/api/v1/recurring"
BOILERPLATE = "/api/v1/boilerplate"
CLUSTERS = "/api/v1/clusters"
#: Answers that say: ask again in a moment; and how long that is, seconds.
PASSING = frozenset({429, 502, 503, 504})
RETRY_PAUSE_S = 1.0
#: The answer that is about who asks, whatever is asked for: all that follows would be answered so. That somebody may
#: not do something (403) can be about one item alone, whose MediaId is taken.
NOT_KNOWN = httpx.codes.UNAUTHORIZED


class Client:
    """The API of the worker that the settings name, or that last ran on their state folder.

    Args:
        settings: Where to look for the worker.
        patience_s: Seconds that a worker may be away, such as for a restart, before the command ends.
    """

    def __init__(self, settings: Settings, *, patience_s: float = 0.0) -> None:
        self._settings = settings
        self._patience_s = patience_s
        token = settings.token.get_secret_value()
        headers = {"X-Requested-With": "mediadna"}  # shows that no page of some site has made a browser send this
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(timeout=ANSWER_S, trust_env=False, headers=headers)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Close the connection."""
        self._http.close()

    def submit(self, body: dict[str, Any], *, replace: bool = True) -> JobView:
        """Ask for a job.

        Args:
            body: What is asked for.
            replace: Whether its media may take the place of other media that has its MediaId.

        Raises:
            Taken: Its MediaId is that of other media, and it may take no other's place.
            Refused: The service does not take it.
        """
        answer = self._answer("POST", "/api/v1/jobs", json=body, params=_replacing(replace))
        _check_free(answer)
        if answer.is_error and answer.status_code != NOT_KNOWN:
            raise Refused(_detail(answer))
        return msgspec.json.decode(_checked(answer), type=JobView)

    def ask(self, body: dict[str, Any], key: str, *, replace: bool = True) -> JobView:
        """Ask for a job under a key, under which it is asked for once; else as `submit`.

        Raises:
            Taken: Its MediaId is that of other media, and it may take no other's place.
            Refused: The service does not take it.
        """
        answer = self._answer(
            "POST", "/api/v1/jobs", json=body, params=_replacing(replace), headers={"Idempotency-Key": key}
        )
        _check_free(answer)
        if answer.is_client_error:
            raise Refused(_detail(answer))
        return msgspec.json.decode(_checked(answer), type=JobView)

    def under_key(self, key: str) -> JobView | None:
        """Return the job that was asked for under a key, if there is one."""
        return next(iter(self.jobs(idempotency_key=key).jobs), None)

    def recent_usage(self) -> UsageView | None:
        """Return what was processed of late; None where no worker answers."""
        answer = self._answer_if_there("/api/v1/usage")
        return None if answer is None else msgspec.json.decode(answer, type=UsageView)

    def job(self, job_id: str) -> JobView:
        """Return a job."""
        return msgspec.json.decode(self._ask("GET", f"/api/v1/jobs/{_part(job_id)}"), type=JobView)

    def jobs(self, **filters: str | int | None) -> JobList:
        """Return a page of jobs."""
        chosen = {name: value for name, value in filters.items() if value is not None}
        return msgspec.json.decode(self._ask("GET", "/api/v1/jobs", params=chosen), type=JobList)

    def result(self, media_id: str) -> ResultView:
        """Return a media item's newest result."""
        path = f"/api/v1/media/{_part(media_id)}/result"
        return msgspec.json.decode(self._ask("GET", path), type=ResultView)

    def libraries(self) -> LibraryList:
        """Return all libraries."""
        return msgspec.json.decode(self._ask("GET", "/api/v1/libraries"), type=LibraryList)

    def libraries_if_there(self) -> LibraryList | None:
        """Return all libraries; None where no worker answers."""
        answer = self._answer_if_there("/api/v1/libraries")
        return None if answer is None else msgspec.json.decode(answer, type=LibraryList)

    def create_library(self, body: dict[str, Any]) -> LibraryView:
        """Make a library."""
        return msgspec.json.decode(self._ask("POST", "/api/v1/libraries", json=body), type=LibraryView)

    def library(self, name: str) -> LibraryView:
        """Return a library."""
        return msgspec.json.decode(self._ask("GET", _library(name)), type=LibraryView)

    def change_library(self, name: str, body: dict[str, Any]) -> LibraryView:
        """Change what is said of a library."""
        return msgspec.json.decode(self._ask("PATCH", _library(name), json=body), type=LibraryView)

    def pause_library(self, name: str) -> LibraryView:
        """Leave a library out of all searches."""
        return msgspec.json.decode(self._ask("POST", f"{_library(name)}/pause"), type=LibraryView)

    def resume_library(self, name: str) -> LibraryView:
        """Let jobs search a library again."""
        return msgspec.json.decode(self._ask("POST", f"{_library(name)}/resume"), type=LibraryView)

    def purge_library(self, name: str) -> LibraryView:
        """Empty a library."""
        answer = self._ask("POST", f"{_library(name)}/purge", timeout=REMOVAL_S)
        return msgspec.json.decode(answer, type=LibraryView)

    def delete_library(self, name: str) -> None:
        """Delete a library with everything in it."""
        self._ask("DELETE", _library(name), timeout=REMOVAL_S)

    def policies(self, library: str | None) -> PolicyList:
        """Return all policies in their order, or those that decide on a library's matches."""
        params = {} if library is None else {"library": library}
        return msgspec.json.decode(self._ask("GET", POLICIES, params=params), type=PolicyList)

    def policy(self, name: str) -> PolicyView:
        """Return a policy."""
        return msgspec.json.decode(self._ask("GET", _policy(name)), type=PolicyView)

    def policy_if_there(self, name: str) -> tuple[PolicyView, str] | None:
        """Return a policy and the tag of this state of it; None where there is none of this name."""
        answer = self._answer("GET", _policy(name))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return msgspec.json.decode(_checked(answer), type=PolicyView), answer.headers["ETag"]

    def create_policy(self, body: dict[str, Any]) -> PolicyView:
        """Make a policy."""
        return msgspec.json.decode(self._ask("POST", POLICIES, json=body), type=PolicyView)

    def replace_policy(self, name: str, body: dict[str, Any], *, tag: str) -> PolicyView:
        """Put something in the place of a policy, if that is what it was when it had this tag."""
        answer = self._ask("PUT", _policy(name), json=body, headers={"If-Match": tag})
        return msgspec.json.decode(answer, type=PolicyView)

    def delete_policy(self, name: str) -> None:
        """Delete a policy."""
        self._ask("DELETE", _policy(name))

    def reorder_policies(self, names: list[str]) -> PolicyList:
        """Give policies the order in which they are named."""
        return msgspec.json.decode(self._ask("POST", f"{POLICIES}/reorder", json={"names": names}), type=PolicyList)

    def preview_policy(self, body: dict[str, Any], *, days: int) -> Effect:
        """Return what a policy would do to the matches of the last days."""
        answer = self._ask("POST", f"{POLICIES}/preview", json=body, params={"days": days}, timeout=PREVIEW_S)
        return msgspec.json.decode(answer, type=Effect)

    def policy_in_shadow(self, name: str, *, days: int) -> Effect:
        """Return what a policy in shadow has recorded in the last days."""
        answer = self._ask("GET", f"{_policy(name)}/shadow", params={"days": days}, timeout=PREVIEW_S)
        return msgspec.json.decode(answer, type=Effect)

    def items(self, library: str, *, cursor: str | None, limit: int) -> ItemList:
        """Return a page of what a library holds."""
        params = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        return msgspec.json.decode(self._ask("GET", f"{_library(library)}/items", params=params), type=ItemList)

    def add_item(self, library: str, body: dict[str, Any], *, replace: bool = True) -> JobView:
        """Ask for a job that puts a media item into a library; else as `submit`.

        Raises:
            Taken: Its MediaId is that of other media, and it may take no other's place.
        """
        answer = self._answer("POST", f"{_library(library)}/items", json=body, params=_replacing(replace))
        _check_free(answer)
        return msgspec.json.decode(_checked(answer), type=JobView)

    def change_item(self, library: str, media_id: str, body: dict[str, Any]) -> ItemView:
        """Change what is said of an item."""
        return msgspec.json.decode(self._ask("PATCH", _item(library, media_id), json=body), type=ItemView)

    def remove_item(self, library: str, media_id: str) -> None:
        """Take a media item out of a library."""
        self._ask("DELETE", _item(library, media_id), timeout=REMOVAL_S)

    def cases(self, **filters: str | int | None) -> CaseList:
        """Return a page of cases."""
        chosen = {name: value for name, value in filters.items() if value is not None}
        return msgspec.json.decode(self._ask("GET", "/api/v1/cases", params=chosen), type=CaseList)

    def case(self, case_id: str) -> CaseView:
        """Return a case."""
        return msgspec.json.decode(self._ask("GET", f"/api/v1/cases/{_part(case_id)}"), type=CaseView)

    def decide(self, decisions: list[dict[str, Any]]) -> list[DecisionResult]:
        """Decide on cases; return what became of each."""
        answer = self._ask("POST", "/api/v1/decisions", json={"decisions": decisions}, timeout=REMOVAL_S)
        return msgspec.json.decode(answer, type=DecisionResults).results

    def assign(self, case_id: str, assignee: str | None) -> CaseView:
        """Give a case to somebody, or to nobody."""
        answer = self._ask("PUT", f"/api/v1/cases/{_part(case_id)}/assignee", json={"assignee": assignee})
        return msgspec.json.decode(answer, type=CaseView)

    def decisions(self, *, cursor: str | None, limit: int) -> AuditPage:
        """Return a page of the audit log."""
        params = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        return msgspec.json.decode(self._ask("GET", "/api/v1/decisions", params=params), type=AuditPage)

    def airings(self, **filters: str | int | bool | None) -> AiringList:
        """Return a page of airings."""
        return msgspec.json.decode(self._ask("GET", AIRINGS, params=_given(filters)), type=AiringList)

    def airings_file(self, **filters: str | int | bool | None) -> Iterator[bytes]:
        """Yield all airings as CSV, a part at a time."""
        address = _address(self._settings)
        params = {**_given(filters), "format": "csv"}
        try:
            with self._http.stream("GET", f"{address}{AIRINGS}", params=params) as answer:
                if answer.is_error:
                    answer.read()
                    _checked(answer)
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            _fail_without(address, error)

    def airing_summary(self, **filters: str | int | bool | None) -> AiringSummary:
        """Return airings counted."""
        return msgspec.json.decode(self._ask("GET", f"{AIRINGS}/summary", params=_given(filters)), type=AiringSummary)

    def recurring(self, **filters: str | int | None) -> RecurringList:
        """Return a page of what recurs."""
        return msgspec.json.decode(self._ask("GET", RECURRING, params=_given(filters)), type=RecurringList)

    def recurring_one(self, name: str) -> RecurringView:
        """Return a span that recurs."""
        return msgspec.json.decode(self._ask("GET", f"{RECURRING}/{_part(name)}"), type=RecurringView)

    def promote_recurring(self, name: str, *, library: str, media_id: str | None) -> RecurringView:
        """Make a span that recurs an item of a library."""
        body = {"library": library, **({} if media_id is None else {"media_id": media_id})}
        answer = self._ask("POST", f"{RECURRING}/{_part(name)}/promote", json=body)
        return msgspec.json.decode(answer, type=RecurringView)

    def decide_recurring(self, name: str, act: str) -> RecurringView:
        """Dismiss a span that recurs, or propose it again."""
        return msgspec.json.decode(self._ask("POST", f"{RECURRING}/{_part(name)}/{act}"), type=RecurringView)

    def clusters(self, **wanted: str | int | bool | None) -> ClusterList:
        """Return a page of clusters."""
        return msgspec.json.decode(self._ask("GET", CLUSTERS, params=_given(wanted)), type=ClusterList)

    def cluster(self, media_id: str, **wanted: str | int | bool | None) -> ClusterDetailView:
        """Return the cluster that a media item is in."""
        answer = self._ask("GET", f"{CLUSTERS}/{_part(media_id)}", params=_given(wanted))
        return msgspec.json.decode(answer, type=ClusterDetailView)

    def trace(self, media_id: str) -> Trace:
        """Return who copied from whom in a media item's cluster."""
        return msgspec.json.decode(self._ask("GET", _trace(media_id)), type=Trace)

    def trace_graphml(self, media_id: str) -> bytes:
        """Return the same as GraphML."""
        return self._ask("GET", _trace(media_id), headers={"Accept": GRAPHML})

    def search_backwards(self, media_id: str, library: str | None) -> BackwardSearchView:
        """Hold a reference against everything that was stored before it."""
        params = {"library": library} if library else {}
        answer = self._ask("POST", f"/api/v1/media/{_part(media_id)}/search-backwards", params=params)
        return msgspec.json.decode(answer, type=BackwardSearchView)

    def backward_search(self, search_id: str) -> BackwardSearchView:
        """Return a backward search."""
        answer = self._ask("GET", f"/api/v1/backward-searches/{_part(search_id)}")
        return msgspec.json.decode(answer, type=BackwardSearchView)

    def backward_searches(self, **filters: str | int | None) -> BackwardSearchList:
        """Return a page of backward searches."""
        chosen = {name: value for name, value in filters.items() if value is not None}
        return msgspec.json.decode(
            self._ask("GET", "/api/v1/backward-searches", params=chosen), type=BackwardSearchList
        )

    def cancel_backward_search(self, search_id: str) -> BackwardSearchView:
        """End a backward search."""
        answer = self._ask("POST", f"/api/v1/backward-searches/{_part(search_id)}/cancel")
        return msgspec.json.decode(answer, type=BackwardSearchView)

    def boilerplate(self, **filters: str | int | None) -> RulingList:
        """Return a page of what people say of boilerplate."""
        return msgspec.json.decode(self._ask("GET", BOILERPLATE, params=_given(filters)), type=RulingList)

    def overrule_boilerplate(self, body: dict[str, Any]) -> RulingView:
        """Say that a reference, or a span of it, links nothing, or links all the same."""
        return msgspec.json.decode(self._ask("PUT", BOILERPLATE, json=body), type=RulingView)

    def withdraw_boilerplate(self, ruling_id: str) -> None:
        """Take back what was said of boilerplate."""
        self._ask("DELETE", f"{BOILERPLATE}/{_part(ruling_id)}")

    def examine(self, body: dict[str, Any]) -> Report | None:
        """Begin to compare libraries with what is stored; None while another comparison is under way."""
        answer = self._answer("POST", "/api/v1/doctor", json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            return None
        return msgspec.json.decode(_checked(answer), type=Report)

    def doctor_report(self) -> Report:
        """Return what the latest comparison has found so far."""
        return msgspec.json.decode(self._ask("GET", "/api/v1/doctor"), type=Report)

    def _ask(self, method: str, path: str, **options: Any) -> bytes:
        return _checked(self._answer(method, path, **options))

    def _answer_if_there(self, path: str) -> bytes | None:
        """Return the content of an answer; None where there is none, or an error."""
        try:
            answer = self._http.get(f"{_address(self._settings)}{path}")
        except httpx.TransportError:
            return None
        return None if answer.is_error else answer.content

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        deadline = time.monotonic() + self._patience_s
        while True:
            address = _address(self._settings)  # a worker that starts anew may have another one
            try:
                answer = self._http.request(method, f"{address}{path}", **options)
            except httpx.TransportError as error:
                if time.monotonic() >= deadline:
                    _fail_without(address, error)
            else:
                if answer.status_code not in PASSING or time.monotonic() >= deadline:
                    return answer
            time.sleep(RETRY_PAUSE_S)


def _fail_without(address: str, error: httpx.TransportError) -> NoReturn:
    fail(
        f"no worker answers at {address} ({error}): start one with 'mediadna up', or set MEDIADNA_WEB",
        ExitCode.UNAVAILABLE,
    )


def _given(filters: dict[str, str | int | bool | None]) -> dict[str, str | int | bool]:
    return {name: value for name, value in filters.items() if value is not None}


def _replacing(replace: bool) -> dict[str, str]:  # noqa: FBT001 (the one thing that it is about)
    return {} if replace else {"replace": "false"}


def _check_free(answer: httpx.Response) -> None:
    """Let an answer pass that is not about a MediaId that is taken."""
    if answer.status_code == httpx.codes.PRECONDITION_FAILED:
        raise Taken(_detail(answer))


def _checked(answer: httpx.Response) -> bytes:
    """Return the answer's content; end the command where it is an error."""
    if answer.status_code == httpx.codes.NOT_FOUND:
        fail(_detail(answer), ExitCode.NOT_FOUND)
    if answer.is_error:
        fail(_detail(answer), ExitCode.FAILED if answer.is_server_error else ExitCode.USAGE)
    return answer.content


def _library(name: str) -> str:
    return f"/api/v1/libraries/{_part(name)}"


def _policy(name: str) -> str:
    return f"{POLICIES}/{_part(name)}"


def _item(library: str, media_id: str) -> str:
    return f"{_library(library)}/items/{_part(media_id)}"


def _trace(media_id: str) -> str:
    return f"/api/v1/media/{_part(media_id)}/trace"


def _part(name: str) -> str:
    """Return a name as a part of an address; end the command where it would be taken out of it.

    What is left would name something else: of `libraries/films/items/..` the library, which would be deleted.
    """
    if not is_addressable(name):
        fail(f"no address can hold the name {name!r}, so nothing can be done with what bears it here", ExitCode.USAGE)
    return in_path(name)


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
