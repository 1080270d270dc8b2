"""Who is let in: signatures, their time and their nonces, roles, how often, and this machine's own programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from support.read_model import ReadModel

Call = Callable[..., Awaitable[httpx.Response]]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of an error in the vendor's form."""
    body = answer.json()
    assert set(body) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert body["Message"]
    assert answer.headers["x-acs-request-id"] == body["RequestId"]
    return answer.status_code, body["Code"]


async def test_a_signed_call_is_answered(caller: Any) -> None:
    for answer in (
        await caller.v3("ListAIJob", JobIds="a,b"),
        await caller.v3("ListAIJob", method="GET", JobIds="a,b"),
        await caller.v3("ListAIJob", form={"JobIds": "a,b"}),
        await caller.v1("ListAIJob", JobIds="a,b"),
        await caller.v1("ListAIJob", method="POST", JobIds="a,b"),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.json()["NonExistAIJobIds"] == {"String": ["a", "b"]}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"signed_with": "other"}, (400, "SignatureDoesNotMatch")),
        ({"key": "nobody"}, (404, "InvalidAccessKeyId.NotFound")),
        ({"away": timedelta(minutes=-16)}, (400, "InvalidTimeStamp.Expired")),
        ({"away": timedelta(minutes=16)}, (400, "InvalidTimeStamp.Expired")),
        ({"unsigned": ("x-acs-signature-nonce",)}, (400, "IncompleteSignature")),
        ({"unsigned": ("host",)}, (400, "IncompleteSignature")),
        ({"changed": {"x-acs-security-token": "new"}}, (400, "IncompleteSignature")),
        ({"changed": {"Authorization": "ACS3-HMAC-SHA256 Credential=admin"}}, (400, "IncompleteSignature")),
        ({"changed": {"Authorization": "Bearer token"}}, (400, "InvalidSignatureMethod")),
        (
            {"changed": {"Authorization": "ACS3-HMAC-SM3 Credential=a,SignedHeaders=b,Signature=c"}},
            (400, "InvalidSignatureMethod"),
        ),
        ({"changed": {"x-acs-date": "yesterday"}}, (400, "SignatureDoesNotMatch")),
        ({"changed": {"x-acs-action": "GetMediaDNAResult"}}, (400, "SignatureDoesNotMatch")),
        ({"changed": {"x-acs-content-sha256": "00"}}, (400, "SignatureDoesNotMatch")),
        ({"changed": {"x-acs-content-sha256": b"\xfc"}}, (400, "SignatureDoesNotMatch")),
    ],
)
async def test_a_v3_signature_that_is_not_right_is_refused(
    caller: Any, wrong: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(await caller.v3("ListAIJob", JobIds="a", **wrong)) == expected


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"signed_with": "other"}, (400, "SignatureDoesNotMatch")),
        ({"key": "nobody"}, (404, "InvalidAccessKeyId.NotFound")),
        ({"Timestamp": "2017-03-20T07:49:17Z"}, (400, "InvalidTimeStamp.Expired")),
        ({"Timestamp": "yesterday"}, (400, "InvalidTimeStamp.Format")),
        ({"SignatureMethod": "HMAC-MD5"}, (400, "InvalidSignatureMethod")),
        ({"without": ("Signature",)}, (400, "MissingParameter")),
        ({"without": ("AccessKeyId",)}, (400, "MissingParameter")),
        ({"without": ("SignatureNonce",)}, (400, "MissingParameter")),
        ({"changed": {"JobIds": "b"}}, (400, "SignatureDoesNotMatch")),
        ({"changed": {"Signature": "ü"}}, (400, "SignatureDoesNotMatch")),
    ],
)
async def test_a_v1_signature_that_is_not_right_is_refused(
    caller: Any, wrong: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(await caller.v1("ListAIJob", JobIds="a", **wrong)) == expected


async def test_a_v1_signature_covers_what_is_called_so_headers_change_nothing_of_it(caller: Any) -> None:
    changed = await caller.v1("ListDNADB", Version="2020-11-09", headers={"x-acs-action": "DeleteDNADB"})
    assert refusal(changed) == (400, "InvalidParameter")
    named = {"x-acs-action": "ListDNADB", "x-acs-version": "2020-11-09"}
    assert (await caller.v1("ListDNADB", Version="2020-11-09", headers=named)).status_code == 200
    unsigned = await caller.v1("", Version="2020-11-09", headers=named)
    assert refusal(unsigned) == (400, "MissingParameter")


async def test_a_body_that_is_not_the_signed_one_is_refused(caller: Any) -> None:
    answer = await caller.v3(
        "ListAIJob",
        JobIds="a",
        form={"PageSize": "1"},
        changed={"x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    )
    assert refusal(answer) == (400, "SignatureDoesNotMatch")


async def test_a_call_cannot_be_made_twice(caller: Any) -> None:
    assert (await caller.v3("ListAIJob", JobIds="a", nonce="once")).status_code == 200
    assert refusal(await caller.v3("ListAIJob", JobIds="a", nonce="once")) == (400, "SignatureNonceUsed")
    assert (await caller.v3("ListAIJob", JobIds="a", nonce="once", key="reader")).status_code == 200


async def test_an_emptied_file_of_keys_shuts_everybody_out(caller: Any, tmp_path: Path) -> None:
    assert (await caller.v3("ListAIJob", JobIds="a")).status_code == 200
    (tmp_path / "keys").write_text("# nobody\n")
    assert refusal(await caller.v3("ListAIJob", JobIds="a")) == (404, "InvalidAccessKeyId.NotFound")
    assert refusal(await caller.unsigned("ListAIJob", JobIds="a")) == (400, "MissingParameter")


@pytest.mark.parametrize("how", ["v1", "v3"])
async def test_a_call_that_changes_something_uses_its_nonce_up_for_all_workers_and_one_that_looks_does_not(
    caller: Any, model: ReadModel, how: str
) -> None:
    call = getattr(caller, how)
    claims = "SELECT count(*) AS n FROM key_claims"
    assert (await call("ListAIJob", JobIds="a")).status_code == 200
    assert model._database.one(claims)["n"] == 0
    assert (await call("SubmitAIJob", MediaId="file:///clip.mp4")).status_code == 200
    assert model._database.one(claims)["n"] == 1


async def test_a_nonce_is_not_used_up_by_a_call_with_a_wrong_signature(caller: Any) -> None:
    assert (await caller.v3("ListAIJob", JobIds="a", nonce="mine", signed_with="guessed")).status_code == 400
    assert (await caller.v3("ListAIJob", JobIds="a", nonce="mine")).status_code == 200


async def test_a_wrong_signature_is_told_what_ought_to_have_been_signed_and_no_secret(caller: Any) -> None:
    message = (await caller.v3("ListAIJob", JobIds="a", signed_with="other")).json()["Message"]
    assert "server string to sign is:ACS3-HMAC-SHA256" in message
    assert "secret" not in message


async def test_a_key_that_may_read_asks_for_no_job(caller: Any, model: ReadModel) -> None:
    answer = await caller.v3("SubmitAIJob", key="reader", MediaId="file:///clip.mp4")
    assert refusal(answer) == (403, "Forbidden.RAM")
    assert model.jobs.page().jobs == []
    assert (await caller.v3("SubmitAIJob", key="submitter", MediaId="file:///clip.mp4")).status_code == 200


async def test_a_key_that_calls_an_operation_too_often_is_throttled_and_others_are_not(
    caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: 1.8e9))
    answers = [refusal(await caller.v3("SubmitAIJob", key="submitter")) for _ in range(32)]
    assert answers == [(400, "MissingParameter")] * 30 + [(400, "Throttling.User")] * 2
    assert refusal(await caller.v3("SubmitAIJob")) == (400, "MissingParameter")


async def test_a_call_without_a_signature_is_refused_where_keys_are_configured(caller: Any) -> None:
    assert refusal(await caller.unsigned("ListAIJob", JobIds="a")) == (400, "MissingParameter")


async def test_without_keys_programs_of_this_machine_call_with_any_signature_or_none(local: Any) -> None:
    caller = await local("127.0.0.1")
    assert (await caller.unsigned("ListAIJob", JobIds="a")).status_code == 200
    assert (await caller.v3("ListAIJob", JobIds="a", key="any", signed_with="any")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "["},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Mode": "navigate"},
        {"Referer": "https://evil.example/"},
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-Host": "127.0.0.1"},
        {"Forwarded": "for=203.0.113.9"},
        {"X-Real-IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
    ],
)
async def test_without_keys_pages_and_proxies_are_refused(local: Any, headers: dict[str, str]) -> None:
    caller = await local("127.0.0.1")
    assert refusal(await caller.unsigned("ListAIJob", JobIds="a", headers=headers)) == (403, "Forbidden.RAM")


async def test_without_keys_other_machines_are_refused(local: Any) -> None:
    caller = await local("192.0.2.7")
    assert refusal(await caller.unsigned("ListAIJob", JobIds="a")) == (403, "Forbidden.RAM")
    assert refusal(await caller.v3("ListAIJob", JobIds="a")) == (403, "Forbidden.RAM")


async def test_without_keys_nobody_calls_where_other_machines_can_reach_the_address(local: Any) -> None:
    caller = await local("127.0.0.1", web="0.0.0.0:6066")
    assert refusal(await caller.unsigned("ListAIJob", JobIds="a")) == (403, "Forbidden.RAM")


@pytest.mark.parametrize(
    "given",
    [{"unsigned_calls": "never"}, {"tokens": Path("tokens")}, {"proxies": "127.0.0.1", "tokens": Path("tokens")}],
)
async def test_a_call_without_a_signature_is_refused_where_anything_is_asked_of_anybody(
    local: Any, given: dict[str, Any]
) -> None:
    caller = await local("127.0.0.1", **given)
    answer = await caller.unsigned("ListAIJob", JobIds="a")
    assert refusal(answer) == (403, "Forbidden.RAM")
    assert "MEDIADNA_ACCESS_KEYS" in answer.json()["Message"]
    assert refusal(await caller.v3("ListAIJob", JobIds="a")) == (403, "Forbidden.RAM")


async def test_beside_keys_programs_of_this_machine_call_without_one_where_that_is_asked_for(
    local: Any, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("reader secret reader\n")
    caller = await local("127.0.0.1", access_keys=tmp_path / "keys", unsigned_calls="loopback")
    assert (await caller.unsigned("ListAIJob", JobIds="a")).status_code == 200
    assert (await caller.v3("ListAIJob", key="reader", JobIds="a")).status_code == 200
    assert refusal(await caller.v3("ListAIJob", key="reader", signed_with="other", JobIds="a"))[0] == 400
    assert refusal(await caller.v1("ListAIJob", key="reader", signed_with="other", JobIds="a"))[0] == 400
    assert refusal(await caller.v3("SubmitAIJob", key="reader", MediaId="file:///a")) == (403, "Forbidden.RAM")
    elsewhere = await local("192.0.2.7")
    assert refusal(await elsewhere.unsigned("ListAIJob", JobIds="a")) == (403, "Forbidden.RAM")


async def test_whoever_is_refused_all_the_time_is_throttled_and_the_owner_of_a_key_is_not(
    local: Any, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("reader secret reader\n")
    caller = await local("192.0.2.7", access_keys=tmp_path / "keys", rate_limit="3/hour")
    answers = [refusal(await caller.v3("ListAIJob", key="nobody", JobIds="a"))[1] for _ in range(5)]
    assert answers == ["InvalidAccessKeyId.NotFound"] * 3 + ["Throttling.User"] * 2
    assert (await caller.v3("ListAIJob", key="reader", JobIds="a")).status_code == 200


async def test_a_key_that_calls_more_often_than_any_caller_may_is_throttled(local: Any) -> None:
    caller = await local("127.0.0.1", rate_limit="2/hour")
    answers = [await caller.unsigned("ListAIJob", JobIds="a") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert refusal(answers[2]) == (400, "Throttling.User")


async def test_a_key_that_is_added_to_the_file_is_let_in_and_one_that_is_taken_out_no_more(
    caller: Any, services: Any
) -> None:
    assert refusal(await caller.v3("ListAIJob", key="new", JobIds="a")) == (404, "InvalidAccessKeyId.NotFound")
    services.settings.access_keys.write_text("new secret reader\n")
    assert (await caller.v3("ListAIJob", key="new", JobIds="a")).status_code == 200
    assert refusal(await caller.v3("ListAIJob", key="admin", JobIds="a")) == (404, "InvalidAccessKeyId.NotFound")


JOB = {"PrimaryKey": "clip", "DBId": "default", "Input": '{"Type":"OSS","Media":"oss://bucket/clip.mp4"}'}
SUBMITTED = [("SubmitAIJob", "2017-03-21", {"MediaId": "file:///clip.mp4"}), ("SubmitDNAJob", "2020-11-09", JOB)]


@pytest.mark.parametrize(("action", "version", "parameters"), SUBMITTED)
async def test_the_access_key_of_a_call_is_the_caller_of_its_job(
    caller: Any, model: ReadModel, *, action: str, version: str, parameters: dict[str, str]
) -> None:
    await caller.v3(action, version=version, key="submitter", **parameters)
    await caller.v1(action, key="admin", **{"Version": version, **parameters})
    assert sorted(job.request.caller for job in model.jobs.page().jobs) == ["admin", "submitter"]


@pytest.mark.parametrize(("action", "version", "parameters"), SUBMITTED)
async def test_a_call_without_a_signature_is_of_this_machine(
    local: Any, model: ReadModel, *, action: str, version: str, parameters: dict[str, str]
) -> None:
    await (await local("127.0.0.1")).unsigned(action, version=version, **parameters)
    assert [job.request.caller for job in model.jobs.page().jobs] == ["local"]
