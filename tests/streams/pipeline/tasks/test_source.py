"""Where a task gets its media from."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from support.examples import request
from support.examples import task as task_of
from support.whole_job import make_context

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from schemas.jobs import UPLOADED
from schemas.tasks import Probe
from streams.pipeline.tasks.source import open_input


def test_media_is_read_from_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"media")
    task = task_of(Probe, request(file_url=(tmp_path / "a.mp4").as_uri()))
    with open_input(task, make_context(tmp_path / "state", tmp_path)) as source:
        assert source.read() == b"media"


def test_what_was_sent_along_is_read_from_the_store_as_its_own_jobs(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    context.store.put_upload("j1", io.BytesIO(b"media"))
    with open_input(task_of(Probe, request("j1", file_url=UPLOADED)), context) as source:
        assert source.read() == b"media"
    with pytest.raises(MediaError, match="send it again") as gone:
        open_input(task_of(Probe, request("j2", file_url=UPLOADED)), context)
    assert gone.value.code is ErrorCode.RESOURCE_NOT_FOUND


def test_media_outside_of_the_places_that_are_allowed_is_refused(tmp_path: Path) -> None:
    task = task_of(Probe, request(file_url="file:///etc/passwd"))
    with pytest.raises(MediaError) as refused:
        open_input(task, make_context(tmp_path))
    assert refused.value.code is ErrorCode.RESOURCE_ACCESS
