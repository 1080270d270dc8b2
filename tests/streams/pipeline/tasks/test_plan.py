"""The first task of a job: how many chunks there may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.examples import request
from support.examples import task as task_of
from support.whole_job import make_context

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from schemas.tasks import Probe
from streams.pipeline.tasks import plan as module
from streams.pipeline.tasks.plan import plan


@pytest.mark.parametrize(("most", "planned"), [(1, True), (0, False)])
def test_media_that_would_be_more_chunks_than_one_event_can_list_is_too_large(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, *, most: int, planned: bool
) -> None:
    monkeypatch.setattr(module, "MOST_CHUNKS", most)
    asked = request(file_url=clip.as_uri())
    task = task_of(Probe, asked)
    context = make_context(tmp_path, clip.parent)
    if planned:
        assert len(plan(task, context).result.spans) == 1
        return
    with pytest.raises(MediaError, match="in pieces") as refused:
        plan(task, context)
    assert refused.value.code is ErrorCode.RESOURCE_TOO_LARGE
