"""Decoding in the cage gives what decoding gives; what goes wrong there is told as what it is."""

from __future__ import annotations

import io
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from support.whole_job import make_context, run_job

from fingerprint.engine import fingerprint_chunk, plan_chunks
from fingerprint.media.errors import MediaError
from fingerprint.media.info import MediaInfo
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe
from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from streams.adapters.decoder.channel import Channel
from streams.adapters.decoder.client import CagedDecoder
from streams.adapters.decoder.messages import (
    LARGEST_ANSWER,
    LARGEST_QUESTION,
    Answer,
    Described,
    Fault,
    Fingerprinted,
    NoMemory,
    Question,
    Read,
    Refused,
)
from streams.cage.limits import OPEN_FILES
from streams.demo.edit import Piece
from streams.ports.decoder_errors import (
    DecoderEndedError,
    DecoderFaultError,
    DecoderGarbledError,
    DecoderNotStartedError,
)

LIMITS = MediaLimits()
MEMORY = 2**30


@pytest.fixture(scope="module")
def decoder() -> Iterator[CagedDecoder]:
    """One decoder for all tests: each starts in a second or two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("MEDIADNA_TOKEN", "secret")
        decoder = CagedDecoder(memory=MEMORY, required=True)
        decoder.prepare()
    yield decoder
    decoder.close()


@pytest.mark.parametrize("name", ["bikes", "bunny", "card", "carphone", "globe", "trailer"])
def test_footage_gives_in_the_cage_what_it_gives_outside_to_the_last_bit(
    decoder: CagedDecoder, footage: dict[str, Path], name: str
) -> None:
    with footage[name].open("rb") as file:
        info = decoder.probe(file, LIMITS)
        assert info == probe(file, LIMITS)
        start, end = plan_chunks(info)[-1]
        chunk = decoder.fingerprint(file, start, end, LIMITS).to_bytes()
        assert chunk == fingerprint_chunk(file, start, end, LIMITS).to_bytes()


def test_what_the_plan_has_found_of_clocks_reaches_the_cage(
    decoder: CagedDecoder, footage: dict[str, Path], edited_copy: Callable[..., tuple[Path, object]], tmp_path: Path
) -> None:
    part, _ = edited_copy(Piece(footage["bikes"], 0.0, 4.0), suffix=".ts")
    joined = tmp_path / "joined.ts"
    joined.write_bytes(2 * part.read_bytes())
    with joined.open("rb") as file:
        info = decoder.probe(file, LIMITS)
        assert info.several_clocks
        chunk = decoder.fingerprint(file, 0.0, info.duration, LIMITS, several_clocks=True)
        assert (
            chunk.to_bytes()
            == fingerprint_chunk(file, 0.0, info.duration, LIMITS, several_clocks=True).to_bytes()
            != fingerprint_chunk(file, 0.0, info.duration, LIMITS).to_bytes()
        )


def test_bytes_that_are_served_give_the_same_as_a_file(decoder: CagedDecoder, footage: dict[str, Path]) -> None:
    path = footage["bikes"]
    served = decoder.fingerprint(io.BytesIO(path.read_bytes()), 0.0, 10.0, LIMITS)
    with path.open("rb") as file:
        assert served.to_bytes() == decoder.fingerprint(file, 0.0, 10.0, LIMITS).to_bytes()


def test_a_file_that_is_open_for_writing_is_served_and_not_handed_over(
    decoder: CagedDecoder, footage: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(footage["carphone"].read_bytes())
    monkeypatch.setattr(socket, "send_fds", None)  # would be needed to hand a file over
    with copy.open("r+b") as file:
        assert decoder.probe(file, LIMITS).has_picture


def test_a_whole_job_runs_over_the_cage(decoder: CagedDecoder, footage: dict[str, Path], tmp_path: Path) -> None:
    context = make_context(tmp_path, footage["bikes"].parent, decoder=decoder)
    used = decoder.cpu_s
    job = run_job(context, footage["bikes"])
    assert job.status is JobStatus.SUCCESS
    assert job.metrics.windows > 0
    assert decoder.cpu_s > used
    again = run_job(context, footage["bikes"], media_id="copy")
    assert again.matches[0].media_id == "bikes"


def test_the_process_is_locked_in_and_its_environment_holds_no_secret(
    decoder: CagedDecoder, footage: dict[str, Path]
) -> None:
    with footage["carphone"].open("rb") as file:
        decoder.probe(file, LIMITS)
    assert decoder.pid is not None
    place = Path(f"/proc/{decoder.pid}")
    shown = dict(line.split(":\t") for line in (place / "status").read_text().splitlines())
    assert (shown["NoNewPrivs"], shown["Seccomp"], int(shown["CapEff"], 16)) == ("1", "2", 0)
    process = psutil.Process(decoder.pid)
    assert process.environ().keys() <= {
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_",
    }  # fmt: skip
    assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert process.rlimit(psutil.RLIMIT_NOFILE) == (OPEN_FILES, OPEN_FILES)
    assert process.rlimit(psutil.RLIMIT_NPROC) == (0, 0)
    soft, hard = process.rlimit(psutil.RLIMIT_AS)
    assert MEMORY < soft == hard < 4 * MEMORY
    assert process.memory_info().vms < soft
    opened = {str(one.readlink()) for one in (place / "fd").iterdir()}
    assert {one.partition(":")[0] for one in opened} == {"/dev/null", "socket"}
    assert process.cwd() == "/"


def test_media_that_cannot_be_used_has_its_code_and_leaves_the_process_for_the_next(
    decoder: CagedDecoder, footage: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 999)
    with broken.open("rb") as file, pytest.raises(MediaError) as caught:
        decoder.probe(file, LIMITS)
    assert caught.value.code is ErrorCode.RESOURCE_CONTENT_BAD
    before = decoder.pid
    with footage["carphone"].open("rb") as file:
        assert decoder.probe(file, LIMITS).has_picture
    assert decoder.pid == before


class Failing(io.BytesIO):
    """Media whose server goes away after some reads."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > 3:
            raise MediaError(ErrorCode.TIMEOUT, "its server does not answer in time")
        return super().read(size)


