"""Files matched side by side, against media and against fingerprints of media."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from fingerprint.chunking import fingerprint_media
from fingerprint.codec import MAGIC, VERSION
from fingerprint.media.limits import DEFAULT_LIMITS
from streams.cli.output import ExitCode

pytestmark = pytest.mark.integration

Run = Callable[..., Coroutine[Any, Any, Result]]

#: Short footage.
NAMES = ("carphone", "bikes")
#: Seconds within which processes that are ended are gone.
GONE_S = 10.0


@pytest.fixture(scope="module")
def prints(footage: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Fingerprint files by the names of their media."""
    queries = {
        name: fingerprint_media(footage[name], DEFAULT_LIMITS, tmp_path_factory.mktemp("chunks")) for name in NAMES
    }
    return {name: query.fingerprint.to_bytes() for name, query in queries.items()}


@pytest.fixture
def library(tmp_path: Path, prints: dict[str, bytes]) -> Path:
    """A folder of nothing but fingerprints, some of them further down."""
    folder = tmp_path / "library"
    for name, data in prints.items():
        (folder / name[0]).mkdir(parents=True)
        (folder / name[0] / f"{name}.mdna").write_bytes(data)
    return folder


def lines(found: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.stdout.splitlines()]


def best(line: dict[str, Any]) -> str:
    ref: str = line["matches"][0]["ref"]
    return ref


async def test_answers_do_not_depend_on_how_many_processes_give_them(
    run: Run, library: Path, footage: dict[str, Path]
) -> None:
    (library / "carphone.mp4").symlink_to(footage["carphone"])
    files = [footage["bikes"], footage["carphone"], library / "b" / "bikes.mdna", footage["card"]]
    alone, together = [
        await run("match", *files, "--against", library, "--jsonl", "--jobs", jobs) for jobs in (1, len(files))
    ]
    assert (alone.exit_code, alone.stderr) == (together.exit_code, together.stderr) == (ExitCode.OK, "")
    assert alone.stdout == together.stdout
    assert [line["query"] for line in lines(alone)] == ["bikes.mp4", "carphone", "bikes.mdna", "card"]


async def test_fingerprints_of_references_take_the_place_of_their_media(
    run: Run, tmp_path: Path, library: Path, footage: dict[str, Path]
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for name in NAMES:
        (media / f"{name}.mp4").symlink_to(footage[name])
    of_media, of_prints = [
        await run("match", footage["bikes"], "--against", folder, "--jsonl") for folder in (media, library)
    ]
    assert of_prints.exit_code == ExitCode.OK
    assert of_prints.stdout == of_media.stdout
    assert best(*lines(of_prints)) == "bikes"


async def test_a_video_beside_its_fingerprint_is_a_reference_of_its_own(
    run: Run, library: Path, footage: dict[str, Path]
) -> None:
    (library / "b" / "bikes.mp4").symlink_to(footage["bikes"])
    found = await run("match", footage["bikes"], "--against", library, "--jsonl")
    (line,) = lines(found)
    first, second = line["matches"][:2]
    assert {first["ref"], second["ref"]} == {"bikes.mdna", "bikes.mp4"}
    assert first["segments"] == second["segments"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: MAGIC + bytes([VERSION + 1]) + data[len(MAGIC) + 1 :], "made by another version: make it again"),
        (lambda data: data[: len(data) // 2], "the fingerprint is cut off"),
        (lambda data: data[:40] + bytes(100) + data[140:], "the fingerprint is damaged"),
        (lambda _: b"", "InvalidParameter.ResourceContentBad"),
        (lambda _: b"no fingerprint", "InvalidParameter.ResourceContentBad"),
    ],
    ids=["another version", "cut off", "damaged", "empty", "something else"],
)
async def test_a_fingerprint_that_cannot_be_used_is_named_and_the_others_are_matched_against(
    run: Run, library: Path, prints: dict[str, bytes], change: Callable[[bytes], bytes], said: str
) -> None:
    (library / "older.mdna").write_bytes(change(prints["carphone"]))
    found = await run("match", library / "b" / "bikes.mdna", "--against", library, "--jsonl")
    assert found.exit_code == ExitCode.FAILED
    assert "InvalidParameter.ResourceContentBad" in found.stderr
    assert f"{library / 'older.mdna'}: " in found.stderr
    assert said in found.stderr
    assert best(*lines(found)) == "bikes"


async def test_a_folder_with_nowhere_to_put_the_references_is_said(
    run: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("fingerprint.index.shared.write_index", full)
    found = await run("match", library / "b" / "bikes.mdna", "--against", library)
    assert (found.exit_code, found.stdout) == (ExitCode.FAILED, "")
    assert "No space left on device: name a folder with room as TMPDIR" in found.stderr


def test_an_interrupt_leaves_no_process_and_no_file_behind(
    tmp_path: Path, library: Path, footage: dict[str, Path]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "streams.cli.main", "match", footage["trailer"], "--against", library],
        env=os.environ | {"TMPDIR": str(own)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as command:
        while not any(b"streams.adapters.decoder" in one for one in group(command.pid).values()):
            assert command.poll() is None
            time.sleep(0.05)
        os.killpg(command.pid, signal.SIGINT)
        assert command.wait() != 0
    end = time.monotonic() + GONE_S
    while group(command.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert group(command.pid) == {}
    assert list(own.iterdir()) == []


def group(leader: int) -> dict[int, bytes]:
    """Return the processes of a group that have not ended, with their commands."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, number = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
            if int(number) == leader and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
    return found
