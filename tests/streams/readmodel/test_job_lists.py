"""Lists of jobs under any filter: what passes, page by page, and how many there are of each status."""

from __future__ import annotations

from collections import Counter
from random import Random

import msgspec
import pytest
from support.examples import MATCH, job
from support.read_model import GoneItem, JobTombstone, ReadModel

from schemas.errors import ErrorCode
from schemas.jobs import Job, JobStatus
from schemas.matches import Match
from streams.readmodel import counting, job_lists
from streams.readmodel.counting import Count
from streams.readmodel.jobs import JobFilter

#: Names that strangers think of.
NAMES = (
    "Holiday.mp4",
    "holiday-2.MP4",
    "HOLIDAY straße",
    'ein "Zitat"',
    "100 % _sure_",
    "o'clock; DROP TABLE jobs; --",
    "сериал 7",
    "ÉPISODE 9",
    "\N{PARTY POPPER}\N{PARTY POPPER}\N{PARTY POPPER}",
    "a AND b OR NOT c*",
    "ho",
    "",
)
PARTS = (
    *("holiday", "STRASSE", "Straße", '"', '"zi', "% _", "_", "%", "'clock;", "DROP TABLE", "Сериал", "épisode"),
    *(
        "ho",
        "HO",
        "h",
        "ay-",
        "\N{PARTY POPPER}" * 3,
        "and b or",
        "c*",
        "*",
        "nothing",
        "mp4",
        "  ",
        "\x00",
        "hol\x00day",
        "a AND b",
    ),
)
LIBRARIES = ("default", "films", "ads")
REFERENCES = ("original", "film", "series")
CODES = (ErrorCode.TIMEOUT, ErrorCode.INTERNAL_ERROR)


def drawn(random: Random, number: int) -> Job:
    """Return a job that has something of everything."""
    status = random.choice(list(JobStatus))
    matches = tuple(
        msgspec.structs.replace(MATCH, media_id=reference, library=library, similarity=random.choice((0.5, 0.7, 0.9)))
        for reference, library in {(random.choice(REFERENCES), random.choice(LIBRARIES)) for _ in range(3)}
        if random.random() < 0.4
    )
    failed = status in {JobStatus.FAIL, JobStatus.CANCELLED}
    return job(
        f"j{number}",
        status,
        media_id=random.choice(NAMES) or f"video {number}",
        time=f"2026-11-23T0{random.randrange(8)}:00:00.000Z",
        library=random.choice(LIBRARIES),
        matches=matches if status is JobStatus.SUCCESS else (),
        code=random.choice(CODES) if failed else ErrorCode.OK,
    )


def wanted(random: Random) -> JobFilter:
    """Return a filter that asks for some things at once."""
    asked = {
        "job_id": "j7",
        "status": random.choice(list(JobStatus)),
        "library": random.choice(LIBRARIES),
        "media_id": random.choice(NAMES),
        "since": f"2026-11-23T0{random.randrange(8)}:00:00.000Z",
        "until": f"2026-11-23T0{random.randrange(8)}:00:00.000Z",
        "copies": True,
        "reference": random.choice(REFERENCES),
        "similarity": random.choice((0.5, 0.7, 0.9, 1.0)),
        "code": random.choice((*CODES, ErrorCode.OK)),
        "name": random.choice(PARTS),
    }
    names = random.sample(list(asked), random.choice((1, 1, 2, 2, 3)))
    return JobFilter(**{name: asked[name] for name in names})


def passes(one: Job, matches: list[Match], asked: JobFilter) -> bool:
    """Whether a job passes a filter, said in the plainest way."""
    name, part = one.media_id.casefold(), (asked.name or "").casefold()
    sure = [match for match in matches if match.similarity >= (asked.similarity or 0)]
    return all((
        not asked.job_id or one.job_id == asked.job_id,
        not asked.status or one.status is asked.status,
        not asked.library or one.request.library == asked.library,
        not asked.media_id or one.media_id == asked.media_id,
        not asked.since or one.creation_time >= asked.since,
        not asked.until or one.creation_time < asked.until,
        not asked.copies or matches,
        not asked.similarity or sure,
        not asked.reference or [match for match in sure if match.media_id == asked.reference],
        not asked.code or (one.code == asked.code and (asked.code != "0" or one.status is JobStatus.SUCCESS)),
        part in name if len(part) >= 3 else name.startswith(part),
    ))  # fmt: skip