def test_what_the_place_of_the_media_says_is_what_the_task_says(
    decoder: CagedDecoder, footage: dict[str, Path]
) -> None:
    with pytest.raises(MediaError, match="does not answer") as caught:
        decoder.fingerprint(Failing(footage["bikes"].read_bytes()), 0.0, 10.0, LIMITS)
    assert caught.value.code is ErrorCode.TIMEOUT
    with footage["carphone"].open("rb") as file:
        assert decoder.probe(file, LIMITS).has_picture


def test_a_decoder_that_was_killed_idle_is_made_anew(footage: dict[str, Path]) -> None:
    decoder = CagedDecoder(memory=MEMORY)
    with footage["carphone"].open("rb") as file:
        decoder.probe(file, LIMITS)
        assert decoder.pid is not None
        psutil.Process(decoder.pid).kill()
        time.sleep(0.2)
        assert decoder.probe(file, LIMITS).has_picture
    decoder.close()


def test_the_process_ends_when_what_it_works_for_does(tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(
        "import os, signal\nfrom streams.adapters.decoder.client import CagedDecoder\n"
        "decoder = CagedDecoder(memory=2**30)\ndecoder._ready()\nprint(decoder.pid, flush=True)\nsignal.pause()\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        decoder = psutil.Process(int(owner.stdout.readline()))
        decoder.suspend()  # it does not even see that its connection is closed
        owner.kill()
    _, alive = psutil.wait_procs([decoder], timeout=30)
    assert alive == []


@dataclass
class Puppet:
    """A decoder that was taken over: it says what a test has it say."""

    says: list[bytes | msgspec.Struct]
    pid: int = 1
    is_running: bool = True
    killed: bool = False
    ended: int = -signal.SIGSEGV
    heard: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        self.channel = Channel(ours, expects=Answer, largest=LARGEST_ANSWER)
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self) -> None:
        channel = Channel(self._theirs, expects=Question, largest=LARGEST_QUESTION)
        try:
            self.heard.append(channel.receive())
            for one in self.says:
                if isinstance(one, bytes):
                    self._theirs.sendall(one)
                else:
                    channel.send(one)
                if isinstance(one, Read):
                    self.heard.append(channel.receive())
        except (EOFError, OSError):
            pass
        finally:
            channel.close()

    def cpu_s(self) -> float:
        return 0.0

    def limit_cpu(self, seconds: float) -> None:
        _ = seconds

    def end(self) -> int:
        self.channel.close()
        self._thread.join()
        return self.ended

    def kill(self) -> int:
        self.killed = True
        return self.end()


@pytest.fixture
def taken_over() -> Iterator[Callable[..., tuple[CagedDecoder, Puppet]]]:
    puppets = []

    def make(*says: bytes | msgspec.Struct) -> tuple[CagedDecoder, Puppet]:
        puppet, decoder = Puppet(list(says)), CagedDecoder(memory=MEMORY)
        puppets.append(puppet)
        decoder._process = puppet  # type: ignore[assignment] # what a client uses of it
        return decoder, puppet

    yield make
    for puppet in puppets:
        puppet.end()


INFO = MediaInfo(
    duration=10.0,
    width=320,
    height=240,
    fps=25.0,
    rotation=0,
    has_picture=True,
    has_sound=True,
    container="mov",
    video_codec="h264",
    audio_codec="aac",
)


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(b"\xff\xff\xff\xff", id="a message of 4 GiB"),
        pytest.param(b"\x00\x00\x00\x03abc", id="no message"),
        pytest.param(b"\x00\x00\x00\x00", id="nothing"),
        pytest.param(Fingerprinted(chunk=b""), id="the answer to another task"),
        pytest.param(Read(offset=0, size=2**40), id="a read of more than there is memory"),
        pytest.param(Read(offset=-1, size=5), id="a read before the start"),
        pytest.param(Refused(code=ErrorCode.TIMEOUT, message="x" * 100_000), id="a message of a book's length"),
    ],
)
def test_what_no_decoder_says_ends_it(
    taken_over: Callable[..., tuple[CagedDecoder, Puppet]], says: bytes | msgspec.Struct
) -> None:
    decoder, puppet = taken_over(says)
    with pytest.raises(DecoderGarbledError):
        decoder.probe(io.BytesIO(b"media"), LIMITS)
    assert puppet.killed
    assert decoder.pid is None


