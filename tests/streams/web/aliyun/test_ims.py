"""The operations of Intelligent Media Services as their callers see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.examples import job
from support.read_model import ReadModel

from schemas.jobs import Job, JobStatus, SaveType
from schemas.libraries import Library, LibraryItem, LibraryStatus

VERSION = "2020-11-09"
INPUT = json.dumps({"Type": "OSS", "Media": "oss://bucket/clip.mp4"})
JOB = {"PrimaryKey": "clip", "DBId": "ads", "Input": INPUT}


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["Code"]


async def answered(caller: Any, action: str, **parameters: str) -> dict[str, Any]:
    answer = await caller.v3(action, version=VERSION, **parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def ads(model: ReadModel) -> None:
    """A library that holds five items."""
    items = [
        LibraryItem(
            library="ads",
            media_id=f"ad{number}",
            version=1,
            job_id=f"j{number}",
            file_url=f"https://bucket.oss-cn-shanghai.aliyuncs.com/ads/{number}.mp4",
            creation_time=f"2026-11-23T08:00:0{number}.000Z",
        )
        for number in range(5)
    ]
    model.apply(libraries=[Library(name="ads", description="ours")], items=items)


def job_of(job_id: str, status: JobStatus, **fields: Any) -> Job:
    asked = {"file_url": "s3://bucket/clip.mp4", "library": "ads", "user_data": "mine"}
    return job(job_id, status, media_id="clip", **asked, **fields)


async def test_a_library_is_made_listed_and_deleted(caller: Any) -> None:
    made = await answered(caller, "CreateDNADB", Name="originals", Model="Video", Description="what is ours")
    shown = {
        "DBId": "originals",
        "Name": "originals",
        "Model": "Video",
        "Description": "what is ours",
        "Status": "active",
    }
    assert made["DBInfo"] == shown
    assert (await answered(caller, "ListDNADB", DBIds="originals,unknown"))["DBList"] == [shown]
    names = [library["DBId"] for library in (await answered(caller, "ListDNADB"))["DBList"]]
    assert names == ["default", "originals"]
    await answered(caller, "DeleteDNADB", DBId="originals")
    assert (await answered(caller, "ListDNADB", DBIds="originals"))["DBList"] == []


async def test_libraries_show_whether_jobs_search_them(caller: Any, model: ReadModel) -> None:
    model.apply(
        libraries=[
            Library(name="paused", status=LibraryStatus.PAUSED),
            Library(name="going", status=LibraryStatus.DELETING),
        ]
    )
    listed = (await answered(caller, "ListDNADB", DBIds="going,paused"))["DBList"]
    assert {library["DBId"]: library["Status"] for library in listed} == {"going": "deleted", "paused": "offline"}


@pytest.mark.usefixtures("ads")
@pytest.mark.parametrize(
    ("action", "parameters", "expected"),
    [
        ("CreateDNADB", {}, (400, "MissingParameter")),
        ("CreateDNADB", {"Name": "x" * 101}, (400, "InvalidParameter")),
        ("CreateDNADB", {"Name": "a,b"}, (400, "InvalidParameter")),
        ("CreateDNADB", {"Name": ".."}, (400, "InvalidParameter")),
        ("CreateDNADB", {"Name": "a/b"}, (400, "InvalidParameter")),
        ("CreateDNADB", {"Name": "a\x85b"}, (400, "InvalidParameter")),
        ("CreateDNADB", {"Name": "ads"}, (400, "InvalidParameter")),
        ("CreateDNADB", {"Name": "new", "Model": "Text"}, (400, "InvalidParameter")),
        ("CreateDNADB", {"Name": "new", "Description": "x" * 1025}, (400, "InvalidParameter")),
        ("ListDNADB", {"DBIds": ",".join(map(str, range(11)))}, (400, "InvalidParameter")),
        ("DeleteDNADB", {}, (400, "MissingParameter")),
        ("DeleteDNADB", {"DBId": "unknown"}, (404, "NoSuchResource")),
        ("DeleteDNADB", {"DBId": "default"}, (403, "OperationDenied")),
        ("ListDNAFiles", {"DBId": "unknown"}, (404, "NoSuchResource")),
        ("ListDNAFiles", {"DBId": "ads", "PageSize": "0"}, (400, "InvalidParameter")),
        ("ListDNAFiles", {"DBId": "ads", "PageSize": "101"}, (400, "InvalidParameter")),
        ("ListDNAFiles", {"DBId": "ads", "PageSize": "²"}, (400, "InvalidParameter")),
        ("ListDNAFiles", {"DBId": "ads", "NextPageToken": "nonsense"}, (400, "InvalidParameter")),
        ("DeleteDNAFiles", {"DBId": "ads"}, (400, "MissingParameter")),
        ("DeleteDNAFiles", {"DBId": "ads", "PrimaryKeys": "ad0,unknown"}, (404, "NoSuchResource")),
        ("DeleteDNAFiles", {"DBId": "ads", "PrimaryKeys": ",".join(map(str, range(51)))}, (400, "InvalidParameter")),
    ],
)
async def test_what_cannot_be_done_with_a_library_is_refused_and_changes_nothing(
    caller: Any, model: ReadModel, action: str, parameters: dict[str, str], expected: tuple[int, str]
) -> None:
    assert refusal(await caller.v3(action, version=VERSION, **parameters)) == expected
    assert [library.name for library in model.libraries.all()] == ["ads", "default"]
    assert model.libraries.count("ads") == 5


@pytest.mark.usefixtures("ads")
async def test_files_are_listed_page_by_page_without_repeating_or_missing_one(caller: Any) -> None:
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = await answered(caller, "ListDNAFiles", DBId="ads", PageSize="2", **token)
        seen += [file["PrimaryKey"] for file in page["FileList"]]
        if "NextPageToken" not in page:
            break
        token = {"NextPageToken": page["NextPageToken"]}
    assert sorted(seen) == [f"ad{number}" for number in range(5)]
    last = page["FileList"][0]
    assert last["InputFile"] == {"Bucket": "bucket", "Location": "oss-cn-shanghai", "Object": "ads/0.mp4"}


@pytest.mark.usefixtures("ads")
async def test_a_page_token_of_another_library_is_refused(caller: Any, model: ReadModel) -> None:
    model.apply(libraries=[Library(name="other")])
    page = await answered(caller, "ListDNAFiles", DBId="ads", PageSize="2")
    answer = await caller.v3("ListDNAFiles", version=VERSION, DBId="other", NextPageToken=page["NextPageToken"])
    assert refusal(answer) == (400, "InvalidParameter")


@pytest.mark.usefixtures("ads")
async def test_files_are_deleted_by_their_keys(caller: Any, model: ReadModel) -> None:
    await answered(caller, "DeleteDNAFiles", DBId="ads", PrimaryKeys="ad0,ad3")
    assert sorted(item.media_id for item in model.libraries.items("ads").items) == ["ad1", "ad2", "ad4"]


@pytest.mark.usefixtures("ads")
async def test_a_job_is_asked_for_as_the_caller_says(caller: Any, model: ReadModel) -> None:
    config = json.dumps({"SaveType": "nosave", "MediaType": "video", "SimilarityThreshold": 0.9})
    job_id = (await answered(caller, "SubmitDNAJob", **JOB, Config=config, UserData="mine"))["JobId"]
    request = model.jobs.get(job_id).request  # type: ignore[union-attr]
    assert (request.media_id, request.file_url) == ("clip", "s3://bucket/clip.mp4")
    assert (request.library, request.search) == ("ads", ("ads",))
    assert (request.save_type, request.similarity_threshold) == (SaveType.NOSAVE, 0.9)
    assert request.user_data == "mine"


@pytest.mark.usefixtures("ads")
async def test_a_job_over_a_known_media_item_reads_it_where_it_was_read_before(caller: Any, model: ReadModel) -> None:
    model.apply(jobs=[job_of("j1", JobStatus.FAIL)])
    chosen = JOB | {"PrimaryKey": "other", "Input": json.dumps({"Type": "Media", "Media": "clip"})}
    job_id = (await answered(caller, "SubmitDNAJob", **chosen))["JobId"]
    request = model.jobs.get(job_id).request  # type: ignore[union-attr]
    assert (request.media_id, request.file_url, request.save_type) == ("other", "s3://bucket/clip.mp4", SaveType.SAVE)


@pytest.mark.usefixtures("ads")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"PrimaryKey": ""}, (400, "MissingParameter")),
        ({"PrimaryKey": ".."}, (400, "InvalidParameter")),
        ({"DBId": ""}, (400, "MissingParameter")),
        ({"DBId": "unknown"}, (404, "NoSuchResource")),
        ({"Input": ""}, (400, "MissingParameter")),
        ({"Input": "oss://bucket/clip.mp4"}, (400, "InvalidParameter")),
        ({"Input": '{"Type":"OSS"}'}, (400, "MissingParameter")),
        ({"Input": '{"Media":"oss://a/b"}'}, (400, "MissingParameter")),
        ({"Input": '{"Type":"OSS","Media":7}'}, (400, "InvalidParameter")),
        ({"Input": '{"Type":"OSS","Media":"clip.mp4"}'}, (400, "InvalidParameter")),
        ({"Input": json.dumps({"Type": "OSS", "Media": "oss://" + "a" * 4096})}, (400, "InvalidParameter")),
        ({"Input": '{"Type":"Disk","Media":"oss://a/b"}'}, (400, "InvalidParameter")),
        ({"Input": '{"Type":"Media","Media":"unknown"}'}, (404, "InvalidVideo.NotFound")),
        ({"Config": "nonsense"}, (400, "InvalidParameter")),
        ({"Config": '{"SaveType":"keep"}'}, (400, "InvalidParameter")),
        ({"Config": '{"SaveType":[]}'}, (400, "InvalidParameter")),
        ({"Config": '{"MediaType":"text"}'}, (400, "InvalidParameter")),
        ({"Config": '{"SimilarityThreshold":2}'}, (400, "InvalidParameter")),
        ({"Config": '{"SimilarityThreshold":true}'}, (400, "InvalidParameter")),
        ({"UserData": "ü" * 65}, (400, "InvalidParameter")),
    ],
)
async def test_a_job_that_is_not_asked_for_rightly_is_refused_and_not_made(
    caller: Any, model: ReadModel, changed: dict[str, str], expected: tuple[int, str]
) -> None:
    assert refusal(await caller.v3("SubmitDNAJob", version=VERSION, **(JOB | changed))) == expected
    assert model.jobs.page().jobs == []


async def test_a_paused_library_is_not_searched(caller: Any, model: ReadModel) -> None:
    model.apply(libraries=[Library(name="ads", status=LibraryStatus.PAUSED)])
    assert refusal(await caller.v3("SubmitDNAJob", version=VERSION, **JOB)) == (403, "OperationDenied")


async def test_jobs_are_shown_by_their_ids(caller: Any, client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(
        jobs=[
            job_of("j1", JobStatus.SUCCESS, message="OK", complete_time="2026-11-23T08:01:00.456Z"),
            job_of("j2", JobStatus.INIT),
            job_of("j3", JobStatus.PROCESSING),
            job_of("j4", JobStatus.FAIL, code="Timeout", message="too slow"),
        ]
    )
    success, *others = (await answered(caller, "QueryDNAJobList", JobIds="j1,unknown,j2,j3,j4"))["JobList"]
    link = success.pop("DNAResult")
    assert success == {
        "Id": "j1",
        "Status": "Success",
        "Code": "0",
        "Message": "OK",
        "CreationTime": "2026-11-23T08:00:00Z",
        "FinishTime": "2026-11-23T08:01:00Z",
        "DBId": "ads",
        "PrimaryKey": "clip",
        "Config": '{"SaveType":"forcesave","MediaType":"video"}',
        "UserData": "mine",
        "Input": {"Type": "OSS", "Media": "s3://bucket/clip.mp4"},
    }
    assert [(one["Status"], one.get("Code")) for one in others] == [
        ("Queuing", None),
        ("Analysing", None),
        ("Fail", "Timeout"),
    ]
    assert (await client.get(link)).json() == {"VideoDNA": [], "Action": "allow"}


async def test_a_job_that_has_not_succeeded_has_no_result_file(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job_of("j1", JobStatus.FAIL)])
    for job_id in ("j1", "unknown"):
        assert (await client.get(f"/api/v1/jobs/{job_id}/dna-result")).status_code == 404


@pytest.mark.parametrize(
    ("ids", "code"), [("", "MissingParameter"), (",".join(map(str, range(11))), "InvalidParameter")]
)
async def test_a_list_of_no_ids_or_of_eleven_is_refused(caller: Any, ids: str, code: str) -> None:
    assert refusal(await caller.v3("QueryDNAJobList", version=VERSION, JobIds=ids)) == (400, code)


async def test_a_job_that_has_not_ended_is_cancelled_and_others_are_not(caller: Any, model: ReadModel) -> None:
    model.apply(
        jobs=[job_of("j1", JobStatus.PROCESSING), job_of("j2", JobStatus.SUCCESS), job_of("j3", JobStatus.CANCELLED)]
    )
    assert (await answered(caller, "CancelDNAJob", JobId="j1"))["JobId"] == "j1"
    for job_id, expected in {
        "j2": (403, "PermissionDenied.JobInComplete"),
        "j3": (403, "PermissionDenied.JobInFailure"),
        "unknown": (404, "NoSuchResource"),
        "": (400, "MissingParameter"),
    }.items():
        assert refusal(await caller.v3("CancelDNAJob", version=VERSION, JobId=job_id)) == expected
    statuses = {one.job_id: one.status for one in model.jobs.page().jobs}
    assert statuses == {"j1": JobStatus.CANCELLED, "j2": JobStatus.SUCCESS, "j3": JobStatus.CANCELLED}
