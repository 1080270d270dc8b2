"""What matches lead to is told as soon as it is certain, again when it grows, and at the end; decisions change it."""

from __future__ import annotations

import msgspec
import pytest
from support.examples import MATCH, TIME, job
from support.job_service import TOPICS, Service, span
from support.read_model import GoneOutcome, ReadModel

from schemas.cases import CaseState, Decision, DecisionKind
from schemas.commands import AddMatch
from schemas.events import AIMediaDNAComplete
from schemas.ids import case_id
from schemas.jobs import Job, JobStatus, SaveType
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.matches import Track
from schemas.policies import Action, Conditions, Policy, PolicyMode, TrackCondition
from schemas.result import complete_event
from schemas.tasks import TaskOutcome
from streams.readmodel.projection import Record

BLOCK = Policy(name="block-films", library="films", when=Conditions(matched_seconds=20), action=Action.BLOCK)


@pytest.fixture
def service(model: ReadModel) -> Service:
    model.apply(
        libraries=[Library(name="films"), Library(name="default"), Library(name="bad", purpose=Purpose.BLOCKLIST)],
        items=[LibraryItem(library="films", media_id="film", version=1, job_id="j")],
    )
    return Service(model)


async def test_twenty_seconds_of_a_blocked_film_are_told_as_soon_as_they_are_seen(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.look(0)
    await service.look(2, span(60, 80))
    (live,) = service.live
    assert live.outcome is not None
    assert (live.outcome.action, live.outcome.policy, live.outcome.mode) == (
        Action.BLOCK,
        "block-films",
        PolicyMode.ACTIVE,
    )
    (outcome,) = service.outcomes
    assert (outcome.action, outcome.policy, outcome.final) == (Action.BLOCK, "block-films", False)
    assert live.seen == outcome.seen == 0.1  # two chunks of twenty
    assert outcome.cases == (case_id("video", "films", "film"),)


async def test_seconds_of_several_chunks_add_up_and_the_one_that_makes_the_rule_hold_says_so(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.look(1, span(48, 60))
    assert [one.outcome for one in service.live] == [None]
    assert service.outcomes == []
    await service.look(2, span(60, 72))
    await service.look(3, span(90, 100))
    assert [one.outcome is not None for one in service.live] == [False, True, False]  # nothing new is said twice
    assert len(service.outcomes) == 1


async def test_a_later_match_that_makes_it_stronger_is_told_and_a_weaker_one_is_not(service: Service) -> None:
    review = Policy(name="review-films", library="films", position=200, action=Action.REVIEW)
    service.model.apply(policies=[BLOCK, review])
    await service.begin()
    await service.look(0, span(0, 5))
    await service.look(1, span(30, 50))
    await service.look(2, span(60, 61))
    assert [one.outcome.action if one.outcome else None for one in service.live] == [Action.REVIEW, Action.BLOCK, None]
    assert [one.action for one in service.outcomes] == [Action.REVIEW, Action.BLOCK]


async def test_a_share_of_the_input_is_that_of_all_of_it_and_not_of_the_part_seen(service: Service) -> None:
    half = Policy(name="half", library="films", when=Conditions(input_coverage=0.1), action=Action.BLOCK)
    service.model.apply(policies=[half])
    await service.begin(20)  # ten minutes
    await service.look(0, span(0, 30))
    assert service.outcomes == []  # all of the part seen, a twentieth of the whole
    await service.look(1, span(30, 60))
    assert [one.action for one in service.outcomes] == [Action.BLOCK]


async def test_picture_in_one_chunk_and_sound_in_another_are_no_agreement_of_the_two(service: Service) -> None:
    both = Policy(name="both", library="films", when=Conditions(track=TrackCondition.BOTH), action=Action.BLOCK)
    service.model.apply(policies=[both])
    await service.begin()
    await service.look(0, span(0, 20, track=Track.PICTURE))
    await service.look(1, span(30, 50, track=Track.SOUND))
    assert service.outcomes == []


async def test_a_result_that_comes_again_is_told_once(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    done = await service.look(2, span(60, 80))
    sent = len(service.sent)
    await service.agent.on_result(done, now=TIME)
    assert len(service.sent) == sent


async def test_a_worker_that_dies_before_it_keeps_its_record_tells_the_same_again(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    kept = dict(service.table)
    await service.look(2, span(60, 80))
    service.table.clear()
    service.table.update(kept)
    await service.look(2, span(60, 80))
    first, second = service.live
    assert first == second
    assert len(service.outcomes) == 1


async def test_a_blocklist_goes_to_people_without_any_policy_and_other_libraries_are_noted(service: Service) -> None:
    service.model.apply(items=[LibraryItem(library="bad", media_id="scene", version=1, job_id="j")])
    await service.begin()
    await service.look(0, span(0, 5))
    await service.look(1, span(30, 35, library="bad", media_id="scene"))
    assert [one.outcome.action if one.outcome else None for one in service.live] == [None, Action.REVIEW]
    await service.finish(span(0, 5), span(30, 35, library="bad", media_id="scene"))
    assert [(one.action, one.final) for one in service.outcomes] == [(Action.REVIEW, False), (Action.REVIEW, True)]
    (result,) = service.results
    assert {one.primary_key: one.action for one in result.video_dna} == {"film": "track", "scene": "review"}
    assert result.action == Action.REVIEW


async def test_the_end_of_a_job_says_what_each_match_led_to_and_by_which_policy(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.finish(span(60, 80))
    (result,) = service.results
    assert (result.action, result.video_dna[0].action, result.video_dna[0].policy) == ("block", "block", "block-films")
    assert service.outcomes[-1].final


async def test_a_media_item_that_copies_nothing_is_allowed(service: Service) -> None:
    await service.begin()
    await service.finish()
    assert [(one.action, one.policy, one.final) for one in service.outcomes] == [(Action.ALLOW, "", True)]
    assert service.results[0].action == Action.ALLOW


async def test_what_was_stored_only_has_no_outcome(service: Service) -> None:
    await service.begin(save_type=SaveType.ONLYSAVE)
    await service.finish()
    assert service.outcomes == []
    assert service.results[0].action is None


async def test_a_job_that_fails_keeps_the_outcome_that_was_seen(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.look(2, span(60, 80))
    await service.finish(outcome=TaskOutcome.FAILED, code="InternalError", matches=())
    assert [(one.action, one.final) for one in service.outcomes] == [(Action.BLOCK, False), (Action.BLOCK, True)]


async def test_a_job_that_fails_before_anything_was_seen_has_no_outcome(service: Service) -> None:
    await service.begin()
    await service.finish(outcome=TaskOutcome.FAILED, code="InternalError", matches=())
    assert service.outcomes == []


async def test_a_policy_in_shadow_is_recorded_and_changes_no_event(service: Service) -> None:
    await service.begin()
    await service.look(2, span(60, 80))
    await service.finish(span(60, 80))
    without = [(topic, value) for topic, value in service.sent if topic != TOPICS.jobs]
    service.sent.clear()
    service.table.clear()
    service.model.apply(jobs=[])
    other = Service(ReadModel(service.model._database._path.with_name("other.sqlite")))
    other.model.apply(
        libraries=[Library(name="films"), Library(name="default")],
        items=[LibraryItem(library="films", media_id="film", version=1, job_id="j")],
        policies=[msgspec.structs.replace(BLOCK, mode=PolicyMode.SHADOW)],
    )
    await other.begin()
    await other.look(2, span(60, 80))
    await other.finish(span(60, 80))
    assert [(topic, value) for topic, value in other.sent if topic != TOPICS.jobs] == without
    ended = other.model.jobs.get("job-of-video")
    assert ended is not None
    assert [(one.shadow_action, one.shadow_policy) for one in ended.rulings] == [(Action.BLOCK, "block-films")]
    other.model.close()


async def test_a_dismissed_pair_is_told_nowhere_from_the_next_answer_on_in_either_direction(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.finish(span(60, 80))
    await service.decide(DecisionKind.NOT_A_MATCH, 1)
    assert [one.decision for one in service.told(TOPICS.decisions, Decision)] == [DecisionKind.NOT_A_MATCH]
    assert [one.action for one in service.outcomes] == [Action.BLOCK, Action.ALLOW]
    service.sent.clear()
    service.model.apply(items=[LibraryItem(library="films", media_id="video", version=9, job_id="j")])
    for media_id, reference in (("video", "film"), ("film", "video")):
        again = msgspec.structs.replace(span(60, 80), media_id=reference)
        service.table.clear()
        service.model.project([Record("jobs", key=f"job-of-{media_id}".encode(), value=None)], {})
        await service.begin(media_id=media_id)
        await service.look(2, again, media_id=media_id)
        await service.finish(again, media_id=media_id)
    assert service.live == []
    assert [one.video_dna for one in service.results] == [(), ()]
    assert [one.action for one in service.outcomes] == [Action.ALLOW, Action.ALLOW]


async def test_a_permitted_copy_is_reported_with_the_action_allow_and_taken_back_as_before(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.finish(span(60, 80))
    await service.decide(DecisionKind.ALLOW, 1)
    await service.decide(DecisionKind.REOPEN, 2)
    assert [one.action for one in service.outcomes] == [Action.BLOCK, Action.ALLOW, Action.BLOCK]
    assert [one.policy for one in service.outcomes] == ["block-films"] * 3


async def test_of_two_moderators_the_first_decides(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.finish(span(60, 80))
    await service.decide(DecisionKind.COPY, 1, who="anna")
    await service.decide(DecisionKind.NOT_A_MATCH, 1, who="ben")
    (decision,) = service.told(TOPICS.decisions, Decision)
    assert (decision.who, decision.after) == ("anna", CaseState.CONFIRMED)
    assert service.outcomes[-1].action is Action.BLOCK


async def test_a_decision_that_comes_again_is_made_once_and_its_outcome_told_if_it_was_not(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    await service.finish(span(60, 80))
    for _ in range(2):
        await service.decide(DecisionKind.NOT_A_MATCH, 1, command="c")
    assert len(service.told(TOPICS.decisions, Decision)) == 1
    assert [one.action for one in service.outcomes] == [Action.BLOCK, Action.ALLOW]


async def test_a_decision_has_the_outcome_of_the_other_side_looked_at_too(service: Service) -> None:
    back = msgspec.structs.replace(span(60, 80), media_id="video")
    service.model.apply(policies=[BLOCK], items=[LibraryItem(library="films", media_id="video", version=1, job_id="j")])
    await service.begin(media_id="film")
    await service.finish(back, media_id="film")
    await service.decide(DecisionKind.NOT_A_MATCH, 1)
    (revise,) = service.commands[-1:]
    assert revise.media_id == "film"
    await service.agent.on_request(revise, now=TIME)
    assert [(one.media_id, one.action) for one in service.outcomes] == [("film", Action.BLOCK), ("film", Action.ALLOW)]


async def test_a_match_that_is_found_later_is_added_told_and_ruled_once(service: Service) -> None:
    service.model.apply(policies=[BLOCK], jobs=[job("ended")])
    for _ in range(2):
        await service.agent.on_request(AddMatch(job_id="a", media_id="video", match=span(60, 80)), now=TIME)
    (live,) = service.live
    assert live.retroactive
    assert live.outcome is not None
    assert live.outcome.action is Action.BLOCK
    assert [one.action for one in service.outcomes] == [Action.BLOCK]
    assert service.told(TOPICS.job_complete, AIMediaDNAComplete) == []  # there is exactly one, and it is out
    ended = service.model.jobs.get("ended")
    assert ended is not None
    assert [one.media_id for one in ended.matches] == ["film"]
    assert [one.retroactive for one in ended.rulings] == [True]
    assert ended.status is JobStatus.SUCCESS


async def test_a_worker_that_dies_after_it_has_added_a_match_leaves_its_outcome_to_the_next(service: Service) -> None:
    service.model.apply(policies=[BLOCK], jobs=[job("ended")])
    command = AddMatch(job_id="a", media_id="video", match=span(60, 80))
    await service.agent.on_request(command, now=TIME)
    service.model.apply(outcomes=[GoneOutcome("video")])  # as if it had never been told
    await service.agent.on_request(command, now=TIME)
    assert [one.action for one in service.outcomes] == [Action.BLOCK, Action.BLOCK]
    assert len(service.live) == 1


async def test_a_match_that_its_job_has_found_is_not_added_a_second_time(service: Service) -> None:
    service.model.apply(jobs=[job("ended", matches=(MATCH,))])
    await service.agent.on_request(AddMatch(job_id="a", media_id="video", match=MATCH), now=TIME)
    assert service.sent == []


async def test_a_dismissed_pair_that_is_found_later_is_told_nowhere(service: Service) -> None:
    service.model.apply(jobs=[job("ended")])
    await service.decide(DecisionKind.NOT_A_MATCH, 1)
    await service.agent.on_request(AddMatch(job_id="a", media_id="video", match=span(60, 80)), now=TIME)
    assert service.live == []
    assert all(one.action is Action.ALLOW for one in service.outcomes)


async def test_a_quarantined_reference_goes_to_people_at_the_most(service: Service) -> None:
    service.model.apply(
        policies=[BLOCK],
        items=[LibraryItem(library="films", media_id="film", version=2, job_id="j", quarantined="a flood")],
    )
    await service.begin()
    await service.finish(span(60, 80))
    assert [one.action for one in service.outcomes] == [Action.REVIEW]


async def test_after_a_crash_between_event_and_state_the_state_says_what_the_event_said(service: Service) -> None:
    service.model.apply(policies=[BLOCK])
    await service.begin()
    kept = dict(service.table)
    await service.finish(span(60, 80))
    service.model.project([Record("jobs", key=b"job-of-video", value=None)], {})
    service.model.apply(completions=[value for topic, value in service.sent if topic == TOPICS.job_complete and value])
    service.model.apply(policies=[msgspec.structs.replace(BLOCK, action=Action.TRACK)])
    service.table.update(kept)
    await service.finish(span(60, 80))
    states = service.told(TOPICS.jobs, Job)
    assert states[-1].rulings[0].action is Action.BLOCK
    assert len(service.told(TOPICS.job_complete, AIMediaDNAComplete)) == 1


async def test_a_job_whose_event_is_older_than_the_rules_is_kept_as_that_has_told(service: Service) -> None:
    old = msgspec.structs.replace(job("job-of-video"), matches=(span(60, 80),))
    event = complete_event(old)
    assert "Action" not in event.data
    service.model.apply(policies=[BLOCK], completions=[msgspec.json.encode(event)])
    await service.begin()
    await service.finish(span(60, 80))
    assert service.told(TOPICS.jobs, Job)[-1].rulings == ()
