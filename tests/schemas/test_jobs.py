"""Jobs and requests for them: where they come from, and on which lane their tasks wait."""

from __future__ import annotations

import msgspec
import pytest
from support.examples import request

from schemas.jobs import JobRequest, JobSource, Lane

#: What the version before lanes wrote of a job: its source was all that told.
BEFORE_LANES = b'{"JobId":"j","MediaId":"video","FileUrl":"file:///a.mp4","Source":"%s"}'


@pytest.mark.parametrize(
    ("source", "lane"),
    [(b"api", Lane.LIVE), (b"event", Lane.LIVE), (b"recovery", Lane.LIVE), (b"import", Lane.IMPORT)],
)
def test_a_request_of_before_there_were_lanes_is_on_the_lane_that_it_was_on(source: bytes, lane: Lane) -> None:
    assert msgspec.json.decode(BEFORE_LANES % source, type=JobRequest).lane is lane


def test_an_import_is_on_its_lane_whatever_else_is_said() -> None:
    assert request(source=JobSource.IMPORT, lane=Lane.LIVE).lane is Lane.IMPORT


def test_a_job_that_is_asked_for_again_stays_on_its_lane() -> None:
    asked = msgspec.structs.replace(request(source=JobSource.IMPORT), source=JobSource.RECOVERY)
    assert msgspec.json.decode(msgspec.json.encode(asked), type=JobRequest).lane is Lane.IMPORT
