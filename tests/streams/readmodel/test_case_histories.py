"""What happens to two videos and two films, at random: who is told of which pair, and where its case stands.

The model is a few lines that a moderator could write down. What it is held against is the read model, which projects
every event, and the pure decisions of the agents.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.cases import LIBRARY, command, forget_everything, found, item, seen
from support.examples import job
from support.read_model import GoneItem, GoneLibrary, JobTombstone, ReadModel

from schemas.cases import CaseState, DecisionKind
from schemas.commands import DecideCase
from schemas.ids import case_id
from schemas.jobs import Job, JobStatus
from schemas.libraries import Library
from schemas.policies import Action
from streams.domain.cases import decide
from streams.domain.policies import Rules

#: Each of them can be an input, and each a reference: a pair has two directions.
MEDIA = ("film", "series", "upload")
PAIRS = [(one, other) for one in MEDIA for other in MEDIA if one != other]
#: Random sequences, and the steps of each.
SEQUENCES, STEPS = 1000, 20
#: When a state that follows another one of the same job came to be.
LATER = "2026-11-23T08:00:01.000Z"

Pair = tuple[str, str]


@dataclass
class Moderator:
    """What a moderator would write down.

    Attributes:
        held: What the library holds.
        newest: What the newest search of each input has found, and what each leads to.
        live: What the job of each input that is under way has shown.
        undo: The state of each case before each decision that stands, and what they have put it to last.
        cases: Pairs of which there is a case.
    """

    held: set[str] = field(default_factory=set)
    newest: dict[str, dict[str, Action]] = field(default_factory=dict)
    live: dict[str, set[str]] = field(default_factory=dict)
    undo: dict[Pair, list[CaseState]] = field(default_factory=dict)
    cases: set[Pair] = field(default_factory=set)

    def decided(self, pair: Pair) -> CaseState:
        return self.undo.get(pair, [CaseState.OPEN])[-1]

    def state(self, pair: Pair) -> CaseState:
        media_id, reference = pair
        shown = reference in self.newest.get(media_id, {}) or reference in self.live.get(media_id, set())
        stands = self.decided(pair) is CaseState.DISMISSED or (shown and reference in self.held)
        return self.decided(pair) if stands else CaseState.CLOSED

    def decide(self, pair: Pair, kind: DecisionKind) -> bool:
        """Write a decision down, if it can be made; tell whether."""
        history = self.undo.setdefault(pair, [CaseState.OPEN])
        if kind is DecisionKind.REOPEN:
            if len(history) > 1:
                history.pop()
                return True
            return False
        after = {
            DecisionKind.COPY: CaseState.CONFIRMED,
            DecisionKind.ALLOW: CaseState.CONFIRMED,
            DecisionKind.NOT_A_MATCH: CaseState.DISMISSED,
            DecisionKind.ESCALATE: CaseState.ESCALATED,
        }[kind]
        if history[-1] in {CaseState.CONFIRMED, CaseState.DISMISSED, after}:
            return False
        history.append(after)
        return True

    def reported(self, pair: Pair) -> bool:
        """Whether nobody has said of the pair, in either direction, that it is no match."""
        return CaseState.DISMISSED not in {self.decided(pair), self.decided(pair[::-1])}


class History(RuleBasedStateMachine):
    """Events and decisions, one after the other, to the read model and to the moderator."""

    model: ClassVar[ReadModel]

    def __init__(self) -> None:
        super().__init__()
        self.told = Moderator()
        self.jobs: dict[str, list[str]] = {}
        self.running: dict[str, Job] = {}
        self.version = 0
        self.commands: list[DecideCase] = []

    @initialize()
    def begin(self) -> None:
        forget_everything(self.model)

    @rule(media_id=st.sampled_from(MEDIA))
    def job_begins(self, media_id: str) -> None:
        """An input is fingerprinted, for the first time or anew."""
        self._end(media_id)
        self.version += 1
        began = job(f"j{self.version}", JobStatus.PROCESSING, media_id=media_id, version=self.version)
        self.running[media_id] = began
        self.jobs.setdefault(media_id, []).append(began.job_id)
        self.told.live[media_id] = set()
        self.model.apply(jobs=[began])

    @precondition(lambda self: self.running)
    @rule(data=st.data(), action=st.sampled_from([None, *Action]))
    def job_shows(self, data: st.DataObject, action: Action | None) -> None:
        media_id = data.draw(st.sampled_from(sorted(self.running)))
        reference = data.draw(st.sampled_from([one for one in MEDIA if one != media_id]))
        if not self.told.reported((media_id, reference)):
            return  # the agents leave it out
        live = seen(self.running[media_id].job_id, reference, action, media_id=media_id)
        self.model.apply(live=[live])
        self.told.live[media_id].add(reference)
        if action is not None and action.goes_to_people:
            self.told.cases.add((media_id, reference))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def job_succeeds(self, data: st.DataObject) -> None:
        media_id = data.draw(st.sampled_from(sorted(self.running)))
        others = [one for one in MEDIA if one != media_id]
        actions = data.draw(st.dictionaries(st.sampled_from(others), st.sampled_from(Action)))
        running = self.running.pop(media_id)
        ended = self._ruled(found(running.job_id, actions, media_id=media_id, version=running.version))
        self.model.apply(jobs=[ended])
        self.told.newest[media_id] = actions
        self.told.live.pop(media_id)
        self._write_down(media_id, actions)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def job_fails(self, data: st.DataObject) -> None:
        self._end(data.draw(st.sampled_from(sorted(self.running))))

    @precondition(lambda self: self.told.newest)
    @rule(data=st.data(), action=st.sampled_from(Action))
    def reference_is_found_later(self, data: st.DataObject, action: Action) -> None:
        """A reference that came later is held against an input whose search has ended."""
        media_id = data.draw(st.sampled_from(sorted(self.told.newest)))
        reference = data.draw(st.sampled_from([one for one in MEDIA if one != media_id]))
        known = self.model.jobs.result(media_id)
        if known is None or media_id in self.running:
            return
        actions = {**self.told.newest[media_id], reference: action}
        later = found(known.job_id, actions, media_id=media_id, version=known.version, update_time=LATER)
        self.model.apply(jobs=[self._ruled(later)])
        self.told.newest[media_id] = actions
        self._write_down(media_id, actions)

    @rule(reference=st.sampled_from(MEDIA))
    def reference_is_stored(self, reference: str) -> None:
        """A library comes to hold a reference, or a new version of it."""
        self.version += 1
        self.model.apply(items=[item(reference, version=self.version)])
        self.told.held.add(reference)

    @rule(reference=st.sampled_from(MEDIA))
    def reference_is_removed(self, reference: str) -> None:
        self.model.apply(items=[GoneItem(LIBRARY, reference)])
        self.told.held.discard(reference)

    @rule()
    def library_is_deleted_and_made_anew(self) -> None:
        self.model.apply(libraries=[Library(name=LIBRARY)])
        self.model.apply(items=[GoneItem(LIBRARY, one) for one in MEDIA], libraries=[GoneLibrary(LIBRARY)])
        self.told.held.clear()

    @rule(media_id=st.sampled_from(MEDIA))
    def media_is_deleted(self, media_id: str) -> None:
        """It is taken out of the library, and its jobs are forgotten."""
        self._end(media_id)
        gone = [JobTombstone(job_id) for job_id in self.jobs.pop(media_id, [])]
        self.model.apply(items=[GoneItem(LIBRARY, media_id)], jobs=gone)
        self.told.held.discard(media_id)
        self.told.newest.pop(media_id, None)

    @precondition(lambda self: self.told.cases)
    @rule(data=st.data(), kind=st.sampled_from(DecisionKind), stale=st.booleans())
    def moderator_decides(self, data: st.DataObject, kind: DecisionKind, stale: bool) -> None:  # noqa: FBT001 (drawn)
        """Somebody decides on a case, perhaps on a state that somebody else has changed since."""
        pair = data.draw(st.sampled_from(sorted(self.told.cases)))
        media_id, reference = pair
        made = self.model.decisions.of_case(case_id(media_id, LIBRARY, reference))
        number = max(1, len(made) + 1 - stale)
        asked = command(reference, kind, number, media_id=media_id, job_id=f"c{len(self.commands)}")
        before = len(made)
        self._ask(asked)
        expected = number == before + 1 and self.told.decide(pair, kind)
        after = self.model.decisions.of_case(case_id(media_id, LIBRARY, reference))
        assert len(after) == before + expected

    @precondition(lambda self: self.commands)
    @rule(data=st.data())
    def command_comes_twice(self, data: st.DataObject) -> None:
        self._ask(data.draw(st.sampled_from(self.commands)))

    @invariant()
    def pairs_are_reported_exactly_when_the_moderator_says(self) -> None:
        for media_id, reference in PAIRS:
            left_out = reference in self.model.decisions.dismissed_with(media_id)
            assert left_out is not self.told.reported((media_id, reference))

    @invariant()
    def cases_stand_where_the_moderator_says(self) -> None:
        shown = {(one.media_id, one.reference): one.state for one in self.model.cases.page(limit=100).cases}
        assert shown == {pair: self.told.state(pair) for pair in self.told.cases}

    def _ask(self, asked: DecideCase) -> None:
        """Have the agent decide, by all decisions that there are, and publish what it comes to."""
        self.commands.append(asked)
        decision = decide(asked, self.model.decisions.of_case(case_id(asked.media_id, LIBRARY, asked.reference)))
        if decision is not None:
            self.model.apply(decisions=[decision])

    def _ruled(self, ended: Job) -> Job:
        """Have the agent note which pairs are dismissed, as the rules have it."""
        dismissed = Rules(dismissed=self.model.decisions.dismissed_with(ended.media_id)).dismissed
        rulings = (msgspec.structs.replace(one, dismissed=one.reference in dismissed) for one in ended.rulings)
        return msgspec.structs.replace(ended, rulings=tuple(rulings))

    def _write_down(self, media_id: str, actions: dict[str, Action]) -> None:
        for reference, action in actions.items():
            if action.goes_to_people and self.told.reported((media_id, reference)):
                self.told.cases.add((media_id, reference))

    def _end(self, media_id: str) -> None:
        """The job of an input that is under way comes to nothing."""
        running = self.running.pop(media_id, None)
        if running is not None:
            ended = msgspec.structs.replace(running, status=JobStatus.FAIL, update_time=LATER)
            self.model.apply(jobs=[ended])
            self.told.live.pop(media_id)


@pytest.fixture(autouse=True)
def _model() -> Iterator[None]:
    with TemporaryDirectory() as folder, closing(ReadModel(Path(folder) / "jobs.sqlite")) as model:
        History.model = model
        yield


TestHistory = pytest.mark.unmeasured(History.TestCase)  # what it runs thousands of times counts elsewhere
TestHistory.settings = settings(
    max_examples=SEQUENCES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