@pytest.mark.parametrize(
    "change",
    [
        {"duration": -1.0},
        {"duration": 1e15},
        {"duration": float("nan")},
        {"width": -5},
        {"fps": float("inf")},
        {"rotation": 45},
        {"container": "x" * 1000},
    ],
)
def test_media_that_cannot_be_is_not_believed(
    taken_over: Callable[..., tuple[CagedDecoder, Puppet]], change: dict[str, Any]
) -> None:
    decoder, puppet = taken_over(Described(info=replace(INFO, **change)))
    with pytest.raises(DecoderGarbledError):
        decoder.probe(io.BytesIO(b"media"), LIMITS)
    assert puppet.killed


def test_a_decoder_reads_the_media_and_nothing_beyond_it(
    taken_over: Callable[..., tuple[CagedDecoder, Puppet]],
) -> None:
    decoder, puppet = taken_over(Read(offset=2, size=2), Read(offset=2**60, size=5), Described(info=INFO))
    assert decoder.probe(io.BytesIO(b"media"), LIMITS) == INFO
    assert [getattr(one, "data", None) for one in puppet.heard] == [None, b"di", b""]


def test_a_decoder_that_dies_tells_by_what(taken_over: Callable[..., tuple[CagedDecoder, Puppet]]) -> None:
    decoder, _ = taken_over()
    with pytest.raises(DecoderEndedError) as caught:
        decoder.probe(io.BytesIO(b"media"), LIMITS)
    assert caught.value.status == -signal.SIGSEGV


def test_memory_that_is_not_to_be_had_is_told_apart_from_damage(
    taken_over: Callable[..., tuple[CagedDecoder, Puppet]],
) -> None:
    decoder, puppet = taken_over(NoMemory())
    with pytest.raises(MemoryError):
        decoder.probe(io.BytesIO(b"media"), LIMITS)
    assert not puppet.killed


def test_a_fault_of_the_decoders_code_is_one_of_ours_with_where_it_came_up(
    taken_over: Callable[..., tuple[CagedDecoder, Puppet]],
) -> None:
    decoder, puppet = taken_over(Fault(message="KeyError: 'x'", trace="in line 5"))
    with pytest.raises(DecoderFaultError, match="KeyError") as caught:
        decoder.probe(io.BytesIO(b"media"), LIMITS)
    assert caught.value.__notes__ == ["in line 5"]
    assert not puppet.killed


def test_a_decoder_that_cannot_start_is_not_the_medias_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "streams.adapters.decoder.process.python_command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"]
    )
    decoder = CagedDecoder(memory=MEMORY)
    with pytest.raises(DecoderNotStartedError, match="status 3"):
        decoder.probe(io.BytesIO(b"media"), LIMITS)


def test_more_time_than_is_left_ends_the_decoder(footage: dict[str, Path]) -> None:
    class Spent:
        charged = 0.0

        def left(self) -> float:
            return 0.0

        def charge(self, seconds: float) -> None:
            self.charged += seconds

    decoder = CagedDecoder(memory=MEMORY)
    decoder.budget = budget = Spent()
    with footage["trailer"].open("rb") as file, pytest.raises(DecoderEndedError) as caught:
        decoder.fingerprint(file, 0.0, 30.0, LIMITS)
    assert caught.value.status == -signal.SIGXCPU
    assert budget.charged >= 0
    decoder.close()
