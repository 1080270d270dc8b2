"""How long each query of a page takes over 100,000 jobs and 10,000 cases: `python -m benchmarks.desk`.

What is told is the time of one processor core, which is the same whatever else the machine does meanwhile.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.filled import CASES, JOBS, LIBRARIES, POPULAR, fill
from schemas.cases import CaseState
from schemas.clock import format_time, parse_time
from schemas.deliveries import DeliveryStatus
from schemas.jobs import JobStatus
from schemas.policies import Action
from streams.domain.billing_periods import Interval
from streams.readmodel.backward_searches import SearchFilter
from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.readmodel.decisions import DecisionFilter
from streams.readmodel.jobs import JobFilter
from streams.readmodel.model import ReadModel
from streams.readmodel.overview import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    Queries = dict[str, Callable[[], object]]

REPEATS = 30
#: Milliseconds that a query may take in the median.
BOUND_MS = 20.0
PAGE = 50


def main() -> None:
    """Fill a read model and print how long each query takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the filled read model is kept, and found again")
    parser.add_argument("--only", default="", help="only queries whose name has this in it")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = (given.folder or Path(folder)) / "jobs.sqlite"
        is_filled = path.exists()
        started = time.perf_counter()
        model = ReadModel(path)
        if not is_filled:
            fill(model)
        print(f"filled, or opened, in {time.perf_counter() - started:.0f} s; {path.stat().st_size >> 20} MiB")
        queries = _jobs(model) | _matches(model) | _cases(model) | _others(model)
        _print_times({name: query for name, query in queries.items() if given.only in name})
        model.close()


