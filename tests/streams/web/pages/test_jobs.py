"""The pages as people see them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient
from support.cases import found, id_of, item
from support.examples import MATCH, job
from support.read_model import ReadModel

from schemas.boilerplate import SharedSpan
from schemas.coverage import Cause, Coverage, Missed, Unsearched
from schemas.jobs import JobStatus, LiveMatch, SaveType
from schemas.matches import Track
from schemas.policies import Action, Ruling
from schemas.verdicts import Because, Reason, Verdict, VerdictKind
from streams.web.pages.rendering import PAGE, clock, percent, share, strength


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0:00.0"), (59.96, "1:00.0"), (75.5, "1:15.5"), (3723.4, "1:02:03.4")]
)
def test_times_are_written_as_on_a_players_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@given(st.floats(0, 1, exclude_max=True))
def test_only_all_of_it_is_written_as_100_percent(part: float) -> None:
    assert percent(part) != "100 %" == percent(1.0)


def test_a_little_is_not_written_as_nothing() -> None:
    assert (share(0.004), share(0.0), share(0.27)) == ("under 1 %", "0 %", "27 %")


def test_similarities_have_three_classes() -> None:
    assert [strength(s) for s in (0.97, 0.8, 0.7, 0.5)] == ["strong", "strong", "likely", "weak"]


async def test_the_list_shows_status_progress_copies_and_why_a_job_failed(
    client: AsyncTestClient, model: ReadModel
) -> None:
    failed = job("j3", JobStatus.FAIL, code="Timeout", message="it took too long")
    model.apply(
        jobs=[job("j1", matches=(MATCH,)), job("j2", JobStatus.PROCESSING, chunks_done=3, chunks_total=8), failed]
    )
    page = (await client.get("/jobs")).text
    for text in ("done", "90 %", "original", "processing", "3 of 8", "failed", "it took too long"):
        assert text in page


async def test_filters_combine_and_stay_in_every_address(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("j1", matches=(MATCH,), media_id="a copy"),
            job("j2", media_id="an original"),
            job("j3", JobStatus.FAIL, media_id="broken"),
        ]
    )
    page = (await client.get("/jobs", params={"copies": "yes", "library": "default"})).text
    assert "a copy" in page
    assert "an original" not in page
    assert "broken" not in page
    assert 'href="/jobs?status=fail&amp;library=default&amp;copies=yes"' in page


async def test_older_jobs_are_on_the_next_page_under_the_same_filter(client: AsyncTestClient, model: ReadModel) -> None:
    times = [f"2026-11-23T08:00:{number:02}.000Z" for number in range(PAGE + 1)]
    model.apply(jobs=[job(f"j{n}", media_id=f"media-{n}-", time=time) for n, time in enumerate(times)])
    first = (await client.get("/jobs", params={"status": "success"})).text
    assert "media-0-" not in first
    address = next(part for part in first.split('href="') if "cursor=" in part).split('"')[0].replace("&amp;", "&")
    assert "status=success" in address
    assert "media-0-" in (await client.get(f"/jobs{address}")).text


async def test_a_job_shows_where_each_span_comes_from(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", matches=(MATCH,))])
    page = (await client.get("/jobs/j1")).text
    for text in ("<svg", "0:00.0", "0:05.0", "1:05.0", "1:10.0", "mirrored", "under 1 % of the original"):
        assert text in page


async def test_of_copies_that_are_equally_sure_the_larger_one_comes_first(
    client: AsyncTestClient, model: ReadModel
) -> None:
    small = msgspec.structs.replace(MATCH, media_id="a small part", input_coverage=0.2)
    model.apply(jobs=[job("j1", matches=(small, MATCH))])
    for path in ("/jobs", "/jobs/j1"):
        page = (await client.get(path)).text
        assert page.index("original</") < page.index("a small part</")


async def test_matches_of_a_job_that_is_under_way_show_before_it_ends(
    client: AsyncTestClient, model: ReadModel
) -> None:
    seen = LiveMatch(event_time="2026-11-23T08:00:30Z", job_id="j1", media_id="video", chunk=0, match=MATCH)
    model.apply(jobs=[job("j1", JobStatus.PROCESSING, chunks_done=1, chunks_total=2)], live=[seen])
    page = (await client.get("/jobs/j1")).text
    assert "Copies" in page
    assert "1 of 2" in page


async def test_a_job_that_failed_shows_its_code_and_what_to_do(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", JobStatus.FAIL, code="ResourceTooLarge", message="send a smaller file")])
    page = (await client.get("/jobs/j1")).text
    assert "ResourceTooLarge" in page
    assert "send a smaller file" in page


async def test_a_job_that_is_not_there_is_404(client: AsyncTestClient) -> None:
    assert (await client.get("/jobs/unknown")).status_code == 404


async def test_a_job_that_has_not_seen_everything_warns_before_it_says_what_it_found(
    client: AsyncTestClient, model: ReadModel
) -> None:
    missed = (Missed(track=Track.PICTURE, cause=Cause.DAMAGED, seconds=3.0),)
    left = (Unsearched(library="films", reason="it was paused"),)
    model.apply(jobs=[job("j1", coverage=Coverage(picture=0.7, missed=missed), unsearched=left), job("j2")])
    page = (await client.get("/jobs/j1")).text
    assert "30 % of the picture was not looked at: it is damaged" in page
    assert "was not searched: it was paused" in page
    assert "Copies nothing, as far as it was looked at" in page
    assert "not looked at" not in (await client.get("/jobs/j2")).text
    shown = (await client.get("/api/v1/jobs/j1")).json()
    assert shown["coverage"]["picture"] == 0.7
    assert shown["unsearched"] == [{"library": "films", "media_id": "", "reason": "it was paused"}]


async def test_of_what_was_stored_only_nobody_says_that_it_copies_nothing(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", media_id="imported", save_type=SaveType.ONLYSAVE)])
    for path in ("/jobs", "/jobs/j1"):
        page = (await client.get(path)).text
        assert "stored, not searched" in page.lower()
        assert "no copies" not in page
        assert "Copies nothing" not in page
    assert (await client.get("/api/v1/jobs/j1")).json()["searched"] is False
    assert (await client.get("/api/v1/media/imported/result")).json()["searched"] is False
    model.apply(jobs=[job("j2", media_id="compared")])
    assert "no copies" in (await client.get("/jobs", params={"media_id": "compared"})).text
    assert (await client.get("/api/v1/jobs/j2")).json()["searched"] is True
    model.apply(jobs=[job("j3", JobStatus.PROCESSING, save_type=SaveType.ONLYSAVE)])
    assert "Matches show here" not in (await client.get("/jobs/j3")).text


async def test_a_filter_with_a_value_that_it_does_not_know_is_left_out_and_said(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", media_id="shown")])
    page = (await client.get("/jobs", params={"status": "odd", "similarity": "2"})).text
    assert "&#39;odd&#39; is no status: it is one of init" in page
    assert "it is a number from 0 to 1" in page
    assert "shown" in page


async def test_jobs_are_found_by_a_part_of_their_name_by_their_reference_and_by_their_error(
    client: AsyncTestClient, model: ReadModel
) -> None:
    failed = job("j2", JobStatus.FAIL, media_id="summer-b", code="Timeout", message="slow")
    model.apply(jobs=[job("j1", media_id="Summer-A", matches=(MATCH,)), failed])
    shown = {
        ("name", "mmer-a"): ("Summer-A", "summer-b"),
        ("reference", "original"): ("Summer-A", "summer-b"),
        ("similarity", "0.9"): ("Summer-A", "summer-b"),
        ("code", "Timeout"): ("summer-b", "Summer-A"),
        ("job_id", "j2"): ("summer-b", "Summer-A"),
        ("until", "2026-11-23"): ("No jobs with this filter", "Summer-A"),
    }
    for (field, value), (there, missing) in shown.items():
        page = (await client.get("/jobs", params={field: value})).text
        assert there in page, field
        assert missing not in page, field


async def test_an_open_list_asks_for_the_rows_that_have_changed_alone(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", media_id="one"), job("j2", media_id="two"), job("j3", JobStatus.FAIL, media_id="bad")])
    part = (await client.get("/jobs", params={"status": "success", "rows": "j2,j3,unknown"})).text
    assert 'id="row-j2"' in part
    assert "row-j1" not in part
    assert "row-j3" not in part  # it does not belong to this list
    assert 'id="counts"' in part
    assert "<html" not in part
    assert "<table" not in part


async def test_a_job_with_fifty_matches_folds_most_of_them(client: AsyncTestClient, model: ReadModel) -> None:
    matches = tuple(msgspec.structs.replace(MATCH, media_id=f"reference-{number}") for number in range(50))
    model.apply(jobs=[job("j1", matches=matches)])
    page = (await client.get("/jobs/j1")).text
    assert "45 more matches" in page
    assert page.count("<details") - page.count("menu") == 1


async def test_a_job_shows_what_its_matches_led_to_and_leads_to_their_cases(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(items=[item("film"), item("song")], jobs=[found("j1", {"film": Action.BLOCK, "song": Action.TRACK})])
    page = (await client.get("/jobs/j1")).text
    assert f'href="/cases/{id_of("film")}"' in page
    assert id_of("song") not in page
    assert "to-block" in page
    assert "to-track" in page


async def test_a_job_is_ended_or_asked_for_again_by_who_may(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", JobStatus.PROCESSING), job("j2", JobStatus.FAIL), job("j3", file_url="upload://x")])
    assert "Cancel this job" in (await client.get("/jobs/j1")).text
    assert "Try again" in (await client.get("/jobs/j2")).text


RECUT = Verdict(
    kind=VerdictKind.RECUT,
    own_share=0.4,
    of=("original", "other"),
    transforms=("mirrored",),
    reasons=(
        Reason(because=Because.COVERS, reference="original", share=0.6),
        Reason(because=Because.GOES_BACK, reference="original", input_at=5.0, reference_from=70.0, reference_to=10.0),
    ),
)


async def test_a_job_shows_its_verdict_with_the_reasons_and_the_list_its_kind(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", matches=(MATCH,), verdict=RECUT)])
    page = " ".join((await client.get("/jobs/j1")).text.split())
    for text in (
        'Verdict: <span class="verdict-kind">recut</span> of <bdi class="name">original</bdi> and 1 more',
        "40 % of it is its own · edits seen: mirrored",
        '<li>60.0 % of it is of <bdi class="name">original</bdi></li>',
        '<li>at 5.0 s <bdi class="name">original</bdi> goes back from 70.0 s to 10.0 s</li>',
    ):
        assert text in page
    assert '<span class="verdict-kind">recut</span>' in (await client.get("/jobs")).text
    assert (await client.get("/api/v1/jobs/j1")).json()["verdict"]["kind"] == "recut"


async def test_a_job_shows_which_of_its_spans_many_references_share(client: AsyncTestClient, model: ReadModel) -> None:
    shared = (SharedSpan(start=0.0, end=31.5, references=7),)
    model.apply(jobs=[job("j1", matches=(MATCH,), verdict=RECUT, boilerplate=shared)])
    assert "no link by itself: 0:00.0 to 0:31.5 (7 references)" in (await client.get("/jobs/j1")).text
    told = (await client.get("/api/v1/jobs/j1")).json()
    assert told["boilerplate"] == [{"start": 0.0, "end": 31.5, "references": 7}]


async def test_a_job_of_before_there_were_verdicts_shows_none(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", matches=(MATCH,))])
    assert "Verdict" not in (await client.get("/jobs/j1")).text
    assert (await client.get("/api/v1/jobs/j1")).json()["verdict"] is None


async def test_a_younger_reference_is_shown_as_the_copy(client: AsyncTestClient, model: ReadModel) -> None:
    ruling = Ruling(library="default", reference="original", action=Action.TRACK, younger=True)
    model.apply(jobs=[job("j1", matches=(MATCH,), rulings=(ruling,))])
    assert "Copied by" in (await client.get("/jobs/j1")).text
    (match,) = (await client.get("/api/v1/media/video/result")).json()["matches"]
    assert match["younger"] is True
