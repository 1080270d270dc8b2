"""What a policy would do: the same as it then does to the same matches, and nothing before that."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import MATCH, job
from support.inline import InlineService
from support.read_model import GoneItem, JobTombstone, ReadModel

from schemas.cases import CaseState, Decision, DecisionKind
from schemas.clock import format_time
from schemas.ids import case_id
from schemas.jobs import Job
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.matches import Match, Track
from schemas.policies import Action, Conditions, Policy, PolicyMode, Ruling, TrackCondition, strongest
from streams.domain.policies import Rules
from streams.services import policy_preview as module
from streams.services.policy_preview import Effect

NOW = datetime.now(UTC)


@pytest.fixture
def inline(tmp_path: Path) -> Iterator[InlineService]:
    model = ReadModel(tmp_path / "jobs.sqlite")
    inline = InlineService(model)
    inline.apply(libraries=[Library(name="films"), Library(name="bans", purpose=Purpose.BLOCKLIST)])
    yield inline
    model.close()


def ago(**span: float) -> str:
    return format_time(NOW - timedelta(**span))


def match(reference: str = "film", similarity: float = 0.9, library: str = "films", **fields: Any) -> Match:
    return msgspec.structs.replace(MATCH, media_id=reference, library=library, similarity=similarity, **fields)


def found(media_id: str, *matches: Match, time: str | None = None, **fields: Any) -> Job:
    return job(f"job of {media_id}", media_id=media_id, time=time or ago(hours=1), matches=matches, **fields)


def policy(name: str = "block", **fields: Any) -> Policy:
    return Policy(**{"name": name, "library": "films", "action": Action.BLOCK, **fields})


def decision(media_id: str, reference: str, kind: DecisionKind, after: CaseState) -> Decision:
    return Decision(
        decision_id=f"{media_id} {reference}",
        case_id=case_id(media_id, "films", reference),
        media_id=media_id,
        library="films",
        reference=reference,
        number=1,
        decision=kind,
        who="somebody",
        when=ago(hours=2),
        before=CaseState.OPEN,
        after=after,
    )


async def decide(inline: InlineService, *decisions: Decision) -> None:
    for one in decisions:
        await inline.decision(one)


def counted(counts: dict[Action, int]) -> dict[str, int]:
    return {action.value: count for action, count in counts.items() if count}


def ruled(rules: Rules, jobs: list[Job]) -> list[Ruling]:
    return [rules.rule(match) for job in jobs for match in job.matches]


async def test_a_preview_says_what_would_change_and_for_whom(inline: InlineService) -> None:
    sure, unsure = found("sure", match(similarity=0.9)), found("unsure", match(similarity=0.6))
    inline.apply(jobs=[sure, unsure, found("listed", match(library="bans")), found("nothing")])
    effect = await inline.policies.preview(policy(when=Conditions(similarity=0.8)), days=7)
    assert (effect.policy, effect.days, effect.bounded, effect.note) == ("block", 7, False, "")
    assert (counted(effect.now), counted(effect.then)) == (
        {"review": 1, "track": 2},
        {"block": 1, "review": 1, "track": 1},
    )
    assert (effect.examined, effect.matches_changed) == (3, 1)
    assert (effect.media, effect.media_changed) == (3, 1)
    assert (effect.cases_changed, effect.cases) == (1, [case_id("sure", "films", "film")])
    (example,) = effect.examples
    assert (example.media_id, example.library, example.reference, example.job_id) == (
        "sure",
        "films",
        "film",
        sure.job_id,
    )
    assert (example.before, example.before_policy, example.after, example.after_policy) == (
        Action.TRACK,
        "",
        Action.BLOCK,
        "block",
    )
    assert (example.similarity, example.seconds, example.case_id) == (0.9, 5.0, effect.cases[0])


async def test_a_preview_changes_nothing(inline: InlineService) -> None:
    await inline.policies.create(policy(mode=PolicyMode.SHADOW))
    inline.apply(jobs=[found("video", match())])
    changes: list[Any] = []
    inline.subscribe(changes.append)
    before = [
        [tuple(row) for row in inline.model._database.all(f"SELECT * FROM {table}")]  # noqa: S608 (our own names)
        for table in ("jobs", "matches", "policies", "libraries", "outcomes", "decisions", "changes")
    ]
    assert (await inline.policies.preview(policy(action=Action.REVIEW), days=1)).matches_changed == 1
    assert (await inline.policies.preview(policy("another"), days=1)).matches_changed == 1
    assert (changes, inline.waiting, inline.ended) == ([], [], [])
    assert before == [
        [tuple(row) for row in inline.model._database.all(f"SELECT * FROM {table}")]  # noqa: S608 (our own names)
        for table in ("jobs", "matches", "policies", "libraries", "outcomes", "decisions", "changes")
    ]


@pytest.mark.parametrize("mode", PolicyMode)
async def test_a_policy_is_tried_in_the_place_of_the_one_of_its_name_and_as_if_it_were_active(
    inline: InlineService, mode: PolicyMode
) -> None:
    await inline.policies.create(policy(action=Action.REVIEW))
    inline.apply(jobs=[found("video", match())])
    effect = await inline.policies.preview(policy(mode=mode), days=1)
    assert (counted(effect.now), counted(effect.then)) == ({"review": 1}, {"block": 1})


async def test_a_policy_behind_one_that_decides_changes_nothing(inline: InlineService) -> None:
    await inline.policies.create(policy("first", action=Action.ALLOW, position=1))
    await inline.policies.create(policy("tried", action=Action.REVIEW, position=0, mode=PolicyMode.SHADOW))
    inline.apply(jobs=[found("video", match())])
    effect = await inline.policies.preview(policy(position=2), days=1)
    assert (effect.matches_changed, counted(effect.then)) == (0, {"allow": 1})


async def test_what_people_have_said_and_what_is_set_aside_holds_in_a_preview(inline: InlineService) -> None:
    held = LibraryItem(library="films", media_id="flood", version=1, job_id="j", quarantined="it matches everything")
    inline.apply(items=[held], jobs=[found("video", match("film"), match("ours"), match("flood"), match("other"))])
    await decide(
        inline,
        decision("video", "film", DecisionKind.NOT_A_MATCH, CaseState.DISMISSED),
        decision("video", "ours", DecisionKind.ALLOW, CaseState.CONFIRMED),
    )
    effect = await inline.policies.preview(policy(), days=1)
    assert effect.examined == 3
    assert counted(effect.now) == {"track": 2, "allow": 1}
    assert counted(effect.then) == {"block": 1, "review": 1, "allow": 1}


async def test_only_matches_of_the_last_days_are_looked_at_and_of_a_media_item_the_newest(
    inline: InlineService,
) -> None:
    again = job("again", media_id="twice", time=ago(minutes=5), matches=(match(),))
    inline.apply(
        jobs=[
            found("old", match(), time=ago(days=3)),
            found("twice", match(), match("another")),
            again,
            found("cleared", match()),
            job("no copy any more", media_id="cleared", time=ago(minutes=5)),
            found("forgotten", match()),
            JobTombstone("job of forgotten"),
        ]
    )
    assert (await inline.policies.preview(policy(), days=2)).examined == 1
    assert (await inline.policies.preview(policy(), days=4)).examined == 2


async def test_matches_with_references_that_are_gone_are_not_looked_at(inline: InlineService) -> None:
    inline.apply(jobs=[found("video", match("gone"), match("film"))])
    inline.apply(items=[GoneItem("films", "gone")])
    assert (await inline.policies.preview(policy(), days=1)).examined == 1


async def test_twenty_examples_are_shown_the_newest_first_and_as_many_cases_named_as_may_be(
    inline: InlineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    monkeypatch.setattr(module, "MOST_CASES", 25)
    inline.apply(jobs=[found(f"m{number:02}", match(), time=ago(minutes=number + 1)) for number in range(30)])
    effect = await inline.policies.preview(policy(), days=1)
    assert [one.media_id for one in effect.examples] == [f"m{number:02}" for number in range(20)]
    assert (effect.cases_changed, len(set(effect.cases))) == (30, 25)
    assert (effect.examined, effect.bounded) == (30, False)


@pytest.mark.parametrize(("limit", "most"), [("MOST_MATCHES", 12), ("MOST_CHECKS", 12)])
async def test_a_preview_stops_at_its_bound_and_says_so(
    inline: InlineService, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(module, limit, most)
    monkeypatch.setattr(module, "PAGE", 5)
    inline.apply(jobs=[found(f"m{number:02}", match(), time=ago(minutes=number + 1)) for number in range(30)])
    effect = await inline.policies.preview(policy(), days=1)
    assert (effect.examined, effect.bounded) == (most, True)
    assert "newest 12 matches" in effect.note
    assert "fewer days" in effect.note


async def test_jobs_are_read_page_by_page(inline: InlineService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    pages: list[int] = []
    read = inline.model.jobs.newest_copies

    def counting(*given: Any, **named: Any) -> list[Job]:
        page = read(*given, **named)
        pages.append(len(page))
        return page

    monkeypatch.setattr(inline.model.jobs, "newest_copies", counting)
    same_time = ago(minutes=1)
    inline.apply(jobs=[found(f"m{number}", match(), time=same_time) for number in range(8)])
    assert (await inline.policies.preview(policy(), days=1)).examined == 8
    assert pages == [3, 3, 2, 0]


async def test_previews_take_turns_and_leave_the_event_loop_free(
    inline: InlineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop_went_on = threading.Event()
    under_way = [0, 0]
    read = inline.model.jobs.newest_copies

    def counting(*given: Any, **named: Any) -> list[Job]:
        under_way[0] += 1
        under_way[1] = max(under_way)
        assert loop_went_on.wait(60)
        page = read(*given, **named)
        under_way[0] -= 1
        return page

    monkeypatch.setattr(inline.model.jobs, "newest_copies", counting)
    inline.apply(jobs=[found("video", match())])
    previews = [asyncio.create_task(inline.policies.preview(policy(), days=1)) for _ in range(3)]
    while not under_way[0]:
        await asyncio.sleep(0.01)
    loop_went_on.set()
    assert [one.examined for one in await asyncio.gather(*previews)] == [1, 1, 1]
    assert under_way == [0, 1]


async def test_what_a_policy_in_shadow_has_recorded_is_added_up(inline: InlineService) -> None:
    await inline.policies.create(policy("tried", mode=PolicyMode.SHADOW))
    rules = Rules(inline.model.policies.all(), {one.name: one for one in inline.model.libraries.all()})
    weak = found("weak", match("other", library="bans"), match(similarity=0.6))
    jobs = [found("video", match()), weak, found("none", match(library="bans"))]
    inline.apply(jobs=[msgspec.structs.replace(one, rulings=tuple(ruled(rules, [one]))) for one in jobs])
    inline.apply(jobs=[found("of before there were policies", match())])
    effect = await inline.policies.shadow("tried", days=1)
    assert (effect.policy, effect.examined) == ("tried", 4)
    assert (counted(effect.now), counted(effect.then)) == ({"track": 2, "review": 2}, {"block": 2, "review": 2})
    assert (effect.media_changed, effect.cases_changed) == (2, 2)
    assert {(one.media_id, one.before, one.after, one.after_policy) for one in effect.examples} == {
        ("video", Action.TRACK, Action.BLOCK, "tried"),
        ("weak", Action.TRACK, Action.BLOCK, "tried"),
    }
    await inline.policies.create(policy("other", position=1))
    assert (await inline.policies.shadow("other", days=1)).matches_changed == 0


shares = st.sampled_from([0.0, 0.5, 0.7, 0.9])
conditions = st.builds(Conditions, similarity=shares, input_coverage=shares, track=st.sampled_from(TrackCondition))
policies = st.lists(
    st.builds(
        Policy,
        name=st.sampled_from("abc"),
        library=st.sampled_from(["films", "bans"]),
        position=st.integers(0, 3),
        mode=st.sampled_from(PolicyMode),
        when=conditions,
        action=st.sampled_from(Action),
    ),
    max_size=3,
    unique_by=lambda one: one.name,
)
matches = st.lists(
    st.builds(
        match,
        st.sampled_from(["film", "other", "ours"]),
        st.floats(0.5, 1),
        st.sampled_from(["films", "bans"]),
        track=st.sampled_from(Track),
        input_coverage=shares,
    ),
    max_size=3,
    unique_by=lambda one: (one.library, one.media_id),
)


@given(there=policies, tried=policies.filter(bool), each=st.lists(matches, max_size=4))
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
async def test_a_preview_says_what_then_happens_to_the_same_matches(
    tmp_path_factory: pytest.TempPathFactory, there: list[Policy], tried: list[Policy], each: list[list[Match]]
) -> None:
    model = ReadModel(tmp_path_factory.mktemp("model") / "jobs.sqlite")
    inline = InlineService(model)
    libraries = [Library(name="films"), Library(name="bans", purpose=Purpose.BLOCKLIST)]
    inline.apply(
        libraries=libraries,
        items=[LibraryItem(library="films", media_id="other", version=1, job_id="j", quarantined="a flood")],
        jobs=[found(f"m{number}", *some) for number, some in enumerate(each)],
    )
    for one in there:
        await inline.policies.create(one)
    await decide(inline, decision("m0", "ours", DecisionKind.ALLOW, CaseState.CONFIRMED))
    await decide(inline, decision("m1", "film", DecisionKind.NOT_A_MATCH, CaseState.DISMISSED))
    try:
        effect = await inline.policies.preview(tried[0], days=1)
        then = msgspec.structs.replace(tried[0], mode=PolicyMode.ACTIVE)
        before = [rulings_of(inline, some, number) for number, some in enumerate(each)]
        taken = any(one.name == then.name for one in there)
        await (inline.policies.replace(then) if taken else inline.policies.create(then))
        after = [rulings_of(inline, some, number) for number, some in enumerate(each)]
    finally:
        model.close()
    assert_same(effect, before, after)


def rulings_of(inline: InlineService, found: list[Match], number: int) -> list[Ruling]:
    """Return what the matches of a media item lead to now, as it is decided when they are found."""
    rules = Rules(
        policies=inline.model.policies.all(),
        libraries={one.name: one for one in inline.model.libraries.all()},
        quarantined=frozenset({("films", "other")}),
        dismissed=inline.model.decisions.dismissed_with(f"m{number}"),
        allowed=inline.model.decisions.allowed(f"m{number}"),
    )
    return [rules.rule(one) for one in found]


def assert_same(effect: Effect, before: list[list[Ruling]], after: list[list[Ruling]]) -> None:
    for told, rulings in ((effect.now, before), (effect.then, after)):
        reported = [one.effective for some in rulings for one in some if not one.dismissed]
        assert told == {action: reported.count(action) for action in Action}
        assert effect.examined == len(reported)
    outcomes = [
        tuple((one.effective if (one := strongest(rulings)) else None) for rulings in both)
        for both in zip(before, after, strict=True)
    ]
    assert effect.media_changed == sum(was is not becomes for was, becomes in outcomes)
