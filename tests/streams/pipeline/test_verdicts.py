"""The verdict of a job: made at its end of the times known by then, told, and not changed by what comes again."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from support.boilerplate import ruling
from support.examples import TIME, job
from support.job_service import TOPICS, Service, span
from support.read_model import ReadModel

from schemas.boilerplate import SharedSpan
from schemas.cases import DecisionKind
from schemas.commands import AddMatch
from schemas.jobs import Job, Metrics, SaveType
from schemas.libraries import Library, LibraryItem
from schemas.matches import Match
from schemas.policies import Action, Ruling
from schemas.result import complete_event
from schemas.tasks import ChunkResult
from schemas.verdicts import Verdict, VerdictKind
from streams.readmodel.projection import Record

BEFORE, AFTER = "2026-11-20T08:00:00.000Z", "2026-11-25T08:00:00.000Z"
#: Twenty chunks of 30 s, of which the film is half.
HALF = span(0, 300)


def film(**fields: Any) -> LibraryItem:
    return LibraryItem(
        **{"library": "films", "media_id": "film", "version": 1, "job_id": "j", "creation_time": BEFORE, **fields}
    )


@pytest.fixture
def service(model: ReadModel) -> Service:
    model.apply(libraries=[Library(name="films"), Library(name="default")], items=[film()])
    return Service(model)


async def ended(service: Service, *matches: Any, begun: dict[str, Any] | None = None, **fields: Any) -> Job:
    """Take a job of ten minutes to its end and return its last state."""
    await service.begin(**(begun or {}))
    await finished(service, *matches, **fields)
    states: list[Job] = service.told(TOPICS.jobs, Job)
    return states[-1]


async def finished(service: Service, *matches: Any, **fields: Any) -> ChunkResult:
    return await service.finish(*matches, metrics=Metrics(duration=600.0), **fields)


async def test_a_job_ends_with_a_verdict_in_its_state_and_in_its_event(service: Service) -> None:
    last = await ended(service, HALF)
    assert last.verdict is not None
    assert (last.verdict.kind, last.verdict.own_share, last.verdict.of) == (VerdictKind.PARTIAL_COPY, 0.5, ("film",))
    (result,) = service.results
    assert json.loads(result.to_json())["Verdict"] == {
        "Kind": "partial_copy",
        "OwnShare": "0.5",
        "Of": ["film"],
        "Transform": "",
    }
    assert "Younger" not in result.to_json()


async def test_what_copies_nothing_is_an_original(service: Service) -> None:
    last = await ended(service)
    assert last.verdict == Verdict(kind=VerdictKind.ORIGINAL, own_share=1.0)
    assert '"Verdict":{"Kind":"original","OwnShare":"1.0","Of":[],"Transform":""}' in service.results[0].to_json()


async def test_what_searched_nothing_has_no_verdict(service: Service) -> None:
    assert (await ended(service, begun={"save_type": SaveType.ONLYSAVE})).verdict is None


@pytest.mark.parametrize(
    "item",
    [
        {"creation_time": AFTER},
        {"publish_time": AFTER},
        {"metadata": {"PublishTime": "2026-11-25T08:00:00Z"}},
        {"publish_time": AFTER, "metadata": {"PublishTime": "2026-11-20T08:00:00Z"}},
    ],
)
async def test_a_reference_that_is_younger_is_the_copy(service: Service, item: dict[str, Any]) -> None:
    service.model.apply(items=[film(**item)])
    last = await ended(service, HALF)
    assert last.verdict is not None
    assert last.verdict.kind is VerdictKind.ORIGINAL
    assert [one.younger for one in last.rulings] == [True]
    assert service.results[0].to_json().count('"Younger":true') == 1


async def test_a_publish_time_counts_before_the_time_of_being_seen(service: Service) -> None:
    service.model.apply(items=[film(publish_time="2026-11-19T08:00:00.000Z", creation_time=AFTER)])
    assert (await ended(service, HALF)).verdict.of == ("film",)  # type: ignore[union-attr]


async def test_the_input_is_as_old_as_its_publish_time_says(service: Service) -> None:
    last = await ended(service, HALF, begun={"publish_time": "2026-11-19T08:00:00.000Z"})
    assert last.verdict is not None
    assert last.verdict.kind is VerdictKind.ORIGINAL


async def test_a_media_item_that_is_fingerprinted_anew_is_as_old_as_it_was(service: Service) -> None:
    service.model.apply(items=[film(media_id="video", creation_time="2026-11-19T08:00:00.000Z")])
    last = await ended(service, HALF)
    assert last.verdict is not None
    assert last.verdict.kind is VerdictKind.ORIGINAL


async def test_a_reference_was_first_seen_when_it_was_first_asked_for(service: Service) -> None:
    service.model.apply(jobs=[job("job-of-film", media_id="film", time=BEFORE)], items=[film(creation_time=AFTER)])
    assert (await ended(service, HALF)).verdict.of == ("film",)  # type: ignore[union-attr]


async def test_a_reference_of_which_nothing_is_known_any_more_is_older(service: Service) -> None:
    last = await ended(service, span(0, 300, media_id="removed"))
    assert last.verdict is not None
    assert last.verdict.of == ("removed",)


async def test_of_equal_times_the_one_that_was_stored_first_is_older(service: Service) -> None:
    same = "2026-11-01T00:00:00.000Z"
    service.model.apply(items=[film(publish_time=same)])
    last = await ended(service, HALF, begun={"publish_time": same})
    assert last.verdict is not None
    assert last.verdict.of == ("film",)


async def test_a_pair_that_was_dismissed_does_not_count(service: Service) -> None:
    await service.begin()
    await service.decide(DecisionKind.NOT_A_MATCH, 1)
    await finished(service, HALF)
    assert service.told(TOPICS.jobs, Job)[-1].verdict.kind is VerdictKind.ORIGINAL
    assert '"Kind":"original"' in service.results[0].to_json()


async def test_after_a_crash_between_event_and_state_the_verdict_is_the_one_that_was_told(service: Service) -> None:
    await service.begin()
    kept = dict(service.table)
    await finished(service, HALF, span(400, 500, media_id="other", at=0.0))
    told = service.told(TOPICS.jobs, Job)[-1]
    service.model.project([Record("jobs", key=b"job-of-video", value=None)], {})
    service.model.apply(completions=[value for topic, value in service.sent if topic == TOPICS.job_complete and value])
    service.model.apply(items=[film(publish_time=AFTER)])  # it would be the younger one by now
    service.table.update(kept)
    await finished(service, HALF, span(400, 500, media_id="other", at=0.0))
    again = service.told(TOPICS.jobs, Job)[-1]
    assert again.verdict == told.verdict
    assert [one.younger for one in again.rulings] == [False, False]


async def test_an_event_of_before_there_were_verdicts_leaves_its_job_without_one(service: Service) -> None:
    old = job(
        "job-of-video", matches=(HALF,), rulings=(Ruling(library="films", reference="film", action=Action.TRACK),)
    )
    service.model.apply(completions=[msgspec.json.encode(complete_event(old))])
    last = await ended(service, HALF)
    assert last.verdict is None
    assert last.rulings[0].action is Action.TRACK


async def test_a_match_that_is_found_later_changes_the_verdict_once(service: Service) -> None:
    await ended(service)
    command = AddMatch(job_id="a", media_id="video", match=HALF)
    await service.agent.on_request(command, now=TIME)
    first = service.told(TOPICS.jobs, Job)[-1]
    assert first.verdict is not None
    assert first.verdict.kind is VerdictKind.PARTIAL_COPY
    await service.agent.on_request(command, now=AFTER)
    assert service.told(TOPICS.jobs, Job)[-1] == first


async def test_a_reference_that_was_added_later_is_the_copy_unless_it_was_published_before(service: Service) -> None:
    await ended(service)
    service.model.apply(items=[film(media_id="late", creation_time=AFTER)])
    await service.agent.on_request(
        AddMatch(job_id="a", media_id="video", match=span(0, 300, media_id="late")), now=AFTER
    )
    assert service.told(TOPICS.jobs, Job)[-1].verdict.kind is VerdictKind.ORIGINAL
    await service.agent.on_request(AddMatch(job_id="b", media_id="video", match=HALF), now=AFTER)
    last = service.told(TOPICS.jobs, Job)[-1]
    assert last.verdict.of == ("film",)
    assert {one.reference: one.younger for one in last.rulings} == {"late": True, "film": False}


def episodes(count: int) -> list[Match]:
    """Return matches with episodes that have the titles of the input, half a minute of them."""
    return [span(0, 30, media_id=f"episode-{number}", reference_coverage=0.02) for number in range(count)]


async def test_titles_that_many_references_share_are_told_and_link_nothing(service: Service) -> None:
    last = await ended(service, *episodes(6))
    assert last.boilerplate == (SharedSpan(start=0.0, end=30.0, references=6),)
    assert last.verdict is not None
    assert last.verdict.kind is VerdictKind.ORIGINAL
    told = json.loads(service.results[0].to_json())
    assert told["Boilerplate"] == [{"Input": {"Start": "0.0", "Duration": "30.0"}, "References": "6"}]
    assert len(told["VideoDNA"]) == 6  # what matches is told all the same


async def test_a_copy_of_an_episode_is_a_copy_whatever_titles_it_has(service: Service) -> None:
    last = await ended(service, *episodes(6), span(0, 590, media_id="whole", reference_coverage=0.98))
    assert last.verdict is not None
    assert (last.verdict.kind, last.verdict.of) == (VerdictKind.COPY, ("whole",))
    assert last.boilerplate != ()


async def test_titles_that_fewer_references_share_link_the_two(service: Service) -> None:
    last = await ended(service, *episodes(4))
    assert last.boilerplate == ()
    assert last.verdict is not None
    assert last.verdict.kind is VerdictKind.PARTIAL_COPY


async def test_after_a_crash_boilerplate_is_what_was_told(service: Service) -> None:
    await service.begin()
    kept = dict(service.table)
    await finished(service, *episodes(6))
    told = service.told(TOPICS.jobs, Job)[-1]
    service.model.project([Record("jobs", key=b"job-of-video", value=None)], {})
    service.model.apply(completions=[value for topic, value in service.sent if topic == TOPICS.job_complete and value])
    service.table.update(kept)
    await finished(service, *episodes(6))
    again = service.told(TOPICS.jobs, Job)[-1]
    assert (again.boilerplate, again.verdict) == (told.boilerplate, told.verdict)


async def test_a_person_has_overruled_what_many_references_share(service: Service) -> None:
    service.model.apply(boilerplate=[ruling("episode-1", library="films", boilerplate=False)])
    last = await ended(service, *episodes(6))
    assert (last.boilerplate, last.counted_boilerplate) == ((), (SharedSpan(start=0.0, end=30.0, references=6),))
    assert last.verdict is not None
    assert last.verdict.kind is VerdictKind.PARTIAL_COPY
    assert "Boilerplate" not in service.results[0].to_json()


async def test_a_person_has_said_that_what_fewer_references_share_links_nothing(service: Service) -> None:
    service.model.apply(boilerplate=[ruling("episode-1", (100.0, 130.0), library="films", boilerplate=True)])
    last = await ended(service, *episodes(2))
    assert last.boilerplate == (SharedSpan(start=0.0, end=30.0, references=2),)
    assert last.verdict is not None
    assert last.verdict.kind is VerdictKind.ORIGINAL


async def test_a_match_that_is_found_later_links_nothing_where_a_person_says_so(service: Service) -> None:
    await ended(service)
    service.model.apply(boilerplate=[ruling("film", library="films", boilerplate=True)])
    await service.agent.on_request(AddMatch(job_id="b", media_id="video", match=HALF), now=AFTER)
    last = service.told(TOPICS.jobs, Job)[-1]
    assert (last.verdict.kind, len(last.boilerplate)) == (VerdictKind.ORIGINAL, 1)


async def test_after_a_crash_what_people_say_since_changes_nothing_that_was_told(service: Service) -> None:
    await service.begin()
    kept = dict(service.table)
    await finished(service, *episodes(6))
    told = service.told(TOPICS.jobs, Job)[-1]
    service.model.project([Record("jobs", key=b"job-of-video", value=None)], {})
    service.model.apply(
        completions=[value for topic, value in service.sent if topic == TOPICS.job_complete and value],
        boilerplate=[ruling("episode-1", library="films", boilerplate=False)],
    )
    service.table.update(kept)
    await finished(service, *episodes(6))
    assert service.told(TOPICS.jobs, Job)[-1] == told
