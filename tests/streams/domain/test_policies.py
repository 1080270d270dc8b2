"""What a match leads to: every condition, the order, the modes, and what people and the flood guard have said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.libraries import Library, Purpose
from schemas.matches import Interval, Match, Track
from schemas.policies import Action, Conditions, Policy, PolicyMode, Ruling, TrackCondition, strongest
from streams.domain import policies as module
from streams.domain.policies import Rules, combined, holds, matched_s

LIBRARIES = {
    "films": Library(name="films", purpose=Purpose.ORIGINAL),
    "bans": Library(name="bans", purpose=Purpose.BLOCKLIST),
}
#: Longer than what any reference of these tests is covered by, seconds.
REFERENCE_S = 4000.0
#: Which of the tracks is more: of picture in one part and sound in another the picture is what is certain.
STRENGTH = {Track.SOUND: 0, Track.PICTURE: 1, Track.BOTH: 2}


def interval(start: float, end: float, *, reference: float = 0.0, track: Track = Track.BOTH) -> Interval:
    return Interval(
        input_start=start,
        input_end=end,
        reference_start=reference,
        reference_end=reference + end - start,
        similarity=0.9,
        track=track,
    )


def match(*intervals: Interval, media_id: str = "film", library: str = "films", **fields: Any) -> Match:
    usual = {"similarity": 0.9, "track": Track.BOTH, "input_coverage": 0.5, "reference_coverage": 0.25}
    return Match(
        media_id=media_id, library=library, intervals=intervals or (interval(10.0, 30.0),), **{**usual, **fields}
    )


def policy(name: str, action: Action = Action.BLOCK, *, when: dict[str, Any] | None = None, **fields: Any) -> Policy:
    whose = {} if "purpose" in fields else {"library": "films"}
    return Policy(name=name, action=action, when=Conditions(**(when or {})), **{**whose, **fields})


def rules(*policies: Policy, **fields: Any) -> Rules:
    return Rules(policies, LIBRARIES, **fields)


def led_to(ruling: Ruling) -> tuple[Action, str]:
    return ruling.action, ruling.policy


@pytest.mark.parametrize(
    ("condition", "line"),
    [("similarity", 0.9), ("matched_seconds", 20.0), ("input_coverage", 0.5), ("reference_coverage", 0.25)],
)
def test_a_condition_holds_at_its_line_and_above_and_not_below(condition: str, line: float) -> None:
    assert holds(Conditions(**{condition: line}), match())
    assert holds(Conditions(**{condition: line - 0.01}), match())
    assert not holds(Conditions(**{condition: line + 0.01}), match())


@pytest.mark.parametrize(
    ("asked", "carried_by"),
    [
        (TrackCondition.ANY, {Track.BOTH, Track.PICTURE, Track.SOUND}),
        (TrackCondition.PICTURE, {Track.BOTH, Track.PICTURE}),
        (TrackCondition.SOUND, {Track.BOTH, Track.SOUND}),
        (TrackCondition.BOTH, {Track.BOTH}),
    ],
)
def test_a_track_that_is_asked_for_has_to_carry_the_match(asked: TrackCondition, carried_by: set[Track]) -> None:
    assert {track for track in Track if holds(Conditions(track=asked), match(track=track))} == carried_by


def test_all_conditions_have_to_hold() -> None:
    every = {"similarity": 0.8, "matched_seconds": 20, "input_coverage": 0.3, "reference_coverage": 0.2}
    assert holds(Conditions(**every, track=TrackCondition.BOTH), match())
    for condition in every:
        assert not holds(Conditions(**{**every, condition: 30}, track=TrackCondition.BOTH), match())


def test_seconds_that_several_intervals_cover_count_once() -> None:
    found = match(interval(10.0, 30.0), interval(20.0, 35.0, reference=100.0), interval(50.0, 51.0))
    assert matched_s(found) == 26.0
    assert holds(Conditions(matched_seconds=26), found)
    assert not holds(Conditions(matched_seconds=36), found)


@pytest.mark.parametrize(
    ("library", "action"), [("films", Action.TRACK), ("bans", Action.REVIEW), ("unknown", Action.TRACK)]
)
def test_without_a_policy_the_librarys_purpose_decides(library: str, action: Action) -> None:
    assert led_to(rules().rule(match(library=library))) == (action, "")
    assert led_to(rules(policy("never", when={"similarity": 1}, library=library)).rule(match(library=library))) == (
        action,
        "",
    )


def test_the_first_policy_by_position_that_holds_decides() -> None:
    first = policy("z", Action.REVIEW, position=10, when={"similarity": 0.95})
    second, third = policy("b", Action.ALLOW, position=20), policy("a", Action.BLOCK, position=30)
    assert led_to(rules(third, second, first).rule(match())) == (Action.ALLOW, "b")
    assert led_to(rules(third, second, first).rule(match(similarity=0.96))) == (Action.REVIEW, "z")


def test_of_equal_positions_the_name_says_the_order() -> None:
    a, b = policy("a", Action.TRACK, position=10), policy("b", Action.BLOCK, position=10)
    assert led_to(rules(b, a).rule(match())) == led_to(rules(a, b).rule(match())) == (Action.TRACK, "a")


def test_policies_of_a_purpose_stand_among_those_of_the_library() -> None:
    own = policy("own", Action.BLOCK, position=20)
    wide = policy("wide", Action.REVIEW, position=10, purpose=Purpose.ORIGINAL)
    other = policy("other", Action.ALLOW, position=1, purpose=Purpose.BLOCKLIST)
    found = rules(own, wide, other)
    assert [one.name for one in found.of_library("films")] == ["wide", "own"]
    assert led_to(found.rule(match())) == (Action.REVIEW, "wide")
    assert led_to(found.rule(match(library="bans"))) == (Action.ALLOW, "other")
    assert found.of_library("unknown") == []


def test_a_policy_that_is_for_nothing_decides_on_nothing() -> None:
    assert led_to(rules(policy("lost", library=None)).rule(match())) == (Action.TRACK, "")


def test_a_policy_that_is_off_is_passed_over() -> None:
    off, on = policy("a", position=1, mode=PolicyMode.OFF), policy("b", Action.REVIEW, position=2)
    ruling = rules(off, on).rule(match())
    assert (led_to(ruling), ruling.shadow_action) == ((Action.REVIEW, "b"), None)


def test_a_policy_in_shadow_is_recorded_and_not_acted_on() -> None:
    tried, on = policy("tried", position=1, mode=PolicyMode.SHADOW), policy("on", Action.REVIEW, position=2)
    ruling = rules(tried, on).rule(match())
    assert led_to(ruling) == (Action.REVIEW, "on")
    assert (ruling.shadow_action, ruling.shadow_policy) == (Action.BLOCK, "tried")
    alone = rules(tried).rule(match())
    assert (led_to(alone), alone.shadow_action) == ((Action.TRACK, ""), Action.BLOCK)


@pytest.mark.parametrize(
    "policies",
    [
        [policy("on", Action.REVIEW, position=1), policy("tried", position=2, mode=PolicyMode.SHADOW)],
        [policy("tried", when={"similarity": 1}, mode=PolicyMode.SHADOW)],
        [policy("tried", Action.TRACK, mode=PolicyMode.SHADOW)],
    ],
    ids=["behind one that decides", "does not hold", "leads to the same"],
)
def test_a_policy_in_shadow_that_makes_no_difference_is_not_recorded(policies: list[Policy]) -> None:
    ruling = rules(*policies).rule(match())
    assert (ruling.shadow_action, ruling.shadow_policy) == (None, "")


def test_of_two_policies_in_shadow_the_first_one_that_holds_is_recorded() -> None:
    first = policy("first", Action.REVIEW, position=1, mode=PolicyMode.SHADOW)
    second = policy("second", Action.BLOCK, position=2, mode=PolicyMode.SHADOW)
    ruling = rules(second, first).rule(match())
    assert (ruling.shadow_action, ruling.shadow_policy) == (Action.REVIEW, "first")


@pytest.mark.parametrize(
    ("action", "becomes"),
    [
        (Action.BLOCK, Action.REVIEW),
        (Action.REVIEW, Action.REVIEW),
        (Action.TRACK, Action.TRACK),
        (Action.ALLOW, Action.ALLOW),
    ],
)
def test_a_reference_that_is_set_aside_leads_to_a_review_at_the_most(action: Action, becomes: Action) -> None:
    set_aside = frozenset({("films", "film")})
    assert rules(policy("p", action), quarantined=set_aside).rule(match()).action is becomes
    assert rules(policy("p", action), quarantined=set_aside).rule(match(media_id="other")).action is action
    tried = rules(policy("p", action, mode=PolicyMode.SHADOW), quarantined=set_aside).rule(match())
    assert tried.shadow_action is (None if becomes is Action.TRACK else becomes)


def test_a_pair_that_a_person_has_allowed_leads_to_that_beside_what_the_policies_say() -> None:
    allowed = frozenset({("films", "film")})
    found = rules(policy("p"), policy("tried", Action.REVIEW, position=1, mode=PolicyMode.SHADOW), allowed=allowed)
    ruling = found.rule(match())
    assert (ruling.effective, ruling.dismissed) == (Action.ALLOW, False)
    assert (led_to(ruling), ruling.shadow_action) == ((Action.BLOCK, "p"), Action.REVIEW)
    assert replace(found, quarantined=allowed).rule(match()).effective is Action.ALLOW
    assert found.rule(match(media_id="other")).effective is Action.BLOCK


def test_a_pair_that_a_person_has_dismissed_is_marked_and_decides_nothing() -> None:
    found = rules(policy("p"), dismissed=frozenset({"film"}))
    ruling = found.rule(match())
    assert (ruling.dismissed, ruling.action) == (True, Action.BLOCK)
    assert strongest([ruling]) is None
    assert strongest([ruling, rules().rule(match(media_id="other"))]) == rules().rule(match(media_id="other"))


def test_a_match_that_was_found_later_is_marked() -> None:
    assert rules().rule(match(), retroactive=True).retroactive
    assert not rules().rule(match()).retroactive


def test_rules_about_another_media_item_go_by_the_same_order_and_those_of_other_policies_by_theirs() -> None:
    found = rules(policy("p"))
    assert replace(found, allowed=frozenset({("films", "film")})).rule(match()).permitted
    assert led_to(replace(found, policies=(policy("q", Action.REVIEW),)).rule(match())) == (Action.REVIEW, "q")
    unknown = replace(rules(policy("wide", purpose=Purpose.ORIGINAL)), libraries={})
    assert led_to(unknown.rule(match())) == (Action.TRACK, "")


def test_a_thousand_policies_are_sorted_once_for_a_thousand_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"order_of": 0, "matched_s": 0}

    def count(name: str) -> None:
        function = getattr(module, name)

        def counted(value: Any) -> Any:
            calls[name] += 1
            return function(value)

        monkeypatch.setattr(module, name, counted)

    count("order_of")
    count("matched_s")
    many = [policy(f"p{number}", position=number, when={"similarity": 0.95}) for number in range(999)]
    found = rules(*many, policy("last", Action.REVIEW, position=5000))
    for number in range(1000):
        about = replace(found, dismissed=frozenset({f"other {number}"}))
        assert led_to(about.rule(match(media_id=f"film {number}"))) == (Action.REVIEW, "last")
    assert calls == {"order_of": 1000, "matched_s": 1000}


actions, tracks, shares = st.sampled_from(Action), st.sampled_from(Track), st.floats(0, 1)
rulings = st.lists(
    st.builds(
        Ruling,
        library=st.just("films"),
        reference=st.just("film"),
        action=actions,
        dismissed=st.booleans(),
        permitted=st.booleans(),
    )
)


@given(seen=rulings, more=rulings)
def test_an_outcome_grows_no_weaker_by_what_is_found_besides(seen: list[Ruling], more: list[Ruling]) -> None:
    before, after = strongest(seen), strongest([*seen, *more])
    assert (after.effective.strength if after else 0) >= (before.effective.strength if before else 0)
    assert after is None or not after.dismissed


@st.composite
def parts(draw: st.DrawFn) -> tuple[float, list[Match]]:
    """Return an input's length, and what each of its parts has shown of one reference, with shares as engines say."""
    length, found = draw(st.floats(1.0, REFERENCE_S)), []
    for _ in range(draw(st.integers(1, 6))):
        spans = draw(st.lists(st.tuples(st.floats(0, 0.9), st.floats(0.01, 0.1), tracks), min_size=1, max_size=4))
        intervals = [
            interval(start * length, (start + share) * length, reference=start * length, track=track)
            for start, share, track in spans
        ]
        found.append(
            match(
                *intervals,
                similarity=draw(st.floats(0.5, 1)),
                track=track_of(intervals),
                input_coverage=1.0,
                reference_coverage=round(covered(intervals) / REFERENCE_S, 4),
            )
        )
    return length, found


