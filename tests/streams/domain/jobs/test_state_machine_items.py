"""The state machine: what libraries hold of a media item, how it is marked, and how it goes."""

from __future__ import annotations

from support.examples import submit
from support.transitions import NOW, TRIES, done, event_request, finished, planned, removal, rendition

from schemas.commands import DeleteMedia, ItemMarks, MarkItem, RemoveItem
from schemas.jobs import JobStatus, SaveType
from schemas.tasks import ChunkResult, TaskKind, TaskOutcome
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result
from streams.domain.jobs.step import Step


def marked(step: Step, *, library: str = "default", **marks: object) -> Step:
    return on_request(
        step.record, MarkItem(job_id="m", media_id="video", library=library, marks=ItemMarks(**marks)), now=NOW
    )


def test_what_a_job_stored_is_an_item_of_its_library() -> None:
    step = finished(on_request(MediaRecord(), submit(library="films", metadata={"title": "x"}), now=NOW))
    (item,) = step.items
    assert (item.library, item.media_id, item.version) == ("films", "video", step.jobs[0].version)
    assert (item.metadata, item.disabled) == ({"title": "x"}, False)


def test_a_job_that_stored_nothing_makes_no_item() -> None:
    assert finished(on_request(MediaRecord(), submit(save_type=SaveType.NOSAVE), now=NOW)).items == ()


def test_an_item_stays_marked_when_a_newer_job_stores_it_again() -> None:
    step = finished(on_request(MediaRecord(), submit(metadata={"title": "x"}), now=NOW))
    step = marked(step, disabled=True)
    (item,) = step.items
    assert (item.disabled, item.metadata) == (True, {"title": "x"})
    step = marked(step, metadata={"title": "y"})
    (item,) = step.items
    assert (item.disabled, item.metadata) == (True, {"title": "y"})
    (again,) = finished(on_request(step.record, submit("again"), now=NOW)).items
    assert (again.disabled, again.metadata, again.version > item.version) == (True, {"title": "y"}, True)


def test_an_item_keeps_its_publish_time_until_another_is_said() -> None:
    step = finished(on_request(MediaRecord(), submit(publish_time="2026-11-01T00:00:00.000Z"), now=NOW))
    (again,) = finished(on_request(step.record, submit("again"), now=NOW)).items
    assert again.publish_time == "2026-11-01T00:00:00.000Z"
    said = marked(step, publish_time="2026-10-01T00:00:00.000Z")
    assert said.items[0].publish_time == "2026-10-01T00:00:00.000Z"
    assert marked(said, publish_time="").items[0].publish_time == ""


def test_an_item_that_is_not_there_cannot_be_marked() -> None:
    step = finished(on_request(MediaRecord(), submit(), now=NOW))
    assert marked(step, library="other", disabled=True).items == ()


def test_removing_from_one_library_leaves_the_others() -> None:
    step = finished(on_request(MediaRecord(), submit("one", library="films"), now=NOW))
    step = finished(on_request(step.record, submit("two", library="ads"), now=NOW))
    step = removal(step, RemoveItem, library="films")
    (task,) = step.tasks
    assert (task.kind, task.version > 0) == (TaskKind.REMOVE, True)
    step = on_result(step.record, done(task), now=NOW, tries=TRIES)
    assert (step.gone, step.forget_before, set(step.record.items)) == (("films",), 0, {"ads"})


def test_deleting_a_media_item_leaves_nothing_to_remember() -> None:
    step = finished(on_request(MediaRecord(), event_request("one", rendition()), now=NOW))
    version = step.jobs[0].version
    step = removal(step, DeleteMedia)
    assert not step.record.empty
    step = on_result(step.record, done(step.tasks[-1]), now=NOW, tries=TRIES)
    assert (step.gone, step.forget_before >= version, step.record.empty) == (("default",), True, True)
    assert [job.job_id for job in on_request(step.record, event_request("one", rendition()), now=NOW).jobs] == ["one"]


def test_deleting_ends_the_jobs_under_way_and_what_they_still_store_is_cleaned_up() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 1)
    chunk = step.tasks[0]
    step = removal(step, DeleteMedia)
    assert [job.status for job in step.jobs] == [JobStatus.CANCELLED]
    assert [task.kind for task in step.tasks] == [TaskKind.CLEAN, TaskKind.REMOVE]
    step = on_result(step.record, done(step.tasks[-1]), now=NOW, tries=TRIES)
    straggler = on_result(step.record, done(chunk), now=NOW, tries=TRIES)
    assert [(task.kind, task.version) for task in straggler.tasks] == [(TaskKind.CLEAN, chunk.version)]
    assert straggler.record.empty


def test_a_job_that_comes_after_a_deletion_is_not_deleted_with_it() -> None:
    step = finished(on_request(MediaRecord(), submit("old"), now=NOW))
    step = removal(step, DeleteMedia)
    removing = step.tasks[-1]
    step = finished(on_request(step.record, submit("new", requested_time=NOW), now=NOW))
    (item,) = step.items
    assert item.version > removing.version
    step = on_result(step.record, done(removing), now=NOW, tries=TRIES)
    assert (step.gone, set(step.record.items), step.forget_before < item.version) == ((), {"default"}, True)


def test_a_removal_that_fails_is_tried_again_and_forgets_nothing() -> None:
    step = finished(on_request(MediaRecord(), submit(), now=NOW))
    step = removal(step, DeleteMedia)
    failing = ChunkResult(task=step.tasks[-1], outcome=TaskOutcome.RETRY)
    step = on_result(step.record, failing, now=NOW, tries=TRIES)
    assert [(task.kind, task.attempt) for task in step.tasks] == [(TaskKind.REMOVE, 1)]
    assert (step.gone, step.record.empty) == ((), False)
