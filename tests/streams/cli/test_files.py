"""Commands that work on files here and now."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import pytest

from streams.cli.output import ExitCode
from streams.demo.edit import Piece, Truth

pytestmark = pytest.mark.integration

#: Of the trailer, seconds.
SPAN = (12.0, 20.0)


@pytest.fixture(scope="module")
def copy(footage: dict[str, Path], edited_copy: Callable[..., tuple[Path, tuple[Truth, ...]]]) -> Path:
    path, _ = edited_copy(Piece(footage["trailer"], *SPAN))
    return path


def broken(folder: Path) -> Path:
    path = folder / "broken.mp4"
    path.write_bytes(b"no video")
    return path


async def test_a_fingerprint_stands_in_for_its_media(
    run: Any, tmp_path: Path, footage: dict[str, Path], copy: Path
) -> None:
    output = tmp_path / "trailer.mdna"
    made = await run("fingerprint", footage["trailer"], "-o", output)
    assert made.exit_code == ExitCode.OK
    assert 0 < output.stat().st_size < footage["trailer"].stat().st_size / 20
    compared = await run("compare", copy, output, "--json")
    assert compared.exit_code == ExitCode.OK
    (match,) = json.loads(compared.stdout)["matches"]
    assert match["intervals"][0]["reference_start"] == pytest.approx(SPAN[0], abs=0.5)
    assert match["intervals"][-1]["reference_end"] == pytest.approx(SPAN[1], abs=0.5)


async def test_every_file_gets_a_line_of_json_also_one_that_cannot_be_used(
    run: Any, tmp_path: Path, footage: dict[str, Path], copy: Path
) -> None:
    folder = tmp_path / "originals"
    folder.mkdir()
    for name in ("trailer", "bikes"):
        (folder / f"{name}.mp4").symlink_to(footage[name])
    found = await run("match", copy, broken(tmp_path), "--against", folder, "--jsonl")
    assert found.exit_code == ExitCode.FAILED
    assert "broken.mp4" in found.stderr
    first, second = map(json.loads, found.stdout.splitlines())
    assert (first["query"], second) == (copy.stem, {"query": "broken", "matches": []})
    best = first["matches"][0]
    assert best["ref"] == "trailer"
    assert first["coverage"] == {"picture": 1.0, "sound": 1.0}
    assert best["segments"][0]["r"][0] == pytest.approx(SPAN[0], abs=0.5)


async def test_files_of_the_same_name_are_told_apart_and_what_is_no_media_is_named(
    run: Any, tmp_path: Path, footage: dict[str, Path], copy: Path
) -> None:
    folder = tmp_path / "originals"
    for place, name in (("a/clip.mp4", "trailer"), ("b/clip.mp4", "bikes"), ("b/carphone", "carphone")):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).symlink_to(footage[name])
    (folder / "notes.txt").write_text("no film")
    (tmp_path / "again").mkdir()
    again = tmp_path / "again" / copy.name
    again.symlink_to(copy)
    found = await run("match", copy, again, "--against", folder, "--jsonl")
    assert found.exit_code == ExitCode.OK
    assert f"left out: {folder / 'notes.txt'}: it does not begin like media" in found.stderr
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert [line["query"] for line in lines] == [f"{copy.parent.name}_{copy.stem}", f"again_{copy.stem}"]
    assert [line["matches"][0]["ref"] for line in lines] == ["a_clip", "a_clip"]


async def test_a_folder_without_media_is_said(run: Any, tmp_path: Path, copy: Path) -> None:
    (tmp_path / "none").mkdir()
    assert "holds no media" in (await run("match", copy, "--against", tmp_path / "none")).stderr


async def test_a_file_that_cannot_be_used_is_said_with_its_code(run: Any, tmp_path: Path, copy: Path) -> None:
    for arguments in (
        ("compare", copy, broken(tmp_path)),
        ("compare", tmp_path / "missing.mp4", copy),
        ("fingerprint", broken(tmp_path), "-o", tmp_path / "out.mdna"),
    ):
        found = await run(*arguments)
        assert found.exit_code == ExitCode.FAILED
        assert "InvalidParameter." in found.stderr
    assert not (tmp_path / "out.mdna").exists()


async def test_of_two_files_to_compare_both_must_be_there_before_either_is_looked_into(
    run: Any, tmp_path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.adapters.decoder.whole.fingerprint_whole", None)  # calling it would be a fault
    here, there = tmp_path / "here.mp4", tmp_path / "there.mp4"
    for first, second, said in (
        (here, there, here),
        (here, copy, here),
        (copy, there, there),
        (tmp_path, copy, tmp_path),
    ):
        found = await run("compare", first, second)
        assert found.exit_code == ExitCode.FAILED
        assert f"error: {said}: InvalidParameter.ResourceNotFound" in found.stderr
        assert found.stderr.count("error:") == 1


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "link to nothing"])
async def test_a_file_to_match_that_cannot_be_read_is_said_before_any_reference_is_looked_into(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    looked_into: list[Path] = []
    originals, query = tmp_path / "originals", tmp_path / "query"

    def outcomes(_: object, __: object, tasks: Sequence[tuple[Path, ...]]) -> Iterator[str]:
        paths = [task[0] for task in tasks]
        assert query not in paths
        looked_into.extend(paths)
        yield from (f"looked into {path.name}" for path in paths)

    monkeypatch.setattr("streams.cli.crew.Crew.in_order", outcomes)
    originals.mkdir()
    (originals / "a.mp4").write_bytes(b"media")
    if kind == "folder":
        query.mkdir()
    elif kind == "pipe":
        os.mkfifo(query)
    elif kind == "link to nothing":
        query.symlink_to("nowhere")
    alone = await run("match", query, "--against", originals, "--jsonl")
    assert (alone.exit_code, looked_into) == (ExitCode.FAILED, [])
    assert f"{query}: InvalidParameter.ResourceNotFound" in alone.stderr
    assert json.loads(alone.stdout) == {"query": "query", "matches": []}
    found = await run("match", broken(tmp_path), query, "--against", originals, "--jsonl")
    assert found.exit_code == ExitCode.FAILED
    assert found.stderr.index("ResourceNotFound") < found.stderr.index("looked into a.mp4")
    assert found.stderr.count("ResourceNotFound") == 1
    assert [json.loads(line)["query"] for line in found.stdout.splitlines()] == ["broken", "query"]
    compared = await run("compare", query, broken(tmp_path))
    assert f"error: {query}: InvalidParameter.ResourceNotFound" in compared.stderr


async def test_a_file_whose_name_is_no_text_is_compared_and_matched_as_any(
    run: Any, tmp_path: Path, footage: dict[str, Path]
) -> None:
    folder = tmp_path / "originals"
    folder.mkdir()
    (folder / "caf\udce9.mp4").symlink_to(footage["carphone"])
    query = tmp_path / "na\udcefve.mp4"
    query.symlink_to(footage["carphone"])
    told = await run("match", query, "--against", folder, "--jsonl")
    line = json.loads(told.stdout)
    assert (line["query"], line["matches"][0]["ref"]) == ("na\\udcefve", "caf\\udce9")
    compared = await run("compare", query, folder / "caf\udce9.mp4")
    assert (compared.exit_code, "caf\\udce9" in "".join(compared.stdout.split())) == (ExitCode.OK, True)


async def test_of_two_files_that_cannot_be_used_the_first_is_said(run: Any, tmp_path: Path) -> None:
    second = tmp_path / "second.mp4"
    second.write_bytes(b"no video either")
    found = await run("compare", broken(tmp_path), second)
    assert (found.exit_code, "broken.mp4" in found.stderr) == (ExitCode.FAILED, True)
    assert "second.mp4" not in found.stderr


async def test_a_place_to_write_to_that_is_not_there_is_said_before_the_media_is_looked_into(
    run: Any, tmp_path: Path
) -> None:
    found = await run("fingerprint", tmp_path / "missing.mp4", "-o", tmp_path / "none" / "out.mdna")
    assert (found.exit_code, "cannot be written" in found.stderr) == (ExitCode.USAGE, True)
    found = await run("fingerprint", tmp_path / "missing.mp4", "-o", tmp_path)
    assert (found.exit_code, "is a folder" in found.stderr) == (ExitCode.USAGE, True)


async def test_a_fingerprint_that_cannot_be_written_is_said(run: Any, tmp_path: Path, copy: Path) -> None:
    found = await run("fingerprint", copy, "-o", tmp_path / "none" / "out.mdna")
    assert found.exit_code == ExitCode.USAGE
    assert "out.mdna cannot be written" in found.stderr


async def test_a_folder_that_is_none_is_a_wrong_call(run: Any, tmp_path: Path, copy: Path) -> None:
    assert (await run("match", copy, "--against", tmp_path / "none")).exit_code == ExitCode.USAGE


def torn(copy: Path, folder: Path) -> Path:
    """Return the copy with nothing but zeros in some seconds of its picture."""
    path = folder / "torn.mkv"
    with av.open(str(copy)) as source, av.open(str(path), "w") as output:
        picture, sound = (
            output.add_stream_from_template(one) for one in (source.streams.video[0], source.streams.audio[0])
        )
        for packet in source.demux(source.streams.video[0], source.streams.audio[0]):
            if packet.dts is None:
                continue
            broken = packet.stream.type == "video" and 2.0 < packet.dts * packet.time_base < 4.5
            kept = av.Packet(bytes(packet.size)) if broken else packet
            kept.pts, kept.dts, kept.time_base = packet.pts, packet.dts, packet.time_base
            kept.stream = picture if packet.stream.type == "video" else sound
            output.mux(kept)
    return path


async def test_what_was_not_looked_at_is_warned_of_beside_the_results(
    run: Any, tmp_path: Path, footage: dict[str, Path], copy: Path
) -> None:
    path = torn(copy, tmp_path)
    found = await run("compare", path, footage["trailer"], "--json")
    assert found.exit_code == ExitCode.OK
    told = json.loads(found.stdout)["coverage"]
    assert 0.5 < told["a"]["picture"] < 0.9
    assert told["b"] == {"picture": 1.0, "sound": 1.0}
    assert "of the picture was not looked at: it is damaged" in found.stderr
