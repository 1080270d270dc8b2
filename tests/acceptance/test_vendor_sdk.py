"""The vendor's own, unmodified SDKs against a running service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alibabacloud_ice20201109 import models as ims_models
from alibabacloud_ice20201109.client import Client as ImsClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models as vod_models
from alibabacloud_vod20170321.client import Client as VodClient
from support.client import JOB_S, EditedCopy, Footage

from streams.demo.edit import Edit, Piece
from streams.demo.service import Service, running_service

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    tmp_path_factory: pytest.TempPathFactory, footage: Footage, edited_copy: EditedCopy
) -> AsyncIterator[Service]:
    """One service for all tests, with a folder that holds `original.mp4` and a copy of a part of it, `copy.mp4`."""
    folder = tmp_path_factory.mktemp("vendor")
    media, keys = folder / "media", folder / "keys"
    media.mkdir()
    copied, _ = edited_copy(Piece(footage["trailer"], 10.0, 24.0), edit=Edit(logo=True))
    (media / "original.mp4").write_bytes(footage["trailer"].read_bytes())
    (media / "copy.mp4").write_bytes(copied.read_bytes())
    keys.write_text("upload-system its-secret submitter\nowner their-secret\n")
    arguments = ("--web", "127.0.0.1:0", "--media", str(media))
    async with running_service(
        folder / "state", *arguments, environment={"MEDIADNA_ACCESS_KEYS": str(keys)}
    ) as running:
        yield running


def config(service: Service, *, signed_with: str = "their-secret", algorithm: str | None = None) -> Config:
    """Return what points the SDK at the service."""
    return Config(
        access_key_id="owner",
        access_key_secret=signed_with,
        endpoint=service.web.removeprefix("http://"),
        protocol="http",
        signature_algorithm=algorithm,
    )


async def ended(look: Callable[[], Any]) -> Any:
    """Wait until what the function returns has ended."""
    async with asyncio.timeout(JOB_S):
        while True:
            found = await asyncio.to_thread(look)
            if str(found.status).lower() in {"success", "fail"}:
                return found
            await asyncio.sleep(0.5)


async def vod_job(client: VodClient, media_id: str, **fields: str) -> Any:
    """Submit a job, and wait until it has ended."""
    request = vod_models.SubmitAIJobRequest(media_id=media_id, types="AIMediaDNA", **fields)
    submitted = (await asyncio.to_thread(client.submit_aijob, request)).body.aijob_list.aijob[0]
    assert (submitted.media_id, submitted.type) == (media_id, "AIMediaDNA")
    listed = vod_models.ListAIJobRequest(job_ids=f"{submitted.job_id},unknown")

    def look() -> Any:
        body = client.list_aijob(listed).body
        assert body.non_exist_aijob_ids.string == ["unknown"]
        return body.aijob_list.aijob[0]

    return await ended(look)


async def test_a_job_of_apsaravideo_vod_from_its_submission_to_its_result(service: Service) -> None:
    client = VodClient(config(service))
    original = await vod_job(client, "original")
    assert (original.status, original.code, original.message) == ("success", "0", "OK"), original
    copied = await vod_job(client, "copy", user_data=json.dumps({"Extend": {"id": "mine"}}))
    (found,) = json.loads(copied.data)["VideoDNA"]
    assert found["PrimaryKey"] == "original"
    request = vod_models.GetMediaDNAResultRequest(media_id="copy")
    (match,) = (await asyncio.to_thread(client.get_media_dnaresult, request)).body.dnaresult.video_dna
    assert (match.primary_key, match.similarity) == ("original", found["Similarity"])
    detail = match.detail[0]
    assert float(detail.input.start) == pytest.approx(0.0, abs=0.5)
    assert float(detail.duplication.start) == pytest.approx(10.0, abs=0.5)
    now = datetime.now(UTC)
    usage = vod_models.DescribeVodAIDataRequest(
        start_time=(now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        end_time=(now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    metered = (await asyncio.to_thread(client.describe_vod_aidata, usage)).body
    assert metered.data_interval == "hour"
    assert metered.aidata.aidata_item[0].data.data_item[0].name == "AIVideoFPShot"
    deletion = vod_models.SubmitMediaDNADeleteJobRequest(media_id="copy")
    assert (await asyncio.to_thread(client.submit_media_dnadelete_job, deletion)).body.job_id
    with pytest.raises(ClientException) as refused:
        await asyncio.to_thread(client.get_media_dnaresult, request)
    assert (refused.value.code, refused.value.status_code) == ("InvalidVideo.NotFound", 404)


async def ims_job(client: ImsClient, key: str, media: str, library: str, save_type: str) -> str:
    """Submit a job over a file of the media folder; return its id."""
    request = ims_models.SubmitDNAJobRequest(
        dbid=library,
        primary_key=key,
        input=ims_models.SubmitDNAJobRequestInput(type="Media", media=media),
        config=json.dumps({"SaveType": save_type, "MediaType": "video"}),
        user_data="mine",
    )
    job_id: str = (await asyncio.to_thread(client.submit_dnajob, request)).body.job_id
    return job_id


async def ended_ims_job(client: ImsClient, job_id: str) -> Any:
    """Wait until a job has ended."""
    request = ims_models.QueryDNAJobListRequest(job_ids=job_id)
    return await ended(lambda: client.query_dnajob_list(request).body.job_list[0])


async def test_a_library_of_intelligent_media_services_from_its_making_to_its_end(service: Service) -> None:
    client = ImsClient(config(service))
    making = ims_models.CreateDNADBRequest(name="works", model="Video", description="what is ours")
    made = (await asyncio.to_thread(client.create_dnadb, making)).body.dbinfo
    assert (made.name, made.model, made.status) == ("works", "Video", "active")

    saved = await ended_ims_job(client, await ims_job(client, "work-1", "original", made.dbid, "save"))
    assert (saved.status, saved.code, saved.dbid, saved.primary_key) == ("Success", "0", "works", "work-1"), saved
    searched = await ended_ims_job(client, await ims_job(client, "clip", "copy", made.dbid, "nosave"))
    async with httpx.AsyncClient(trust_env=False) as web:
        (found,) = (await web.get(searched.dnaresult)).json()["VideoDNA"]
    assert (found["PrimaryKey"], found["Library"], searched.user_data) == ("work-1", "works", "mine")

    listing = ims_models.ListDNAFilesRequest(dbid=made.dbid, page_size=10)
    (file,) = (await asyncio.to_thread(client.list_dnafiles, listing)).body.file_list
    assert file.primary_key == "work-1"
    assert file.input_file.object.endswith("media/original.mp4")

    deletion = ims_models.DeleteDNAFilesRequest(dbid=made.dbid, primary_keys="work-1")
    await asyncio.to_thread(client.delete_dnafiles, deletion)
    assert (await asyncio.to_thread(client.list_dnafiles, listing)).body.file_list == []
    await asyncio.to_thread(client.delete_dnadb, ims_models.DeleteDNADBRequest(dbid=made.dbid))
    listed = await asyncio.to_thread(client.list_dnadb, ims_models.ListDNADBRequest(dbids="works,default"))
    assert [library.dbid for library in listed.body.dblist] == ["default"]


async def test_a_job_of_intelligent_media_services_is_cancelled(service: Service) -> None:
    client = ImsClient(config(service))
    job_id = await ims_job(client, "cancelled", "original", "default", "nosave")
    request = ims_models.CancelDNAJobRequest(job_id=job_id)
    assert (await asyncio.to_thread(client.cancel_dnajob, request)).body.job_id == job_id
    job = await ended_ims_job(client, job_id)
    assert (job.status, job.code) == ("Fail", "JobCancelled")
    with pytest.raises(ClientException) as refused:
        await asyncio.to_thread(client.cancel_dnajob, request)
    assert (refused.value.code, refused.value.status_code) == ("PermissionDenied.JobInFailure", 403)


@pytest.mark.parametrize("algorithm", [None, "v2"])
async def test_both_signatures_of_the_sdk_are_taken_and_wrong_ones_are_refused(
    service: Service, algorithm: str | None
) -> None:
    request = vod_models.ListAIJobRequest(job_ids="a")
    right = VodClient(config(service, algorithm=algorithm))
    assert (await asyncio.to_thread(right.list_aijob, request)).body.non_exist_aijob_ids.string == ["a"]
    wrong = VodClient(config(service, algorithm=algorithm, signed_with="other"))
    with pytest.raises(ClientException) as refused:
        await asyncio.to_thread(wrong.list_aijob, request)
    assert (refused.value.code, refused.value.status_code) == ("SignatureDoesNotMatch", 400)


async def test_what_is_not_known_raises_what_the_sdk_raises_for_the_vendor(service: Service) -> None:
    client = VodClient(config(service))
    with pytest.raises(ClientException) as refused:
        await asyncio.to_thread(client.submit_aijob, vod_models.SubmitAIJobRequest(media_id="unknown"))
    assert (refused.value.code, refused.value.status_code) == ("InvalidVideo.NotFound", 404)
    assert refused.value.request_id