def covered(intervals: Iterable[Interval]) -> float:
    spans = ((one.reference_start, one.reference_end) for one in intervals)
    return module.covered_s(spans)


def track_of(intervals: Sequence[Interval]) -> Track:
    found = {one.track for one in intervals}
    return found.pop() if len(found) == 1 else Track.BOTH


@given(parts())
def test_what_is_certain_of_a_pair_only_grows_and_is_never_more_than_the_whole_shows(
    seen: tuple[float, list[Match]],
) -> None:
    duration, found = seen
    steps = [combined(found[: number + 1], duration) for number in range(len(found))]
    for before, after in pairwise(steps):
        assert after.input_coverage >= before.input_coverage
        assert after.reference_coverage >= before.reference_coverage
        assert after.similarity >= before.similarity
        assert matched_s(after) >= matched_s(before) - 1e-6
        assert STRENGTH[after.track] >= STRENGTH[before.track]
    whole = steps[-1].intervals
    assert steps[-1].input_coverage <= min(1.0, matched_s(steps[-1]) / duration) + 1e-9
    assert steps[-1].reference_coverage <= round(covered(whole) / REFERENCE_S, 4) + 1e-9
    assert len(whole) == sum(len(one.intervals) for one in found)


@given(
    parts(),
    st.lists(
        st.builds(
            Conditions,
            similarity=shares,
            input_coverage=shares,
            reference_coverage=shares,
            track=st.sampled_from([TrackCondition.ANY, TrackCondition.PICTURE, TrackCondition.BOTH]),
        )
    ),
)
def test_where_stronger_actions_come_first_an_outcome_grows_no_weaker_while_an_input_is_seen(
    seen: tuple[float, list[Match]], asked: list[Conditions]
) -> None:
    duration, found = seen
    policies = [policy(f"p{number}", list(Action)[min(number, 1)], position=number) for number in range(len(asked))]
    found_rules = rules(*(msgspec.structs.replace(one, when=when) for one, when in zip(policies, asked, strict=True)))
    strengths = [
        found_rules.rule(combined(found[: number + 1], duration)).action.strength for number in range(len(found))
    ]
    assert strengths == sorted(strengths)


