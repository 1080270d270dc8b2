"""The operations of ApsaraVideo VOD as their callers see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.examples import MATCH, job
from support.read_model import ReadModel

from schemas.cases import CaseState, Decision, DecisionKind
from schemas.jobs import JobStatus, SaveType
from schemas.libraries import Library
from schemas.limits import LONGEST_USER_DATA
from streams.web.services import Services


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["Code"]


async def test_a_submitted_job_is_shown_with_its_id_and_asked_for_as_the_caller_says(
    caller: Any, model: ReadModel, services: Services
) -> None:
    user_data = {"MessageCallback": {"CallbackURL": "https://example.com/done"}, "Extend": {"id": "ü"}}
    answer = await caller.v3(
        "SubmitAIJob", MediaId="file:///clip.mp4", Types="AIMediaDNA", UserData=json.dumps(user_data)
    )
    (shown,) = answer.json()["AIJobList"]["AIJob"]
    assert (shown["MediaId"], shown["Type"]) == ("file:///clip.mp4", "AIMediaDNA")
    request = model.jobs.get(shown["JobId"]).request  # type: ignore[union-attr]
    assert (request.file_url, request.library, request.search) == ("file:///clip.mp4", services.settings.library, ())
    assert request.save_type is SaveType.FORCESAVE
    assert json.loads(request.extend or "") == {"id": "ü"}
    assert request.callback_url == "https://example.com/done"


@pytest.mark.parametrize("config", ['{"DNADBId":"ads"}', '{"AIMediaDNA":{"DNADBId":"ads"}}'])
async def test_a_job_that_names_a_library_stores_into_it_and_searches_it_alone(
    caller: Any, model: ReadModel, config: str
) -> None:
    model.apply(libraries=[Library(name="ads")])
    await caller.v3("SubmitAIJob", MediaId="file:///clip.mp4", Config=config)
    (asked,) = model.jobs.page().jobs
    assert (asked.request.library, asked.request.search) == ("ads", ("ads",))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, (400, "MissingParameter")),
        ({"MediaId": ""}, (400, "MissingParameter")),
        ({"MediaId": "x" * 257}, (400, "InvalidParameter")),
        ({"MediaId": "a\x1fb"}, (400, "InvalidParameter")),
        ({"MediaId": "a\x85b"}, (400, "InvalidParameter")),
        ({"MediaId": "unknown"}, (404, "InvalidVideo.NotFound")),
        ({"MediaId": "file:///a", "Types": "AIVideoTag"}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "Types": "AIMediaDNA,AIVideoTag"}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "Config": "{"}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "Config": "[1]"}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "Config": '{"DNADBId":7}'}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "Config": '{"DNADBId":"unknown"}'}, (404, "NoSuchResource")),
        ({"MediaId": "file:///a", "Config": json.dumps({"DNADBId": "x" * 101})}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "UserData": "nonsense"}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "UserData": '{"MessageCallback":"http://a"}'}, (400, "InvalidParameter")),
        (
            {"MediaId": "file:///a", "UserData": '{"MessageCallback":{"CallbackURL":"ftp://a"}}'},
            (400, "InvalidParameter"),
        ),
        (
            {"MediaId": "file:///a", "UserData": '{"MessageCallback":{"CallbackURL":"http://127.0.0.1/"}}'},
            (400, "InvalidParameter"),
        ),
        ({"MediaId": "file:///a", "UserData": json.dumps({"Extend": "x" * 513})}, (400, "InvalidParameter")),
        ({"MediaId": "file:///a", "UserData": "[" * 5000}, (400, "InvalidParameter")),
    ],
)
async def test_a_job_that_is_not_asked_for_rightly_is_refused_and_not_made(
    caller: Any, model: ReadModel, parameters: dict[str, str], expected: tuple[int, str]
) -> None:
    assert refusal(await caller.v3("SubmitAIJob", **parameters)) == expected
    assert model.jobs.page().jobs == []


async def test_jobs_are_listed_by_their_ids_and_unknown_ids_apart(caller: Any, model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("j1", matches=(MATCH,), message="OK", complete_time="2026-11-23T08:01:00.456Z"),
            job("j2", JobStatus.PROCESSING),
            job("j3", JobStatus.CANCELLED, code="JobCancelled", message="cancelled by request"),
        ]
    )
    body = (await caller.v3("ListAIJob", JobIds="j1, j2,j3,unknown,j1")).json()
    assert body["NonExistAIJobIds"] == {"String": ["unknown"]}
    success, processing, cancelled = body["AIJobList"]["AIJob"]
    data = json.loads(success.pop("Data"))
    assert success == {
        "JobId": "j1",
        "MediaId": "video",
        "Type": "AIMediaDNA",
        "Status": "success",
        "Code": "0",
        "Message": "OK",
        "CreationTime": "2026-11-23T08:00:00Z",
        "CompleteTime": "2026-11-23T08:01:00Z",
    }
    assert data["VideoDNA"][0]["Detail"][0]["Duplication"] == {"Start": "65.0", "Duration": "5.0"}
    assert (processing["Status"], "Data" in processing, "Code" in processing) == ("processing", False, False)
    assert (cancelled["Status"], cancelled["Code"], "Data" in cancelled) == ("fail", "JobCancelled", False)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("", (400, "MissingParameter")),
        (",, ,", (400, "MissingParameter")),
        (",".join(f"j{number}" for number in range(11)), (400, "InvalidParameter")),
    ],
)
async def test_a_list_of_no_ids_or_of_eleven_is_refused(caller: Any, ids: str, expected: tuple[int, str]) -> None:
    assert refusal(await caller.v3("ListAIJob", JobIds=ids)) == expected


async def test_ten_ids_are_listed(caller: Any) -> None:
    ids = [f"j{number}" for number in range(10)]
    assert (await caller.v3("ListAIJob", JobIds=",".join(ids))).json()["NonExistAIJobIds"]["String"] == ids


async def test_the_result_of_a_media_item_is_that_of_its_newest_job_that_succeeded(
    caller: Any, model: ReadModel
) -> None:
    newest = {"creation_time": "2026-11-24T08:00:00.000Z"}
    model.apply(jobs=[job("j1", matches=(MATCH,)), job("j2", JobStatus.FAIL, **newest)])
    (found,) = (await caller.v3("GetMediaDNAResult", MediaId="video")).json()["DNAResult"]["VideoDNA"]
    assert (found["PrimaryKey"], found["Similarity"]) == ("original", "0.9")
    assert found["Detail"][0]["Input"] == {"Start": "0.0", "Duration": "5.0"}


async def test_results_leave_out_pairs_that_a_person_has_dismissed_since(caller: Any, model: ReadModel) -> None:
    dismissed = Decision(
        decision_id="d",
        case_id="c",
        media_id="video",
        library="default",
        reference="original",
        number=1,
        decision=DecisionKind.NOT_A_MATCH,
        who="anna",
        when="2026-11-24T08:00:00.000Z",
        before=CaseState.OPEN,
        after=CaseState.DISMISSED,
    )
    model.apply(jobs=[job("j1", matches=(MATCH,))], decisions=[dismissed])
    assert (await caller.v3("GetMediaDNAResult", MediaId="video")).json()["DNAResult"]["VideoDNA"] == []
    (listed,) = (await caller.v3("ListAIJob", JobIds="j1")).json()["AIJobList"]["AIJob"]
    assert json.loads(listed["Data"])["VideoDNA"] == []


async def test_there_is_no_result_of_an_unknown_media_item_nor_of_one_whose_job_goes_on(
    caller: Any, model: ReadModel
) -> None:
    model.apply(jobs=[job("j1", JobStatus.PROCESSING)])
    assert refusal(await caller.v3("GetMediaDNAResult", MediaId="unknown")) == (404, "InvalidVideo.NotFound")
    assert refusal(await caller.v3("GetMediaDNAResult", MediaId="video")) == (404, "NoSuchResource")
    assert refusal(await caller.v3("GetMediaDNAResult")) == (400, "MissingParameter")


async def test_a_deleted_media_item_is_known_no_more(caller: Any, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", matches=(MATCH,))])
    assert (await caller.v3("SubmitMediaDNADeleteJob", MediaId="video")).json()["JobId"]
    for action in ("SubmitMediaDNADeleteJob", "GetMediaDNAResult", "SubmitAIJob"):
        assert refusal(await caller.v3(action, MediaId="video")) == (404, "InvalidVideo.NotFound")
    assert refusal(await caller.v3("SubmitMediaDNADeleteJob")) == (400, "MissingParameter")


async def test_what_is_too_long_to_be_kept_is_refused(caller: Any, model: ReadModel, services: Services) -> None:
    long = json.dumps({"Extend": "e", "Note": "n" * LONGEST_USER_DATA})
    answer = await caller.v3("SubmitAIJob", form={"MediaId": "file:///clip.mp4", "UserData": long})
    assert refusal(answer) == (400, "InvalidParameter")
    assert "UserData" in answer.json()["Message"]
    services.settings = services.settings.model_copy(update={"media_template": "https://cdn/{MediaId}/" + "p" * 4096})
    answer = await caller.v3("SubmitAIJob", MediaId="clip")
    assert refusal(answer) == (400, "InvalidParameter")
    assert "4096" in answer.json()["Message"]
    assert model.jobs.page().jobs == []
