"""Manifests as people and their tools write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.cli.importer.discovery import find
from streams.cli.importer.items import Fault, Item


def read(folder: Path, name: str, content: str | bytes) -> list[Item | Fault]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(find(str(path), "default"))


def test_a_csv_names_items_with_their_library_and_metadata(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "all.csv",
        "location,MediaId,library,metadata,rights holder\r\n"
        'https://cdn.example/a.mp4,one,ads,"{""year"": 2020}",Studio\r\n'
        "s3://bucket/b.mp4,,,,\r\n"
        '"clips/c, d.mp4",three,,,\r\n',
    )
    one, two, three = [item for item in found if isinstance(item, Item)]
    assert (one.location, one.media_id, one.library) == ("https://cdn.example/a.mp4", "one", "ads")
    assert one.metadata == {"rights holder": "Studio", "year": 2020}
    assert (two.location, two.media_id, two.library, two.metadata) == ("s3://bucket/b.mp4", "b", "default", {})
    assert three.location == (tmp_path / "clips" / "c, d.mp4").as_uri()


def test_an_item_without_a_media_id_is_called_as_its_file_is_and_not_as_its_address(tmp_path: Path) -> None:
    found = read(tmp_path, "all.csv", "location\nclips/50 % ü.mp4\nhttps://cdn.example/my%20clip.mp4\n")
    assert [item.media_id for item in found if isinstance(item, Item)] == ["50 % ü", "my clip"]
    named = read(tmp_path, "all.csv", "location,MediaId\na.mp4,\nb.mp4,b\n")
    assert [item.derived for item in (*found, *named) if isinstance(item, Item)] == [True, True, True, False]


def test_json_lines_name_the_same(tmp_path: Path) -> None:
    lines = [
        {"Location": "/videos/a.mp4", "MediaId": 17, "metadata": {"year": 2020}, "season": 3},
        {"file_url": "b.mp4", "media_id": "two", "library": "ads"},
    ]
    one, two = read(tmp_path, "all.jsonl", "\n\n".join(map(json.dumps, lines)) + "\n")
    assert isinstance(one, Item)
    assert isinstance(two, Item)
    assert (one.location, one.media_id, one.metadata) == (
        "file:///videos/a.mp4",
        "17",
        {"season": 3, "year": 2020},
    )
    assert (two.location, two.library) == ((tmp_path / "b.mp4").as_uri(), "ads")


def test_a_line_that_is_not_valid_is_told_by_its_number_and_the_others_are_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "all.jsonl",
        '{"location": "a.mp4"}\n{\n[]\n{"MediaId": "x"}\n{"location": 7.5}\n{"location": "ftp://a/b.mp4"}\n'
        '{"location": "a.mp4", "metadata": "{"}\n{"location": "a.mp4", "metadata": []}\n{"location": "b.mp4"}\n',
    )
    assert [isinstance(one, Fault) for one in found] == [False, *[True] * 7, False]
    faults = [one for one in found if isinstance(one, Fault)]
    assert [fault.where.rpartition(" ")[2] for fault in faults] == ["2", "3", "4", "5", "6", "7", "8"]
    assert all(fault.reason for fault in faults)


def test_a_csv_line_with_too_many_fields_is_a_fault(tmp_path: Path) -> None:
    found = read(tmp_path, "all.csv", "location,MediaId\na.mp4,a,b\nb.mp4\n")
    assert isinstance(found[0], Fault)
    assert isinstance(found[1], Item)


def test_a_mark_of_utf_8_at_the_start_is_passed_over(tmp_path: Path) -> None:
    (item,) = read(tmp_path, "all.csv", b"\xef\xbb\xbflocation\na.mp4\n")
    assert isinstance(item, Item)


@pytest.mark.parametrize("content", [b"", b"MediaId\none\n", b"\xff\xfe\x00"])
def test_a_csv_that_names_no_locations_cannot_be_used(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"location|utf-8"):
        read(tmp_path, "all.csv", content)


@pytest.mark.parametrize("first", ['location,"a', 'location,"a"b\n'])
def test_a_first_line_that_is_none_of_a_csv_file_is_said_to_be_wrong(tmp_path: Path, first: str) -> None:
    with pytest.raises(ValueError, match="the first line is none of a CSV file"):
        read(tmp_path, "all.csv", first)


def test_a_manifest_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(find(str(tmp_path / "none.csv"), "default"))


def test_a_line_may_say_when_its_item_was_published(tmp_path: Path) -> None:
    rows = read(tmp_path, "all.csv", "location,Publish Time\na.mp4,2026-11-23T10:00:00+02:00\nb.mp4,\nc.mp4,2026\n")
    lines = read(
        tmp_path,
        "all.jsonl",
        '{"location": "a.mp4", "PublishTime": "2026-11-23T08:00:00Z"}\n'
        '{"location": "b.mp4", "metadata": {"PublishTime": "2026-11-23T08:00:00Z"}}\n'
        '{"location": "c.mp4", "metadata": {"PublishTime": "2026"}}\n',
    )
    for one, two, wrong in (rows, lines):
        assert isinstance(one, Item)
        assert (one.publish_time, one.metadata) == ("2026-11-23T08:00:00.000Z", {})
        assert isinstance(two, Item)
        assert two.publish_time == ""
        assert isinstance(wrong, Fault)
        assert "ISO 8601 with a zone" in wrong.reason


def test_a_line_may_say_when_its_item_was_broadcast(tmp_path: Path) -> None:
    rows = read(tmp_path, "all.csv", "location,Start Time\na.mp4,2026-11-23T21:15:00+01:00\nb.mp4,\nc.mp4,tonight\n")
    lines = read(
        tmp_path,
        "all.jsonl",
        '{"location": "a.mp4", "StartTime": "2026-11-23T20:15:00Z"}\n{"location": "b.mp4", "start_time": ""}\n'
        '{"location": "c.mp4", "StartTime": "2026-11-23T20:15:00"}\n',
    )
    for one, two, wrong in (rows, lines):
        assert isinstance(one, Item)
        assert (one.start_time, one.metadata) == ("2026-11-23T20:15:00.000Z", {})
        assert isinstance(two, Item)
        assert two.start_time == ""
        assert isinstance(wrong, Fault)
        assert "the field 'start_time': " in wrong.reason
        assert "is no time with a zone: write ISO 8601" in wrong.reason


@pytest.mark.parametrize("given", ["7", "true", "[1]", "{}"])
def test_a_start_time_that_is_no_text_is_a_fault(tmp_path: Path, given: str) -> None:
    (wrong,) = read(tmp_path, "all.jsonl", f'{{"location": "a.mp4", "StartTime": {given}}}\n')
    assert isinstance(wrong, Fault)
    assert "the field 'start_time': " in wrong.reason
