"""Cases: what follows from matches, libraries and decisions, in whatever order they are heard of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cases import decided, forget_everything, found, id_of, item, match, ruling, seen
from support.examples import job
from support.read_model import GoneItem, GoneLibrary, JobTombstone, ReadModel

from schemas.cases import Assignment, CaseState, DecisionKind
from schemas.ids import case_id
from schemas.jobs import Job, JobStatus, SaveType
from schemas.libraries import Library, item_key
from schemas.policies import Action
from streams.readmodel.cases import Case, CaseFilter, CaseOrder
from streams.readmodel.pagination import BadCursor
from streams.readmodel.projection import Record

BLOCK, REVIEW, TRACK, ALLOW = Action
FILM = item("film")


def case(model: ReadModel, reference: str = "film") -> Case:
    known = model.cases.get(id_of(reference))
    assert known is not None
    return known


@pytest.fixture
def blocked(model: ReadModel) -> ReadModel:
    """A read model that knows of a blocked film in a video."""
    model.apply(items=[FILM], jobs=[found("j1", {"film": BLOCK})])
    return model


def test_a_match_that_goes_to_people_opens_a_case(blocked: ReadModel) -> None:
    known = case(blocked)
    assert (known.state, known.action, known.policy, known.job_id) == (CaseState.OPEN, BLOCK, "to-block", "j1")
    assert known.match == match("film")
    assert (known.opened, known.decisions, known.assignee) == ("2026-11-23T08:00:00.000Z", [], "")


@pytest.mark.parametrize("action", [TRACK, ALLOW])
def test_a_match_that_goes_to_nobody_opens_none(model: ReadModel, action: Action) -> None:
    model.apply(items=[FILM], jobs=[found("j1", {"film": action})])
    assert model.cases.page().cases == []


def test_a_job_of_before_there_were_policies_opens_none(model: ReadModel) -> None:
    model.apply(items=[FILM], jobs=[found("j1", {"film": BLOCK}, rulings=())])
    assert model.cases.page().cases == []


def test_a_pair_that_is_dismissed_from_the_other_side_opens_none(model: ReadModel) -> None:
    rulings = (ruling("film", BLOCK, dismissed=True),)
    model.apply(items=[FILM], jobs=[found("j1", {"film": BLOCK}, rulings=rulings)])
    assert model.cases.page().cases == []


def test_a_live_match_opens_a_case_before_the_job_ends(model: ReadModel) -> None:
    model.apply(items=[FILM], jobs=[job("j1", JobStatus.PROCESSING)], live=[seen("j1", "film", BLOCK)])
    assert (case(model).state, case(model).action, case(model).job_id) == (CaseState.OPEN, BLOCK, "j1")
    model.apply(jobs=[found("j1", {"film": REVIEW}, update_time="2026-11-23T08:00:05.000Z")])
    assert (case(model).state, case(model).action) == (CaseState.OPEN, REVIEW)


def test_a_live_match_that_leads_to_nothing_opens_none(model: ReadModel) -> None:
    live = [seen("j1", "film"), seen("j1", "film", TRACK, chunk=1)]
    model.apply(items=[FILM], jobs=[job("j1", JobStatus.PROCESSING)], live=live)
    assert model.cases.page().cases == []


def test_a_case_of_a_job_that_fails_closes_and_shows_what_was_seen(model: ReadModel) -> None:
    model.apply(items=[FILM], jobs=[job("j1", JobStatus.PROCESSING)], live=[seen("j1", "film", BLOCK)])
    model.apply(jobs=[job("j1", JobStatus.FAIL, update_time="2026-11-23T08:00:05.000Z")])
    assert (case(model).state, case(model).action, case(model).match) == (CaseState.CLOSED, BLOCK, match("film"))
    assert "does not find" in case(model).closed_because


def test_the_newest_version_of_the_input_is_what_a_case_shows(blocked: ReadModel) -> None:
    longer = match("film", similarity=0.99)
    newer = found("j3", {"film": REVIEW}, version=3, matches=(longer,))
    blocked.apply(jobs=[newer, found("j2", {"film": BLOCK}, version=2)])
    assert (case(blocked).job_id, case(blocked).action, case(blocked).match) == ("j3", REVIEW, longer)


def test_a_case_stays_with_the_action_that_its_pair_has_now(blocked: ReadModel) -> None:
    blocked.apply(jobs=[found("j2", {"film": TRACK}, version=2)])
    assert (case(blocked).state, case(blocked).action) == (CaseState.OPEN, TRACK)


def test_what_is_found_later_is_said_to_be(model: ReadModel) -> None:
    stored = job("j1", save_type=SaveType.ONLYSAVE)
    model.apply(items=[FILM], jobs=[stored], live=[seen("j1", "film", BLOCK, retroactive=True)])
    assert model.cases.page().cases == []
    rulings = (ruling("film", BLOCK, retroactive=True),)
    later = "2026-11-23T09:00:00.000Z"
    model.apply(jobs=[msgspec.structs.replace(stored, matches=(match("film"),), rulings=rulings, update_time=later)])
    assert (case(model).state, case(model).retroactive, case(model).opened) == (CaseState.OPEN, True, later)


def test_a_job_that_says_anew_what_it_has_found_closes_what_it_finds_no_more(blocked: ReadModel) -> None:
    blocked.apply(jobs=[found("j1", {}, update_time="2026-11-23T09:00:00.000Z")])
    assert (case(blocked).state, case(blocked).match) == (CaseState.CLOSED, match("film"))


def test_a_newer_job_that_only_stores_closes_nothing(blocked: ReadModel) -> None:
    blocked.apply(jobs=[job("j2", version=2, save_type=SaveType.ONLYSAVE)])
    assert case(blocked).state is CaseState.OPEN


def closings() -> dict[str, tuple[dict[str, list[object]], dict[str, list[object]], str]]:
    """Return what closes a case, what opens it again, and what is said in between."""
    again = found("j3", {"film": BLOCK}, version=3)
    return {
        "the input is other than before": ({"jobs": [job("j2", version=2)]}, {"jobs": [again]}, "does not find"),
        "the reference is removed": ({"items": [GoneItem("films", "film")]}, {"items": [FILM]}, "lacks"),
        "the library is deleted": ({"libraries": [GoneLibrary("films")]}, {"items": [FILM]}, "lacks"),
        "the input is deleted": ({"jobs": [JobTombstone("j1")]}, {"jobs": [again]}, "deleted"),
    }


@pytest.mark.parametrize("how", closings())
@pytest.mark.parametrize("kinds", [(), (DecisionKind.COPY,), (DecisionKind.ESCALATE,)])
def test_a_case_without_its_match_closes_and_is_where_it_was_with_it(
    blocked: ReadModel, how: str, kinds: Sequence[DecisionKind]
) -> None:
    closes, opens, said = closings()[how]
    blocked.apply(libraries=[Library(name="films")], decisions=decided(kinds, "film"))
    before = case(blocked).state
    blocked.apply(**closes)
    assert (case(blocked).state, said in case(blocked).closed_because) == (CaseState.CLOSED, True)
    assert case(blocked).match == match("film")
    blocked.apply(**opens)
    assert (case(blocked).state, case(blocked).closed_because) == (before, "")


@pytest.mark.parametrize("how", closings())
def test_what_is_dismissed_stays_dismissed(blocked: ReadModel, how: str) -> None:
    closes, opens, _ = closings()[how]
    blocked.apply(libraries=[Library(name="films")], decisions=decided([DecisionKind.NOT_A_MATCH], "film"))
    for change in (closes, opens):
        blocked.apply(**change)
        assert case(blocked).state is CaseState.DISMISSED


def test_a_job_that_is_under_way_opens_a_closed_case_as_soon_as_it_shows_the_pair(blocked: ReadModel) -> None:
    blocked.apply(jobs=[job("j2", version=2), job("j3", JobStatus.PROCESSING, version=3)])
    assert case(blocked).state is CaseState.CLOSED
    blocked.apply(live=[seen("j3", "film")])
    assert case(blocked).state is CaseState.OPEN


def test_a_copy_that_is_permitted_is_shown_so_until_that_is_taken_back(blocked: ReadModel) -> None:
    made = decided([DecisionKind.ALLOW, DecisionKind.REOPEN], "film")
    blocked.apply(decisions=made[:1])
    assert (case(blocked).state, case(blocked).action) == (CaseState.CONFIRMED, ALLOW)
    blocked.apply(decisions=made)
    assert (case(blocked).state, case(blocked).action, case(blocked).decisions) == (CaseState.OPEN, BLOCK, made)


def test_of_a_case_whose_jobs_are_long_gone_the_decisions_are_known(model: ReadModel) -> None:
    made = decided([DecisionKind.COPY], "film")
    model.apply(decisions=made)
    known = case(model)
    assert (known.state, known.match, known.action, known.decisions) == (CaseState.CLOSED, None, None, made)


def test_who_has_a_case_is_known_before_the_case_is(model: ReadModel) -> None:
    model.apply(assignments=[Assignment(case_id=id_of("film"), assignee="anna", when="2026-11-23T08:00:00.000Z")])
    model.apply(items=[FILM], jobs=[found("j1", {"film": BLOCK})])
    assert case(model).assignee == "anna"
    model.apply(assignments=[Assignment(case_id=id_of("film"), when="2026-11-23T10:00:00.000Z")])
    assert (case(model).assignee, case(model).updated) == ("", "2026-11-23T10:00:00.000Z")


def test_a_change_of_a_case_is_told_once_and_none_is_not(blocked: ReadModel) -> None:
    made = decided([DecisionKind.COPY], "film")
    assert [one.kind for one in blocked.apply(decisions=made)] == ["case"]
    assert blocked.apply(decisions=made) == []
    assert [one.kind for one in blocked.apply(jobs=[job("other", media_id="other")])] == ["job"]


# Lists.

#: Every filter, with a value that the cases of `many` have.
FILTERS = {
    "state": CaseState.OPEN,
    "action": BLOCK,
    "library": "films",
    "reference": "film",
    "media_id": "video-3",
    "assignee": "anna",
    "since": "2026-11-23T08:00:02.000Z",
}


@pytest.fixture
def many(model: ReadModel) -> ReadModel:
    """A read model with a few cases of each kind."""
    model.apply(items=[item("film"), item("series")])
    for number in range(8):
        time = f"2026-11-23T08:00:0{number // 2}.000Z"  # some are equally old
        actions = {"film": (BLOCK, REVIEW)[number % 2], "series": REVIEW}
        media_id = f"video-{number}"
        matches = tuple(match(one, similarity=0.5 + number / 20) for one in actions)
        model.apply(jobs=[found(f"j{number}", actions, media_id=media_id, time=time, matches=matches)])
        if number % 3 == 0:
            assigned = Assignment(case_id=id_of("film", media_id), assignee="anna")
            model.apply(assignments=[assigned], decisions=decided([DecisionKind.COPY], "series", media_id=media_id))
    return model


def listed(model: ReadModel, order: CaseOrder, wanted: CaseFilter = CaseFilter(), limit: int = 3) -> list[Case]:  # noqa: B008 (frozen)
    """Return all cases of a list, read page by page."""
    cases: list[Case] = []
    cursor = None
    while True:
        page = model.cases.page(wanted, order=order, cursor=cursor, limit=limit)
        cases += page.cases
        if (cursor := page.next) is None:
            return cases
        assert len(page.cases) == limit


def severity(one: Case) -> tuple[object, ...]:
    assert one.action is not None
    assert one.match is not None
    return -one.action.strength, -one.match.similarity, one.opened, one.case_id


def age(one: Case) -> tuple[str, str]:
    return one.opened, one.case_id


def test_the_most_severe_cases_come_first_page_by_page(many: ReadModel) -> None:
    found_all = listed(many, CaseOrder.SEVERITY)
    assert found_all == sorted(found_all, key=severity)
    assert len(found_all) == len({one.case_id for one in found_all}) == 16


def test_the_newest_cases_come_first_page_by_page(many: ReadModel) -> None:
    found_all = listed(many, CaseOrder.TIME)
    assert found_all == sorted(found_all, key=age, reverse=True)
    assert len(found_all) == 16


@pytest.mark.parametrize("order", CaseOrder)
@pytest.mark.parametrize("names", [*((name,) for name in FILTERS), ("state", "library", "since"), tuple(FILTERS)])
def test_a_filter_leaves_what_it_names_in_the_same_order(
    many: ReadModel, order: CaseOrder, names: tuple[str, ...]
) -> None:
    wanted = {name: FILTERS[name] for name in names}

    def fits(one: Case) -> bool:
        return all(
            one.opened >= str(value) if name == "since" else getattr(one, name) == value
            for name, value in wanted.items()
        )

    everything = listed(many, order)
    assert listed(many, order, CaseFilter(**wanted), limit=1) == [one for one in everything if fits(one)]


def test_an_empty_assignee_asks_for_what_nobody_has(many: ReadModel) -> None:
    assert {one.assignee for one in listed(many, CaseOrder.TIME, CaseFilter(assignee=""))} == {""}


def test_the_cursor_of_one_order_is_none_of_the_other(many: ReadModel) -> None:
    cursor = many.cases.page(order=CaseOrder.TIME, limit=1).next
    with pytest.raises(BadCursor, match="another list"):
        many.cases.page(order=CaseOrder.SEVERITY, cursor=cursor)


def test_cases_are_counted_by_state(many: ReadModel) -> None:
    counts = {"open": 13, "confirmed": 3, "escalated": 0, "dismissed": 0, "closed": 0}
    assert many.cases.counts() == counts


# In whatever order the topics are read.

#: A message on a partition: which topic it is on, its key, and its value or that what the key names is gone.
Message = tuple[str, str, msgspec.Struct | None]
INPUTS, REFERENCES = ("video", "other"), ("film", "series")
#: How often a topic is read again from some place.
AGAIN = 0.1


def times() -> Iterator[str]:
    """Yield one time after the other."""
    return (f"2026-11-23T08:{number // 60:02}:{number % 60:02}.000Z" for number in range(3600))


@st.composite
def jobs(draw: st.DrawFn, job_id: str, media_id: str, version: int) -> list[Message]:
    """Draw the life of a job."""
    clock = times()
    states: list[Job | None] = [
        job(job_id, status, media_id=media_id, version=version, update_time=next(clock))
        for status in draw(st.sampled_from([(), (JobStatus.INIT,), (JobStatus.INIT, JobStatus.PROCESSING)]))
    ]
    save_type = draw(st.sampled_from([SaveType.FORCESAVE, SaveType.FORCESAVE, SaveType.ONLYSAVE]))
    for _ in range(draw(st.integers(0, 2))):
        actions = draw(st.dictionaries(st.sampled_from(REFERENCES), st.sampled_from(Action)))
        ended = found(job_id, actions, media_id=media_id, version=version, save_type=save_type, update_time=next(clock))
        states.append(ended)
    if draw(st.booleans()) and (not states or (states[-1] is not None and not states[-1].status.ended)):
        states.append(job(job_id, JobStatus.FAIL, media_id=media_id, version=version, update_time=next(clock)))
    if states and draw(st.integers(0, 3)) == 0:
        states.append(None)
    return [("jobs", job_id, state) for state in states]


@st.composite
def lives(draw: st.DrawFn, media_id: str) -> list[Message]:
    """Draw what jobs have shown of an input."""
    clock = times()
    one = st.tuples(
        st.integers(1, 3),
        st.sampled_from(REFERENCES),
        st.sampled_from([None, *Action]),
        st.integers(0, 1),
        st.booleans(),
    )
    return [
        (
            "matches",
            media_id,
            seen(
                f"{media_id}-{number}",
                reference,
                action,
                media_id=media_id,
                chunk=chunk,
                event_time=next(clock),
                retroactive=later and action is None,
            ),
        )
        for number, reference, action, chunk, later in draw(st.lists(one, max_size=4))
    ]


@st.composite
def topics(draw: st.DrawFn) -> list[list[Message]]:
    """Draw what is on each partition, in its order. Every key has one of its own: that leaves most orders."""
    partitions: list[list[Message]] = []
    for media_id in INPUTS:
        partitions += [draw(jobs(f"{media_id}-{version}", media_id, version)) for version in range(1, 4)]
        partitions.append(draw(lives(media_id)))
    deleted = draw(st.booleans())
    for reference in REFERENCES:
        there = [*draw(st.lists(st.booleans(), max_size=3)), *([False] if deleted else [])]
        key = item_key("films", reference)
        partitions.append(
            [("items", key, item(reference, version=number) if held else None) for number, held in enumerate(there)]
        )
        for media_id in INPUTS:
            kinds = draw(st.lists(st.sampled_from(DecisionKind), max_size=3))
            subject = case_id(media_id, "films", reference)
            made = decided(kinds, reference, media_id=media_id)
            partitions.append([("decisions", subject, one) for one in made])
            names = draw(st.lists(st.sampled_from(["anna", "ben", ""]), max_size=2))
            partitions.append(
                [("assignments", subject, Assignment(case_id=subject, assignee=one, when="2026")) for one in names]
            )
    partitions.append(
        [("libraries", "films", Library(name="films")), *([("libraries", "films", None)] if deleted else [])]
    )
    return [partition for partition in partitions if partition]


def record(message: Message) -> Record:
    channel, key, value = message
    return Record(channel, key=key.encode(), value=None if value is None else msgspec.json.encode(value))


def rows(model: ReadModel) -> dict[str, list[tuple[object, ...]]]:
    """Return all that is kept of cases."""
    reader = model._database.read()
    tables = ("cases", "case_matches", "case_jobs", "case_assignments")
    return {name: sorted(tuple(row) for row in reader.execute(f"SELECT * FROM {name}")) for name in tables}  # noqa: S608


@pytest.mark.unmeasured
@given(topics(), st.randoms(use_true_random=False))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.large_base_example, HealthCheck.too_slow],
)
def test_the_same_cases_follow_in_whatever_order_topics_are_read_and_however_often(
    model: ReadModel, partitions: list[list[Message]], chance: Random
) -> None:
    forget_everything(model)
    for message in (message for partition in partitions for message in partition):
        model.project([record(message)], {})
    expected = rows(model)
    forget_everything(model)
    places = dict.fromkeys(range(len(partitions)), 0)
    while left := [number for number, place in places.items() if place < len(partitions[number])]:
        number = chance.choice(left)
        model.project([record(partitions[number][places[number]])], {})
        places[number] += 1
        if chance.random() < AGAIN:
            again = chance.choice(list(places))
            places[again] = chance.randint(0, places[again])
    assert rows(model) == expected
