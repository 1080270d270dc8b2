"""A service without a broker that has something stored: a window index in memory, and a real fingerprint store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fingerprint.engine import ALGORITHM
from fingerprint.model import Fingerprint
from fingerprint.picture.embedding import unit
from fingerprint.sound import extractor as sound_extractor
from fingerprint.sound.track import PARAMETERS, SoundTrack
from fingerprint.types import ReferenceKey
from schemas.clock import utc_now
from schemas.jobs import JobStatus, Metrics
from schemas.libraries import Library, LibraryItem
from streams.domain.reconciliation import VersionKey
from streams.domain.search_scope import Assignment
from streams.pipeline.tasks.run import run_task
from streams.pipeline.tasks.search import upsert_windows
from streams.ports.task_report import TaskReport
from streams.services.reconciliation.doctor import Doctor, Report
from streams.services.reconciliation.examination import Order
from streams.services.reconciliation.inspector import Means
from support.examples import job
from support.inline import TOPICS, InlineService
from support.read_model import ReadModel
from support.whole_job import make_context

#: Versions of two hours ago: old enough to be left behind.
OLD = int(time.time() * 1000) - 2 * 3_600_000


def fingerprint_of(windows: int) -> Fingerprint:
    """Return a fingerprint that has some windows of sound."""
    numbers = np.arange(windows, dtype=np.int32)
    vectors = unit(np.random.default_rng(windows).normal(size=(windows, PARAMETERS.vector_length)).astype(np.float32))
    codes = np.clip(np.rint(vectors * sound_extractor.PARAMETERS.code_scale), -127, 127).astype(np.int8)
    starts = np.rint(numbers * sound_extractor.window_step_ms()).astype(np.int32)
    nothing = SoundTrack.nothing()
    sound = SoundTrack(nothing.frames, nothing.bins, numbers, starts, codes)
    return Fingerprint(2.0 * windows, sound=sound)


class Stocked:
    """The service, and what is stored."""

    def __init__(self, model: ReadModel, folder: Path) -> None:
        self.context = make_context(folder)
        self.root = folder / "fingerprints"
        self.inline = InlineService(model, do=self._do)
        self.done: list[Assignment] = []

    @property
    def doctor(self) -> Doctor:
        return self.inline.doctor

    def _do(self, assignment: Assignment) -> TaskReport:
        self.done.append(assignment)
        return run_task(assignment, self.context)

    def hold(
        self,
        media_id: str,
        version: int = OLD,
        *,
        library: str = "default",
        windows: int = 3,
        file_url: str = "file:///a.mp4",
        algorithm: str = ALGORITHM,
    ) -> VersionKey:
        """Have a library hold an item, stored whole by a job."""
        self.store(media_id, version, library=library, windows=windows)
        job_id = f"{library}-{media_id}-{version}"
        metrics = Metrics(windows=windows)
        ended = job(job_id, media_id=media_id, library=library, version=version, metrics=metrics, algorithm=algorithm)
        item = LibraryItem(library=library, media_id=media_id, version=version, job_id=job_id, file_url=file_url)
        self.inline.apply(libraries=[Library(name=library)], jobs=[ended], items=[item])
        return media_id, version

    def store(self, media_id: str, version: int = OLD, *, library: str = "default", windows: int = 3) -> VersionKey:
        """Store a fingerprint and its windows, of which nobody knows."""
        key = ReferenceKey(library, media_id, version)
        made = fingerprint_of(windows)
        self.context.store.put(key, made.to_bytes())
        upsert_windows(self.context.vectors, key, made.windows())
        return media_id, version

    def job(self, media_id: str, version: int = OLD, status: JobStatus = JobStatus.PROCESSING) -> None:
        """Let a job of a version be known."""
        self.inline.apply(
            jobs=[job(f"{media_id}-{version}", status, media_id=media_id, time=utc_now(), version=version)]
        )

    def lose_windows(self, key: VersionKey, library: str = "default") -> None:
        self.context.vectors.delete_version(ReferenceKey(library, *key))

    def lose_fingerprint(self, key: VersionKey, library: str = "default") -> None:
        self.context.store.delete(ReferenceKey(library, *key))

    def stored(self, library: str = "default") -> dict[VersionKey, tuple[int, bool]]:
        """Return of each version how many windows it has, and whether its fingerprint is there."""
        windows = self.context.vectors.count_versions(library).windows
        files = {key[1:] for key in self.context.store.keys(library)}
        return {key: (windows.get(key, 0), key in files) for key in {*windows, *files}}

    async def examine(self, doctor: Doctor | None = None, **order: Any) -> Report:
        """Make a comparison; return what it has found."""
        chosen = doctor or self.doctor
        chosen.examine(Order(**order))
        return await chosen.wait()

    def another_doctor(self, **options: Any) -> Doctor:
        """Return one that is set up in another way."""
        return Doctor(Means(self.inline.model, self.inline, TOPICS, self.inline, self.inline, pause_s=0.0), **options)
