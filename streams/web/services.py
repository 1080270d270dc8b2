"""What the web needs of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.deliveries import Delivery
    from schemas.jobs import Job, JobRequest
    from streams.ports.fingerprint_store import FingerprintStore
    from streams.readmodel.model import ReadModel
    from streams.services.backward import Searches
    from streams.services.boilerplate import Boilerplate
    from streams.services.cases import Cases
    from streams.services.dead_letters import DeadLetters
    from streams.services.evidence.explanations import Explanations
    from streams.services.idempotency_keys import RequestKeys
    from streams.services.libraries import Libraries
    from streams.services.policies import Policies
    from streams.services.previews import Previews
    from streams.services.reconciliation.doctor import Doctor
    from streams.services.recurring import RecurringContent
    from streams.services.results import Results
    from streams.services.traces import Traces
    from streams.settings import Settings
    from streams.telemetry.neighbours import Neighbours
    from streams.web.auth.authenticator import Authenticator
    from streams.web.live import LiveChanges

__all__ = ["JobCommands", "Services"]


class JobCommands(Protocol):
    """Asks the running service for something."""

    async def submit(self, request: JobRequest) -> Job:
        """Ask for a job; return it once the read model shows it."""
        ...

    async def cancel(self, job: Job) -> None:
        """Ask for a job's end."""
        ...

    async def replay_deliveries(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Ask for callbacks to be delivered once more; return the new states of their deliveries."""
        ...


class Services:
    """The ports that the routes use. Not a dataclass: Litestar would take it apart to validate it."""

    def __init__(
        self,
        *,
        settings: Settings,
        model: ReadModel,
        commands: JobCommands,
        libraries: Libraries,
        policies: Policies,
        previews: Previews,
        dead_letters: DeadLetters,
        cases: Cases,
        boilerplate: Boilerplate,
        evidence: Explanations,
        searches: Searches,
        keys: RequestKeys,
        results: Results,
        traces: Traces,
        recurring: RecurringContent,
        doctor: Doctor,
        store: FingerprintStore,
        live: LiveChanges,
        authenticator: Authenticator,
        neighbours: Neighbours,
        ready: Callable[[], bool],
        held: Callable[[], Sequence[str]],
    ) -> None:
        self.settings = settings
        self.model = model
        self.commands = commands
        self.libraries = libraries
        self.policies = policies
        self.previews = previews
        self.dead_letters = dead_letters
        self.cases = cases
        self.boilerplate = boilerplate
        self.evidence = evidence
        self.searches = searches
        self.keys = keys
        self.results = results
        self.traces = traces
        self.recurring = recurring
        self.doctor = doctor
        self.store = store
        self.live = live
        self.authenticator = authenticator
        self.neighbours = neighbours
        self.ready = ready
        self.held = held
