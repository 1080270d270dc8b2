"""What is asked for is made once, kept while it is true, and told in words where there is none."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pytest
from support.examples import job as example_job
from support.media_server import MediaServer
from support.read_model import JobTombstone, ReadModel

from fingerprint.media.errors import MediaError
from fingerprint.media.limits import MediaLimits
from fingerprint.model import Fingerprint
from schemas.errors import ErrorCode
from schemas.jobs import UPLOADED, Job
from streams.adapters.decoder.previews.lane import PreviewLane
from streams.adapters.storage.fsspec_store import open_store
from streams.adapters.storage.preview_cache import PreviewCache
from streams.domain.preview_errors import (
    BusyPreviewsError,
    MediaGoneError,
    MediaRefusedError,
    NothingToSeeError,
    NotShowableError,
)
from streams.egress.policy import SourcePolicy
from streams.ports.decoder_errors import DecoderEndedError, DecoderNotStartedError
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.previews import Form, NothingThereError, PreviewMade, SpanTooLongError
from streams.readmodel.changes import Change
from streams.services import previews as module
from streams.services.previews import Previews, Shown

PATIENCE_S = 30.0


@dataclass(eq=False)
class FakePreviewer:
    """Makes a file that says what it was made of."""

    made: list[str] = field(default_factory=list)
    fails: list[BaseException] = field(default_factory=list)
    form: Form = Form.ENCODED
    begins: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    budget: Any = None

    def preview(
        self,
        source: BinaryIO,
        start: float,
        end: float | None,
        limits: MediaLimits,  # noqa: ARG002 (the port's)
        *,
        may_be_original: bool,
        sink: Callable[[bytes], None],
    ) -> PreviewMade:
        self.begins.set()
        assert self.goes_on.wait(PATIENCE_S)
        if self.fails:
            raise self.fails.pop()
        self.made.append(f"{source.read().decode()} {start} {end}")
        if self.form is Form.ORIGINAL and may_be_original:
            return PreviewMade(Form.ORIGINAL, 0.0)
        sink(self.made[-1].encode())
        return PreviewMade(Form.COPY, start / 2)

    def frame(self, source: BinaryIO, at: float, height: int, limits: MediaLimits) -> bytes:  # noqa: ARG002 (the port's)
        self.made.append(f"{source.read().decode()} {at} {height}")
        return self.made[-1].encode()

    def interrupt(self) -> None:
        self.goes_on.set()

    def close(self) -> None: ...


@pytest.fixture
def fake() -> FakePreviewer:
    fake = FakePreviewer()
    fake.goes_on.set()
    return fake


@pytest.fixture
def media(tmp_path: Path) -> Path:
    path = tmp_path / "media" / "a.mp4"
    path.parent.mkdir()
    path.write_bytes(b"video")
    return path


@pytest.fixture
def make(tmp_path: Path, model: ReadModel, fake: FakePreviewer) -> Iterator[Callable[..., Previews]]:
    made: list[Previews] = []

    def previews(places: str = "", *, waiting: int = 4) -> Previews:
        lanes = [PreviewLane(lambda: fake, slots=1, most_waiting=waiting, cpu_s=9.0, wall_s=60.0) for _ in range(2)]
        made.append(
            Previews(
                model,
                open_store(str(tmp_path / "store")),
                policy=SourcePolicy.parse(places or str(tmp_path / "media")),
                limits=MediaLimits(),
                previews=lanes[0],
                frames=lanes[1],
                cache=PreviewCache(tmp_path / "previews", 2**20),
            )
        )
        return made[-1]

    yield previews
    for one in made:
        one.stop()


@pytest.fixture
def previews(make: Callable[..., Previews]) -> Previews:
    return make()


def _job(model: ReadModel, url: Path | str, job_id: str = "j1") -> Job:
    found = example_job(job_id)
    found = msgspec.structs.replace(found, request=msgspec.structs.replace(found.request, file_url=str(url)))
    model.apply(jobs=[found])
    return found


def _read(shown: Shown) -> bytes:
    return shown.file.read(0, shown.file.size)


async def test_what_was_made_is_kept_and_told_apart_by_what_was_asked(
    previews: Previews, model: ReadModel, media: Path, fake: FakePreviewer
) -> None:
    job = _job(model, media)
    first = await previews.preview(job, 4.0, 9.0)
    again = await previews.preview(job, 4.0, 9.0)
    assert _read(first) == _read(again) == b"video 4.0 9.0"
    assert (first.cached, again.cached) == (False, True)
    assert first.tag == again.tag
    assert (again.form, again.start) == (Form.COPY, 2.0)
    other = await previews.preview(job, 4.0, None)
    frame = await previews.frame(job, 4.0, 180)
    assert (_read(other), _read(frame)) == (b"video 4.0 None", b"video 4.0 180")
    assert len({first.tag, other.tag, frame.tag}) == len(fake.made) == 3


async def test_media_that_changed_is_not_answered_from_what_was_made_of_it_before(
    previews: Previews, model: ReadModel, media: Path, fake: FakePreviewer
) -> None:
    job = _job(model, media)
    before = await previews.preview(job)
    media.write_bytes(b"other")
    after = await previews.preview(job)
    assert _read(after) == b"other 0.0 None"
    assert before.tag != after.tag
    os.utime(media, ns=(1, 1))
    await previews.preview(job)
    assert len(fake.made) == 3


async def test_media_that_plays_is_sent_itself_and_that_it_does_is_kept(
    previews: Previews, model: ReadModel, media: Path, fake: FakePreviewer
) -> None:
    fake.form = Form.ORIGINAL
    job = _job(model, media)
    first, again = await previews.preview(job), await previews.preview(job)
    assert _read(first) == _read(again) == b"video"
    assert (again.form, again.cached, again.start, first.tag) == (Form.ORIGINAL, True, 0.0, again.tag)
    assert len(fake.made) == 1


async def test_two_who_ask_for_one_thing_at_once_have_it_made_once(
    previews: Previews, model: ReadModel, media: Path, fake: FakePreviewer
) -> None:
    job = _job(model, media)
    fake.goes_on.clear()
    asked = [asyncio.create_task(previews.preview(job)) for _ in range(5)]
    assert await asyncio.to_thread(fake.begins.wait, PATIENCE_S)
    asked[0].cancel()  # one goes away; the others get theirs
    await asyncio.sleep(0)
    fake.goes_on.set()
    shown = await asyncio.gather(*asked[1:])
    assert {_read(one) for one in shown} == {b"video 0.0 None"}
    assert len(fake.made) == 1


async def test_one_that_waits_for_its_turn_for_too_long_is_told_to_come_back(
    make: Callable[..., Previews],
    model: ReadModel,
    media: Path,
    fake: FakePreviewer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    previews = make(waiting=1)
    job = _job(model, media)
    fake.goes_on.clear()
    first = asyncio.create_task(previews.preview(job))
    assert await asyncio.to_thread(fake.begins.wait, PATIENCE_S)
    monkeypatch.setattr(module, "PATIENCE_S", 0.01)
    with pytest.raises(BusyPreviewsError):
        await previews.preview(job, 1.0)
    fake.goes_on.set()
    assert _read(await first) == b"video 0.0 None"
    assert len(fake.made) == 1
    monkeypatch.undo()
    assert _read(await previews.preview(job, 1.0)) == b"video 1.0 None"


@pytest.mark.parametrize(
    ("failure", "expected", "said"),
    [
        (SpanTooLongError(700.0), NotShowableError, "'start' and 'end'"),
        (NothingThereError(), NothingToSeeError, "nothing to show"),
        (MemoryError(), NotShowableError, "memory"),
        (DecoderEndedError(-11), NotShowableError, "decoder failed"),
        (DecoderEndedError(-24), NotShowableError, "shorter span"),
        (TimeoutError(), NotShowableError, "shorter span"),
        (MediaError(ErrorCode.RESOURCE_CONTENT_BAD, "broken"), NotShowableError, "broken"),
    ],
)
async def test_what_cannot_be_made_is_told_in_words_and_the_next_one_is_made(
    previews: Previews,
    model: ReadModel,
    media: Path,
    fake: FakePreviewer,
    *,
    failure: BaseException,
    expected: type[Exception],
    said: str,
) -> None:
    job = _job(model, media)
    fake.fails.append(failure)
    with pytest.raises(expected, match=said):
        await previews.preview(job)
    assert _read(await previews.preview(job)) == b"video 0.0 None"


async def test_a_decoder_that_cannot_be_started_is_the_machines_fault(
    previews: Previews, model: ReadModel, media: Path, fake: FakePreviewer
) -> None:
    fake.fails.append(DecoderNotStartedError("no processes"))
    with pytest.raises(NeighbourAwayError) as caught:
        await previews.preview(_job(model, media))
    assert caught.value.neighbour is Neighbour.PROCESSES


async def test_media_that_is_gone_refused_or_no_media_is_told_as_that(
    previews: Previews, model: ReadModel, media: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(b"secret")
    with pytest.raises(MediaRefusedError):
        await previews.preview(_job(model, outside))
    with pytest.raises(MediaGoneError):
        await previews.preview(_job(model, media.parent / "gone.mp4"))
    with pytest.raises(MediaGoneError, match="until its end"):
        await previews.preview(_job(model, UPLOADED))
    media.write_bytes(Fingerprint(duration=1.0).to_bytes())
    with pytest.raises(NothingToSeeError, match="fingerprint"):
        await previews.frame(_job(model, media), 0.0, 180)


async def test_what_was_sent_along_is_shown_while_it_is_there(
    previews: Previews, model: ReadModel, tmp_path: Path
) -> None:
    job = _job(model, UPLOADED)
    upload = tmp_path / "upload"
    upload.write_bytes(b"sent")
    with upload.open("rb") as file:
        open_store(str(tmp_path / "store")).put_upload(job.job_id, file)
    assert _read(await previews.preview(job)) == b"sent 0.0 None"


async def test_what_was_made_goes_with_its_job(
    previews: Previews, make: Callable[..., Previews], model: ReadModel, media: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "previews"
    jobs = [_job(model, media, job_id) for job_id in ("j1", "j2", "j3")]
    for job in jobs:
        await previews.preview(job)
    model.apply(jobs=[JobTombstone("j1")])
    previews.follow([Change(1, "job", "j1"), Change(2, "job", "j2"), Change(3, "match", "j2")])
    while (kept / "j1").exists():
        await asyncio.sleep(0.01)
    assert (kept / "j2").exists()
    model.apply(jobs=[JobTombstone("j2")])  # and nobody follows
    make().tidy()
    assert [path.name for path in kept.iterdir()] == ["j3"]


async def test_media_on_a_server_is_read_within_the_rules_and_asked_for_once_in_a_while(
    make: Callable[..., Previews], model: ReadModel, server: MediaServer, fake: FakePreviewer
) -> None:
    previews = make(server.url)
    server.files["/a.mp4"] = b"remote"
    job = _job(model, f"{server.url}/a.mp4?token=secret")
    assert _read(await previews.preview(job)) == b"remote 0.0 None"
    asked = len(server.seen)
    assert (await previews.preview(job)).cached
    assert len(server.seen) == asked
    fake.form = Form.ORIGINAL
    with pytest.raises(MediaRefusedError) as caught:
        await previews.preview(_job(model, "http://127.0.0.2:1/a.mp4?token=secret", "j2"))
    assert "secret" not in str(caught.value)
    del server.files["/a.mp4"]
    with pytest.raises(MediaGoneError) as gone:
        await previews.preview(_job(model, f"{server.url}/b.mp4?token=secret", "j3"))
    assert "secret" not in str(gone.value)
