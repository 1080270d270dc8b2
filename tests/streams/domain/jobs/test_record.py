"""What is remembered of a MediaId, and how it is brought up to what the topics tell."""

from __future__ import annotations

import msgspec
from support.examples import TIME, job

from schemas.events import Rendition
from schemas.jobs import JobSource, JobStatus
from schemas.libraries import LibraryItem
from streams.domain.jobs.record import ActiveJob, MediaRecord, adopt

UNDER_WAY = job("lost", JobStatus.PROCESSING, version=9)


def item(version: int, library: str = "default") -> LibraryItem:
    return LibraryItem(
        library=library, media_id="video", version=version, job_id="j", creation_time=TIME, update_time=TIME
    )


def test_a_job_that_was_lost_is_under_way_again_and_what_is_known_of_others_stays() -> None:
    other = ActiveJob(job=job("other", JobStatus.PROCESSING), planned=True, done=frozenset({0}))
    record = MediaRecord(version=3, active={"other": other}, ended=("before", "lost"))
    found = adopt(record, "lost", [UNDER_WAY, job("other", JobStatus.INIT)], ())
    assert found.active == {"other": other, "lost": ActiveJob(job=UNDER_WAY)}
    assert (found.version, found.ended) == (9, ("before",))


def test_what_the_table_knows_of_the_job_itself_stays() -> None:
    known = ActiveJob(job=UNDER_WAY, planned=True, done=frozenset({1}))
    assert adopt(MediaRecord(active={"lost": known}), "lost", [UNDER_WAY], ()).active == {"lost": known}


def test_a_job_that_the_topics_say_has_ended_is_under_way_no_more() -> None:
    record = MediaRecord(active={"lost": ActiveJob(job=UNDER_WAY)})
    found = adopt(record, "lost", [job("lost", JobStatus.FAIL)], ())
    assert (found.active, found.ended) == ({}, ("lost",))


def test_items_that_are_newer_on_their_topic_are_taken_over_and_no_others() -> None:
    record = MediaRecord(items={"default": item(5), "films": item(5, "films")})
    found = adopt(record, "lost", [UNDER_WAY], [item(4), item(6, "films"), item(1, "ads")])
    assert {name: one.version for name, one in found.items.items()} == {"default": 5, "films": 6, "ads": 1}


def test_the_job_of_an_event_gets_its_renditions_back() -> None:
    rendition = Rendition(status="success", file_url="http://vod/ld.mp4")
    lost = job("lost", JobStatus.PROCESSING, source=JobSource.EVENT, renditions=(rendition,))
    found = adopt(MediaRecord(version=1), "lost", [lost], ())
    assert (found.event_job, found.event_job_failed, found.renditions) == ("lost", False, (rendition,))
    newer = MediaRecord(event_job="newer")
    assert adopt(newer, "lost", [lost], ()).event_job == "newer"


def test_the_record_that_is_brought_up_to_date_is_left_as_it_was() -> None:
    record = MediaRecord(version=3, active={"lost": ActiveJob(job=UNDER_WAY)}, items={"default": item(1)})
    before = msgspec.json.encode(record)
    adopt(record, "lost", [job("lost", JobStatus.FAIL)], [item(2)])
    assert msgspec.json.encode(record) == before
