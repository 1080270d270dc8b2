"""Which operations there are, in which version of which service, and who may call them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from streams.web.aliyun import ims, libraries, vod
from streams.web.aliyun.call import Call
from streams.web.aliyun.errors import unknown_action, unknown_version
from streams.web.aliyun.usage import describe_vod_ai_data
from streams.web.auth.roles import Role
from streams.web.services import Services

__all__ = ["IMS", "VOD", "Operation", "operation_of", "operations"]

#: The versions that stand for ApsaraVideo VOD, and for Intelligent Media Services.
VOD, IMS = "2017-03-21", "2020-11-09"

Answer = Callable[[Call, Services], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation.

    Attributes:
        answer: Does it, and returns the fields of the reply.
        role: The least role that may call it.
        per_second: Calls that one key may make.
    """

    answer: Answer
    role: Role
    per_second: int

    @property
    def changes(self) -> bool:
        """Whether it changes something: a call of it that somebody has recorded must have no effect a second time."""
        return self.role is not Role.READER


_OPERATIONS: dict[str, dict[str, Operation]] = {
    VOD: {
        "SubmitAIJob": Operation(vod.submit_ai_job, Role.SUBMITTER, 30),
        "ListAIJob": Operation(vod.list_ai_job, Role.READER, 100),
        "GetMediaDNAResult": Operation(vod.get_media_dna_result, Role.READER, 100),
        "SubmitMediaDNADeleteJob": Operation(vod.submit_media_dna_delete_job, Role.ADMIN, 30),
        "DescribeVodAIData": Operation(describe_vod_ai_data, Role.READER, 100),
    },
    IMS: {
        "CreateDNADB": Operation(libraries.create_dna_db, Role.ADMIN, 10),
        "ListDNADB": Operation(libraries.list_dna_db, Role.READER, 100),
        "DeleteDNADB": Operation(libraries.delete_dna_db, Role.ADMIN, 10),
        "ListDNAFiles": Operation(libraries.list_dna_files, Role.READER, 100),
        "DeleteDNAFiles": Operation(libraries.delete_dna_files, Role.ADMIN, 10),
        "SubmitDNAJob": Operation(ims.submit_dna_job, Role.SUBMITTER, 30),
        "QueryDNAJobList": Operation(ims.query_dna_job_list, Role.READER, 100),
        "CancelDNAJob": Operation(ims.cancel_dna_job, Role.SUBMITTER, 30),
    },
}


def operations() -> dict[str, Operation]:
    """Return every operation by its name; no two services have one of the same name."""
    return {name: operation for service in _OPERATIONS.values() for name, operation in service.items()}


def operation_of(call: Call) -> Operation:
    """Return the operation that is called.

    Raises:
        VendorError: There is no such operation, or no such version.
    """
    service = _OPERATIONS.get(call.version)
    if service is None:
        raise unknown_version(call.version, ", ".join(_OPERATIONS))
    operation = service.get(call.action)
    if operation is None:
        raise unknown_action(call.action)
    return operation