def pages(model: ReadModel, asked: JobFilter) -> list[str]:
    """Return all jobs of a list, read in small pages."""
    found: list[str] = []
    cursor = None
    while True:
        page = model.jobs.page(asked, cursor=cursor, limit=3)
        found += [one.job_id for one in page.jobs]
        cursor = page.next
        if cursor is None:
            return found
        assert len(page.jobs) == 3


@pytest.mark.parametrize("few", [0, 3, 2000])
def test_whatever_is_asked_for_a_list_has_what_passes_newest_first(
    model: ReadModel, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lists, "FEW_MEDIA", few)  # however many names are alike, the same is found
    random = Random(16)
    jobs = [drawn(random, number) for number in range(120)]
    model.apply(jobs=jobs)
    model.apply(jobs=[JobTombstone("j3")], items=[GoneItem("films", "series")])
    known = {
        one.job_id: (one, [match for match in one.matches if (match.library, match.media_id) != ("films", "series")])
        for one in jobs
        if one.job_id != "j3"
    }
    newest_first = sorted(known.values(), key=lambda one: (one[0].creation_time, one[0].job_id), reverse=True)
    for _ in range(400):
        asked = wanted(random)
        expected = [one for one, matches in newest_first if passes(one, matches, asked)]
        assert pages(model, asked) == [one.job_id for one in expected], asked
        anywhere = msgspec.structs.replace(asked, status=None)
        numbers = Counter(one.status for one, matches in newest_first if passes(one, matches, anywhere))
        assert model.jobs.counted(asked) == {status: Count(numbers[status]) for status in JobStatus}, asked


def test_many_jobs_are_not_counted_one_by_one(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_lists, "COUNTED", 3)
    model.apply(jobs=[job(f"j{number}", matches=(MATCH,)) for number in range(5)])
    found = model.jobs.counted(JobFilter(since="2026"))
    assert (found[JobStatus.SUCCESS], found[JobStatus.FAIL]) == (Count(3, exact=False), Count(0))
    assert model.jobs.counted(JobFilter(reference="original"))[JobStatus.SUCCESS] == Count(3, exact=False)
    assert model.jobs.counted(JobFilter(library="default"))[JobStatus.SUCCESS] == Count(5)  # a number that is kept


@pytest.mark.parametrize(
    ("count", "text"), [(Count(17), "17"), (Count(1000), "1,000"), (Count(1000, exact=False), "1,000+")]
)
def test_a_count_says_whether_it_is_all(count: Count, text: str) -> None:
    assert str(count) == text


def test_counts_together_are_exact_where_each_of_them_is() -> None:
    assert counting.summed([Count(1), Count(2)]) == Count(3)
    assert counting.summed([Count(1), Count(2, exact=False)]) == Count(3, exact=False)


def test_a_media_item_that_is_forgotten_is_found_by_its_name_no_more_and_then_again(model: ReadModel) -> None:
    for _ in range(2):
        model.apply(jobs=[job("j1", media_id="Holiday"), job("j2", media_id="Holiday")])
        model.apply(jobs=[JobTombstone("j1")])
        assert pages(model, JobFilter(name="LIDA")) == ["j2"]
        model.apply(jobs=[JobTombstone("j2")])
        assert pages(model, JobFilter(name="LIDA")) == []
        names = model._database.read().execute("SELECT count(*) FROM media_names").fetchone()
        assert names[0] == 0


def test_a_job_that_goes_while_its_page_is_read_is_left_out(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    model.apply(jobs=[job("j1"), job("j2")])
    ask = model._database.all

    def answered(query: str, *values: object) -> object:
        found = ask(query, *values)
        if "FROM jobs INDEXED" in query:
            model.apply(jobs=[JobTombstone("j1")])
        return found

    monkeypatch.setattr(model._database, "all", answered)
    assert [one.job_id for one in model.jobs.page().jobs] == ["j2"]
