"""Every operation by every role: what is not in this table is a fault, so that none comes without somebody deciding."""

from __future__ import annotations

from typing import Any

import pytest

from streams.web.aliyun.operations import IMS, VOD, operations
from streams.web.auth.roles import Role

#: Who may call an operation at the least, and in which version it is.
LEAST = {
    "SubmitAIJob": (VOD, Role.SUBMITTER),
    "ListAIJob": (VOD, Role.READER),
    "GetMediaDNAResult": (VOD, Role.READER),
    "SubmitMediaDNADeleteJob": (VOD, Role.ADMIN),
    "DescribeVodAIData": (VOD, Role.READER),
    "CreateDNADB": (IMS, Role.ADMIN),
    "ListDNADB": (IMS, Role.READER),
    "DeleteDNADB": (IMS, Role.ADMIN),
    "ListDNAFiles": (IMS, Role.READER),
    "DeleteDNAFiles": (IMS, Role.ADMIN),
    "SubmitDNAJob": (IMS, Role.SUBMITTER),
    "QueryDNAJobList": (IMS, Role.READER),
    "CancelDNAJob": (IMS, Role.SUBMITTER),
}
#: Everybody who may call. A right gives no role.
CALLERS = {
    "reader": Role.READER,
    "submitter": Role.SUBMITTER,
    "submitter+replace": Role.SUBMITTER,
    "submitter+curate": Role.SUBMITTER,
    "moderator": Role.MODERATOR,
    "admin": Role.ADMIN,
}


def test_every_operation_has_a_row_and_says_so_itself() -> None:
    assert {name: operation.role for name, operation in operations().items()} == {
        name: role for name, (_, role) in LEAST.items()
    }


@pytest.mark.parametrize("action", LEAST)
async def test_each_key_may_call_what_the_table_says_and_no_more(caller: Any, action: str) -> None:
    version, least = LEAST[action]
    for key, role in CALLERS.items():
        answer = await caller.v3(action, version=version, key=key)
        assert (answer.json().get("Code") == "Forbidden.RAM") is not role.covers(least), (key, answer.text)
        assert answer.status_code < 500, (key, answer.text)


@pytest.mark.parametrize("action", LEAST)
async def test_nobody_calls_without_a_key_that_is_known(caller: Any, action: str) -> None:
    version, _ = LEAST[action]
    strangers = [
        await caller.unsigned(action, version=version),
        await caller.v3(action, version=version, key="nobody"),
        await caller.v3(action, version=version, signed_with="guessed"),
    ]
    codes = ["MissingParameter", "InvalidAccessKeyId.NotFound", "SignatureDoesNotMatch"]
    assert [answer.json()["Code"] for answer in strangers] == codes


def test_what_changes_something_is_told_from_what_looks_only() -> None:
    looking = {name for name, operation in operations().items() if not operation.changes}
    assert looking == {name for name, (_, role) in LEAST.items() if role is Role.READER}
