"""What jobs found, as it is told: without the pairs that people have dismissed since, by what links for them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.domain.rulings import as_decided, reported
from streams.domain.verdicts import as_overruled

if TYPE_CHECKING:
    from schemas.jobs import Job
    from streams.readmodel.model import ReadModel

__all__ = ["Results"]


class Results:
    """Brings what a job found up to what people have decided. Every method may be called from any thread."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model

    def told(self, job: Job, *, suppressed: bool = False) -> Job:
        """Return a job as answers tell of it now.

        Args:
            job: The job, as its topic has it.
            suppressed: Whether to keep the pairs that were dismissed; their rulings say so.
        """
        if not job.matches:
            return job
        decisions = self._model.decisions
        dismissed, allowed = decisions.dismissed_with(job.media_id), decisions.allowed(job.media_id)
        decided = (as_decided if suppressed else reported)(job, dismissed=dismissed, allowed=allowed)
        said = self._model.boilerplate.about([job.media_id, *(match.media_id for match in job.matches)])
        return as_overruled(decided, said)