def _print_times(queries: Queries) -> None:
    slow = []
    for name, query in queries.items():
        times = sorted(_milliseconds(query) for _ in range(REPEATS))
        median, worst = times[REPEATS // 2], times[-1]
        print(f"{name:52} median {median:7.2f} ms, worst {worst:7.2f} ms", flush=True)
        slow += [name] if median > BOUND_MS else []
    print(f"{len(queries) - len(slow)} of {len(queries)} queries within {BOUND_MS:g} ms", *slow, sep="\n  ")


def _milliseconds(query: Callable[[], object]) -> float:
    started = time.thread_time()
    query()
    return (time.thread_time() - started) * 1000


def _jobs(model: ReadModel) -> Queries:
    """Return lists of jobs and their counts: each filter, some together, and pages far behind the first."""
    newest = parse_time(model.jobs.page(limit=1).jobs[0].creation_time)
    hour_ago, day_ago = (format_time(newest - timedelta(hours=hours)) for hours in (1, 24))
    filters = {
        "all": JobFilter(),
        "of a common status": JobFilter(status=JobStatus.SUCCESS),
        "of a rare status": JobFilter(status=JobStatus.INIT),
        "of a common library": JobFilter(library=LIBRARIES[0]),
        "of a rare library": JobFilter(library=LIBRARIES[-1]),
        "of a library and a rare status": JobFilter(library=LIBRARIES[0], status=JobStatus.INIT),
        "of a rare library and failed": JobFilter(library=LIBRARIES[-1], status=JobStatus.FAIL),
        "of a media item": JobFilter(media_id=model.jobs.page(limit=1).jobs[0].media_id),
        "of the last hour": JobFilter(since=hour_ago),
        "until a day ago": JobFilter(until=day_ago),
        "failed, of an hour, in a library": JobFilter(
            since=day_ago, until=format_time(newest - timedelta(hours=23)), status=JobStatus.FAIL, library=LIBRARIES[0]
        ),
        "copies only": JobFilter(copies=True),
        "copies only, failed": JobFilter(copies=True, status=JobStatus.FAIL),
        "copies only, rare library": JobFilter(copies=True, library=LIBRARIES[-1]),
        "surer than all but few": JobFilter(similarity=0.9499),
        "surer than any": JobFilter(similarity=1.0),
        "of a popular reference": JobFilter(reference=POPULAR),
        "of a popular reference, rare library": JobFilter(reference=POPULAR, library=LIBRARIES[-1]),
        "of a popular reference, sure": JobFilter(reference=POPULAR, similarity=0.9499),
        "of a rare reference": JobFilter(reference="reference-77"),
        "of a common error": JobFilter(code="Timeout"),
        "of a rare error": JobFilter(code="InvalidParameter.ResourceNotFound"),
        "of a rare error, common library, last hour": JobFilter(
            code="InvalidParameter.ResourceNotFound", library=LIBRARIES[0], since=hour_ago
        ),
        "named by a part that is common": JobFilter(name="holiday"),
        "named by a part of a tenth": JobFilter(name="TRAILER-конц"),
        "named by a part in other letters": JobFilter(name="СЕРИАЛ-épi"),
        "named by a part that is rare": JobFilter(name="-012345."),
        "named by a part that is nowhere": JobFilter(name="nowhere"),
        "named by threes that are common, together nowhere": JobFilter(name="holidayholiday-match.mp4"),
        "named by two characters": JobFilter(name="ho"),
        "named by a common part, rare status": JobFilter(name="mp4", status=JobStatus.INIT),
        "named by a common part, rare error": JobFilter(name="mp4", code="InvalidParameter.ResourceNotFound"),
        "named by a common part, popular reference": JobFilter(name="holiday", reference=POPULAR),
        "named by a part that only cases have, failed": JobFilter(name="case-0", status=JobStatus.FAIL),
        "named by a part that only cases have, old": JobFilter(name="case-0", until=day_ago),
    }
    cursor = None
    for _ in range(JOBS // 1000):
        cursor = model.jobs.page(cursor=cursor, limit=500).next
    return {
        **{f"jobs {name}": partial(model.jobs.page, wanted, limit=PAGE) for name, wanted in filters.items()},
        "jobs, a page in the middle": partial(model.jobs.page, cursor=cursor, limit=PAGE),
        **{f"counts of jobs {name}": partial(model.jobs.counted, wanted) for name, wanted in filters.items()},
        "counts of jobs": model.jobs.counts,
        "result of a media item": partial(model.jobs.result, "holiday-holiday-000000.mp4"),
        "newest copies": partial(model.jobs.newest_copies, "2000", limit=PAGE),
    }


def _matches(model: ReadModel) -> Queries:
    cursor = None
    for _ in range(10):
        cursor = model.matches.page(reference=POPULAR, cursor=cursor, limit=500).next
    return {
        "who copies a popular reference": partial(model.matches.page, reference=POPULAR),
        "who copies it, with what was dismissed": partial(model.matches.page, reference=POPULAR, suppressed=True),
        "who copies it, a page in the middle": partial(model.matches.page, reference=POPULAR, cursor=cursor),
        "who copies a rare reference": partial(model.matches.page, reference="reference-77"),
        "what an input copies": partial(model.matches.page, media_id="case-00001.mp4"),
        "whether an input copies a popular reference": partial(
            model.matches.page, media_id="case-00001.mp4", reference=POPULAR
        ),
    }


def _cases(model: ReadModel) -> Queries:
    """Return lists of cases: each filter in both orders, some together, and a page far behind the first."""
    opened = sorted(case.opened for case in model.cases.page(limit=500).cases)[250]
    filters = {
        "all": CaseFilter(),
        "open": CaseFilter(state=CaseState.OPEN),
        "of an action": CaseFilter(action=Action.BLOCK),
        "of a library": CaseFilter(library=LIBRARIES[0]),
        "of a popular reference": CaseFilter(reference=POPULAR),
        "of an input": CaseFilter(media_id="case-00077.mp4"),
        "of somebody": CaseFilter(assignee="anna"),
        "of nobody": CaseFilter(assignee=""),
        "since a time": CaseFilter(since=opened),
        "open, of a library, since a time": CaseFilter(state=CaseState.OPEN, library=LIBRARIES[0], since=opened),
        "open, of an action, of somebody": CaseFilter(state=CaseState.OPEN, action=Action.REVIEW, assignee="bert"),
        "of which there is none": CaseFilter(state=CaseState.OPEN, library="none", assignee="anna"),
        "surer than all but few": CaseFilter(similarity=0.999),
        "open and surer than any": CaseFilter(state=CaseState.OPEN, similarity=1.0),
        "of a popular reference, surer than any": CaseFilter(reference=POPULAR, similarity=1.0),
    }
    queries: Queries = {
        f"cases {name}, {order}": partial(model.cases.page, wanted, order=order, limit=PAGE)
        for name, wanted in filters.items()
        for order in CaseOrder
    }
    for order in CaseOrder:
        cursor = None
        for _ in range(CASES // 1000):
            cursor = model.cases.page(order=order, cursor=cursor, limit=500).next
        page = model.cases.page(order=order, cursor=cursor, limit=PAGE)
        queries[f"cases, a page in the middle, {order}"] = partial(
            model.cases.page, order=order, cursor=cursor, limit=PAGE
        )
        for name, wanted in filters.items():
            queries[f"neighbours in cases {name}, {order}"] = partial(
                model.cases.neighbours, page.cases[0], wanted, order=order
            )
    return {
        **queries,
        **{f"cases left of cases {name}": partial(model.cases.remaining, wanted) for name, wanted in filters.items()},
        "cases counted": model.cases.counts,
    }


def _others(model: ReadModel) -> Queries:
    now = datetime.now(UTC)
    newest = parse_time(model.jobs.page(limit=1).jobs[0].creation_time)
    usage = {
        "the last hours": (now - timedelta(hours=30), Interval.HOUR),
        "the last month": (now - timedelta(days=30), Interval.DAY),
    }
    decided = model.decisions.page(limit=1).decisions[0]
    return {
        **{f"overview of the {span}": partial(model.overview.over, span, newest) for span in Span},
        "newest blocks": partial(model.outcomes.newest, Action.BLOCK),
        "libraries with their counts": model.libraries.counted,
        "items in a library": partial(model.libraries.items, LIBRARIES[0]),
        "audit": model.decisions.page,
        "audit of somebody": partial(model.decisions.page, DecisionFilter(who="rare")),
        "audit of a case": partial(model.decisions.page, DecisionFilter(case_id=decided.case_id)),
        "audit until a time": partial(model.decisions.page, DecisionFilter(until=decided.when)),
        "audit of somebody, of a case": partial(
            model.decisions.page, DecisionFilter(who="rare", case_id=decided.case_id)
        ),
        "dead letters": model.dead_letters.page,
        "dead letters counted": model.dead_letters.count,
        "deliveries": model.deliveries.page,
        "deliveries given up": partial(model.deliveries.page, status=DeliveryStatus.FAILED),
        "deliveries of a media item": partial(model.deliveries.page, media_id="video-77"),
        "deliveries of a media item, given up": partial(
            model.deliveries.page, media_id="video-77", status=DeliveryStatus.FAILED
        ),
        "deliveries counted": model.deliveries.counts,
        **{
            f"usage of {name}": partial(model.usage.by_period, format_time(since), format_time(now), interval)
            for name, (since, interval) in usage.items()
        },
        **{
            f"usage by library of {name}": partial(model.usage.by_library, format_time(since), format_time(now))
            for name, (since, _) in usage.items()
        },
        "backward searches": model.backward_searches.page,
        "backward searches that failed": partial(model.backward_searches.page, SearchFilter(status=JobStatus.FAIL)),
        "backward searches in a library": partial(model.backward_searches.page, SearchFilter(library=LIBRARIES[0])),
    }


if __name__ == "__main__":
    main()
