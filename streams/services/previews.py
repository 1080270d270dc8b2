"""What a browser can show of a job's media: made when it is asked for, kept for a while, never by the event loop."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import structlog
from prometheus_client import Counter

from fingerprint.codec import is_fingerprint
from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from schemas.jobs import UPLOADED
from streams.adapters.decoder.previews.lane import LaneFullError
from streams.adapters.sources.opener import is_local, media_version, open_media
from streams.domain.preview_errors import (
    BusyPreviewsError,
    MediaAwayError,
    MediaGoneError,
    MediaRefusedError,
    NothingToSeeError,
    NotShowableError,
    PreviewError,
)
from streams.ports.decoder_errors import DecoderEndedError, DecoderError, DecoderNotStartedError
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.previews import LONGEST_PREVIEW_S, Form, NothingThereError, PreviewMade, SpanTooLongError
from streams.redaction import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fingerprint.media.limits import MediaLimits
    from schemas.jobs import Job
    from streams.adapters.decoder.previews.lane import PreviewLane
    from streams.adapters.storage.preview_cache import Draft, PreviewCache
    from streams.egress.policy import SourcePolicy
    from streams.ports.fingerprint_store import FingerprintStore
    from streams.ports.previews import Previewer
    from streams.readmodel.changes import Change
    from streams.readmodel.model import ReadModel

    #: Makes something of opened media, and writes it.
    Makes = Callable[[Previewer, BinaryIO, Draft], PreviewMade]

__all__ = ["JPEG", "MP4", "OpenFile", "Previews", "Shown"]

log = structlog.get_logger(__name__)

MADE = Counter("mediadna_previews", "Previews and thumbnails asked for, by what came of it.", ["kind", "result"])

#: Threads that look whether media is still there and what is kept of it. Media on slow servers holds them up, and
#: nobody else.
LOOKING_THREADS = 4
#: Seconds that one waits for its turn. Whoever waits longer is told to come back: a page has given up by then.
PATIENCE_S = 20.0
#: Seconds for which it is believed that media on a server is what it was: a player asks for many ranges in a row.
BELIEVED_S = 60.0
#: Media of which that is remembered.
MOST_BELIEVED = 1000
#: Bytes of media that tell whether it is a fingerprint.
HEAD_BYTES = 64
#: Microseconds, as the start of a preview stands in the name of its file.
US_PER_S = 1_000_000

MP4, JPEG = "video/mp4", "image/jpeg"

T = TypeVar("T")


class OpenFile:
    """A file that is read by position, by any number of readers; it is closed once nobody holds it any more.

    What is kept of it may be deleted meanwhile: who is being sent it gets all of it.
    """

    _number = -1

    def __init__(self, file: BinaryIO) -> None:
        self._number = os.dup(file.fileno())
        found = os.fstat(self._number)
        self.size = found.st_size
        self.changed_ns = found.st_mtime_ns

    def __del__(self) -> None:
        """Close it."""
        if self._number >= 0:
            os.close(self._number)

    def read(self, position: int, size: int) -> bytes:
        """Return bytes from a position; fewer at the end."""
        return os.pread(self._number, size, position)


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be sent to a browser.

    Attributes:
        file: The file.
        tag: Differs for whatever differs in content.
        media_type: What it is.
        form: How it came to be.
        start: Second of the media's own clock that is second 0 of it.
        cached: Whether it had been made before.
    """

    file: OpenFile
    tag: str
    media_type: str
    form: Form
    start: float
    cached: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked for of a job's media.

    Attributes:
        kind: What it is.
        asked: Its parameters, in a form that is the same for the same ones.
        media_type: What a browser takes it for.
    """

    kind: str
    asked: str
    media_type: str

    def prefix(self, version: str) -> str:
        """Return how the name begins that it is kept under, for a version of the media."""
        return hashlib.blake2b(f"{self.kind} {self.asked} {version}".encode(), digest_size=16).hexdigest() + "-"


#: What is kept, empty, of media that plays itself, whatever span of it is asked for.
ITSELF = _Wish("preview", "itself", MP4)


class Previews:
    """Makes and keeps what browsers show of media.

    Args:
        model: Knows the jobs, and so where their media lies.
        store: Holds what was sent along with jobs.
        policy: Where media may be read from.
        limits: What media may cost.
        previews: Makes previews.
        frames: Makes single pictures; beside previews, which take longer.
        cache: Keeps them.
    """

    def __init__(
        self,
        model: ReadModel,
        store: FingerprintStore,
        *,
        policy: SourcePolicy,
        limits: MediaLimits,
        previews: PreviewLane,
        frames: PreviewLane,
        cache: PreviewCache,
    ) -> None:
        self._model = model
        self._store = store
        self._policy = policy
        self._limits = limits
        self._previews = previews
        self._frames = frames
        self._cache = cache
        self._looking = ThreadPoolExecutor(LOOKING_THREADS, thread_name_prefix="preview-look")
        self._making: dict[tuple[str, str], asyncio.Task[Shown]] = {}
        self._forgetting: set[asyncio.Future[None]] = set()
        self._believed: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._stopped = False

    async def preview(self, job: Job, start: float = 0.0, end: float | None = None) -> Shown:
        """Return a file that plays of the span `[start, end)` of a job's media, seconds on the pipeline's clock.

        Raises:
            PreviewError: There is none.
            NeighbourAwayError: The disk is full, the store is away, or no decoder can be started.
        """
        wish = _Wish("preview", f"{start:.6f} {end}", MP4)

        def make(previewer: Previewer, source: BinaryIO, draft: Draft) -> PreviewMade:
            may_be_original = is_local(source)
            return previewer.preview(
                source, start, end, self._limits, may_be_original=may_be_original, sink=draft.write
            )

        return await self._shown(job, wish, self._previews, make)

    async def frame(self, job: Job, at: float, height: int) -> Shown:
        """Return the picture of a second of a job's media, at most so many lines high.

        Raises:
            PreviewError: There is none.
            NeighbourAwayError: The disk is full, the store is away, or no decoder can be started.
        """
        wish = _Wish("frame", f"{at:.3f} {height}", JPEG)

        def make(previewer: Previewer, source: BinaryIO, draft: Draft) -> PreviewMade:
            draft.write(previewer.frame(source, at, height, self._limits))
            return PreviewMade(Form.ENCODED, at)

        return await self._shown(job, wish, self._frames, make)

    def follow(self, changes: Sequence[Change]) -> None:
        """Forget what was made of jobs that are no more. Called in the event loop with what has changed."""
        for job_id in {change.subject for change in changes if change.kind == "job"}:
            if self._cache.has(job_id):
                self._look_after(job_id)

    def tidy(self) -> None:
        """Forget what was made of jobs that have gone while nobody followed."""
        for job_id in self._cache.jobs():
            self._forget_gone(job_id)

    def stop(self) -> None:
        """End what is under way; nothing more is made then."""
        self._stopped = True
        self._previews.stop()
        self._frames.stop()
        self._looking.shutdown(wait=False, cancel_futures=True)

    async def _shown(self, job: Job, wish: _Wish, lane: PreviewLane, make: Makes) -> Shown:
        try:
            found = await self._in_thread(self._look, job, wish)
            shown = found or await self._made(job, wish, lane, make)
        except PreviewError as error:
            MADE.labels(wish.kind, "busy" if isinstance(error, BusyPreviewsError) else "refused").inc()
            raise
        MADE.labels(wish.kind, "kept" if shown.cached else "made").inc()
        return shown

    async def _made(self, job: Job, wish: _Wish, lane: PreviewLane, make: Makes) -> Shown:
        """Have it made; whoever asks for the same thing meanwhile waits for the same making."""
        key = job.job_id, wish.prefix("")
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._turn(job, wish, lane, make), name="preview")
            task.add_done_callback(partial(self._is_made, key))
        return await asyncio.shield(task)

    def _is_made(self, key: tuple[str, str], task: asyncio.Task[Shown]) -> None:
        del self._making[key]
        if not task.cancelled():
            task.exception()  # told to whoever waits; where nobody does any more, that is no fault

    async def _turn(self, job: Job, wish: _Wish, lane: PreviewLane, make: Makes) -> Shown:
        try:
            waiting = lane.submit(lambda previewer: self._make(job, wish, make, previewer))
        except LaneFullError:
            raise _busy() from None
        answer = asyncio.wrap_future(waiting)
        done, _ = await asyncio.wait({answer}, timeout=PATIENCE_S)
        if not done and waiting.cancel():
            raise _busy()
        shown = await answer
        if await self._in_thread(self._model.jobs.get, job.job_id) is None:  # deleted meanwhile
            self._cache.forget(job.job_id)
        return shown

    def _look(self, job: Job, wish: _Wish) -> Shown | None:
        """Return what is kept; None when it is to be made.

        Raises:
            PreviewError: There is nothing to make it of.
        """
        version = self._believed_version(job.job_id)
        if version is not None and (shown := self._kept(job, wish, version, None)) is not None:
            return shown
        with _told(), self._opened(job) as source:
            version = media_version(source)
            self._believe(job.job_id, version, source)
            return self._kept(job, wish, version, source)

    def _make(self, job: Job, wish: _Wish, make: Makes, previewer: Previewer) -> Shown:
        """Make it, in a thread of its lane, and keep it.

        Raises:
            PreviewError: It cannot be made.
        """
        with _told(), self._opened(job) as source, self._cache.draft() as draft:
            version = media_version(source)
            made = make(previewer, source, draft)
            found = ITSELF if made.form is Form.ORIGINAL else wish
            name = f"{found.prefix(version)}{made.form}-{round(made.start * US_PER_S)}"
            self._cache.keep(job.job_id, name, draft)
            file = source if made.form is Form.ORIGINAL else draft.file
            shown = _shown(wish, name, OpenFile(file), version, cached=False)
            draft.file.close()
            return shown

    def _kept(self, job: Job, wish: _Wish, version: str, source: BinaryIO | None) -> Shown | None:
        found = self._cache.find(job.job_id, wish.prefix(version))
        if found is None and source is not None and wish.kind == ITSELF.kind:
            found = self._cache.find(job.job_id, ITSELF.prefix(version))
        if found is None:
            return None
        name, file = found
        with file:
            if _form_of(name) is not Form.ORIGINAL:
                return _shown(wish, name, OpenFile(file), version, cached=True)
        return None if source is None else _shown(wish, name, OpenFile(source), version, cached=True)

    def _opened(self, job: Job) -> BinaryIO:
        """Open a job's media.

        Raises:
            MediaError: It cannot be had.
            NothingToSeeError: It is a fingerprint.
        """
        if job.request.file_url == UPLOADED:
            upload = self._store.open_upload(job.job_id)
            if upload is None:
                raise MediaError(
                    ErrorCode.RESOURCE_NOT_FOUND,
                    "what was sent along with this job was kept until its end: there is nothing left to show",
                )
            source = upload
        else:
            source = open_media(job.request.file_url, self._policy)
        head = source.read(HEAD_BYTES)
        source.seek(0)
        if is_fingerprint(head):
            source.close()
            raise NothingToSeeError("this job was given a fingerprint in place of media: there is nothing to see in it")
        return source

    def _believed_version(self, job_id: str) -> str | None:
        until, version = self._believed.get(job_id, (0.0, ""))
        return version if time.monotonic() < until else None

    def _believe(self, job_id: str, version: str, source: BinaryIO) -> None:
        """Believe for a while that media on a server is what it was; a file of this machine is quickly looked at."""
        if not is_local(source):
            self._believed[job_id] = (time.monotonic() + BELIEVED_S, version)
            while len(self._believed) > MOST_BELIEVED:
                self._believed.popitem(last=False)

    def _look_after(self, job_id: str) -> None:
        looking = asyncio.ensure_future(self._in_thread(self._forget_gone, job_id))
        self._forgetting.add(looking)
        looking.add_done_callback(self._forgetting.discard)

    def _forget_gone(self, job_id: str) -> None:
        if self._model.jobs.get(job_id) is None:
            self._cache.forget(job_id)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        if self._stopped:
            raise _busy()
        return await asyncio.get_running_loop().run_in_executor(self._looking, function, *arguments)


def _shown(wish: _Wish, name: str, file: OpenFile, version: str, *, cached: bool) -> Shown:
    form = _form_of(name)
    told = version if form is Form.ORIGINAL else f"{name} {file.size} {file.changed_ns}"
    digest = hashlib.blake2b(told.encode(), digest_size=12).hexdigest()
    start = int(name.rpartition("-")[2]) / US_PER_S
    return Shown(file, f'"{digest}"', wish.media_type, form, start, cached)


def _form_of(name: str) -> Form:
    return Form(name.split("-")[1])


def _busy() -> BusyPreviewsError:
    return BusyPreviewsError("other previews are being made: ask again in some seconds")


@contextmanager
def _told() -> Iterator[None]:
    """Say of whatever goes wrong with media what is to be done about it.

    Raises:
        PreviewError: Always, for what has to do with the media.
        NeighbourAwayError: No decoder can be started.
    """
    try:
        yield
    except MediaError as error:
        raise _of_media(error) from error
    except SpanTooLongError as error:
        raise NotShowableError(
            f"a preview of {error.seconds:.0f} s would be too long: ask for a span of at most {LONGEST_PREVIEW_S:.0f} "
            "s, by 'start' and 'end'"
        ) from error
    except NothingThereError as error:
        raise NothingToSeeError("the media has nothing to show at that second") from error
    except MemoryError as error:
        raise NotShowableError("the media takes more memory to decode than there may be") from error
    except TimeoutError as error:
        raise _slow() from error
    except DecoderNotStartedError as error:
        raise NeighbourAwayError(Neighbour.PROCESSES, str(error)) from error
    except DecoderError as error:
        if isinstance(error, DecoderEndedError) and -error.status == signal.SIGXCPU:
            raise _slow() from error
        log.warning("preview_not_made", reason=str(error))
        raise NotShowableError("the decoder failed at this media: it cannot be shown") from error


def _slow() -> NotShowableError:
    return NotShowableError("making this took too long: ask for a shorter span")


def _of_media(error: MediaError) -> PreviewError:
    said = without_secrets(str(error))
    match error.code:
        case ErrorCode.RESOURCE_NOT_FOUND:
            return MediaGoneError(said)
        case ErrorCode.RESOURCE_ACCESS:
            return MediaRefusedError(said)
        case ErrorCode.TIMEOUT:
            return MediaAwayError(said)
        case _:
            return NotShowableError(said)
