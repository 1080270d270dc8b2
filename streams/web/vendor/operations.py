"""Which operations there are, in which version of which service, and who may call them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from streams.access.roles import Role
from streams.web.services import Services
from streams.web.vendor import vod
from streams.web.vendor.call import Call
from streams.web.vendor.errors import unknown_action, unknown_version
from streams.web.vendor.usage import describe_vod_ai_data

__all__ = ["VOD", "Operation", "operation_of"]

#: The version that stands for ApsaraVideo VOD.
VOD = "2017-03-21"

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


_OPERATIONS: dict[str, dict[str, Operation]] = {
    VOD: {
        "SubmitAIJob": Operation(vod.submit_ai_job, Role.SUBMITTER, 30),
        "ListAIJob": Operation(vod.list_ai_job, Role.READER, 100),
        "GetMediaDNAResult": Operation(vod.get_media_dna_result, Role.READER, 100),
        "DescribeVodAIData": Operation(describe_vod_ai_data, Role.READER, 100),
    },
}


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
