"""The task of one chunk: decoded once, stored when its job stores whatever is found, and looked for at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.decoders import InlineDecoder
from support.examples import request
from support.examples import task as task_of
from support.whole_job import SCOPE, make_context, run_job

from fingerprint.model import Chunk
from fingerprint.types import ReferenceKey
from schemas.jobs import SaveType
from schemas.tasks import FingerprintChunk, TaskOutcome
from streams.domain.search_scope import Scope
from streams.pipeline.tasks.context import TaskContext
from streams.pipeline.tasks.fingerprint import fingerprint

VERSION = 7


@dataclass
class Decoder(InlineDecoder):
    """Counts what it decodes."""

    chunks: int = 0

    def fingerprint(self, *arguments: Any, **options: Any) -> Chunk:
        self.chunks += 1
        return super().fingerprint(*arguments, **options)


@pytest.fixture
def decoder() -> Decoder:
    return Decoder()


@pytest.fixture
def context(tmp_path: Path, clip: Path, decoder: Decoder) -> TaskContext:
    return make_context(tmp_path, clip.parent, decoder=decoder)


def chunk(clip: Path, media_id: str = "video", **asked: Any) -> FingerprintChunk:
    wanted = request(f"job-{media_id}", media_id=media_id, file_url=clip.as_uri(), **asked)
    return task_of(FingerprintChunk, wanted, version=VERSION, end=4.0)


def stored(context: TaskContext) -> set[ReferenceKey]:
    return {key for key, _, _ in context.vectors._rows}  # type: ignore[attr-defined]


def test_a_chunk_that_was_made_before_is_not_decoded_again(context: TaskContext, clip: Path, decoder: Decoder) -> None:
    first, again = (fingerprint(chunk(clip), context) for _ in range(2))
    assert decoder.chunks == 1
    assert first.result == again.result
    assert first.result.outcome is TaskOutcome.DONE
    assert first.result.metrics.windows > 0


def test_a_part_that_cannot_be_read_is_made_anew(context: TaskContext, clip: Path, decoder: Decoder) -> None:
    whole = fingerprint(chunk(clip), context).result
    context.store.put_part("job-video", 0, b"half of")
    assert fingerprint(chunk(clip), context).result == whole
    assert decoder.chunks == 2


@pytest.mark.parametrize(
    ("save_type", "stores"),
    [
        (SaveType.FORCESAVE, True),
        (SaveType.ONLYSAVE, True),
        (SaveType.SAVE, False),
        (SaveType.NOSAVE, False),
    ],
)
def test_windows_are_stored_at_once_where_they_are_stored_whatever_is_found(
    context: TaskContext, clip: Path, save_type: SaveType, *, stores: bool
) -> None:
    fingerprint(chunk(clip, save_type=save_type), context)
    assert stored(context) == ({ReferenceKey("default", "video", VERSION)} if stores else set())


def test_where_the_job_may_not_replace_what_is_held_nothing_is_stored_before_the_last_task_has_judged(
    context: TaskContext, clip: Path
) -> None:
    fingerprint(chunk(clip), replace(context, scope=Scope(protected="digest of what is held")))
    assert stored(context) == set()


@pytest.mark.parametrize(("save_type", "found"), [(SaveType.NOSAVE, ["original"]), (SaveType.ONLYSAVE, [])])
def test_what_a_chunk_copies_is_told_at_once_unless_the_job_only_stores(
    context: TaskContext, clip: Path, save_type: SaveType, found: list[str]
) -> None:
    run_job(context, clip, media_id="original")
    report = fingerprint(chunk(clip, "copy", save_type=save_type), replace(context, scope=SCOPE))
    assert [match.media_id for match in report.result.matches] == found


def test_a_chunk_copies_nothing_of_its_own_media(context: TaskContext, clip: Path) -> None:
    run_job(context, clip, media_id="video")
    assert fingerprint(chunk(clip, "video"), replace(context, scope=SCOPE)).result.matches == ()


def test_a_chunk_far_into_the_media_is_told_from_the_first(context: TaskContext, clip: Path) -> None:
    fingerprint(chunk(clip), context)
    fingerprint(msgspec.structs.replace(chunk(clip), chunk=3, start=2.0), context)
    assert context.store.get_part("job-video", 3) not in {None, context.store.get_part("job-video", 0)}