def test_coverage_of_a_part_is_taken_for_what_it_is_of_the_whole_input() -> None:
    first = match(interval(0.0, 20.0), input_coverage=1.0, reference_coverage=0.5)
    second = match(interval(30.0, 40.0, reference=30.0), input_coverage=0.5, reference_coverage=0.25)
    assert combined([first], 100.0).input_coverage == 0.2
    both = combined([first, second], 100.0)
    assert (both.input_coverage, both.reference_coverage) == (0.3, 0.7499)
    assert combined([first], 0.0).input_coverage == 0.0


def test_a_small_share_that_was_rounded_makes_no_long_reference_of_a_short_one() -> None:
    tiny = match(interval(0.0, 1.0), reference_coverage=0.0)
    large = match(interval(10.0, 50.0, reference=10.0), reference_coverage=0.8)
    assert combined([tiny], 100.0).reference_coverage == 0.0
    assert combined([tiny, large], 100.0).reference_coverage >= 0.8


def test_picture_here_and_sound_there_are_no_agreement_of_the_two() -> None:
    sound, picture, both = (match(track=track) for track in (Track.SOUND, Track.PICTURE, Track.BOTH))
    assert combined([sound, sound], 100.0).track is Track.SOUND
    assert combined([sound, picture], 100.0).track is Track.PICTURE
    assert combined([sound, both], 100.0).track is Track.BOTH
