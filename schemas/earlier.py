"""How workers of this version and of 0.1 read each other's messages while a deployment moves from one to the other.

Both versions are on the same topics in one consumer group, so that any worker may get any message: what was waiting
when the first new worker started, what old workers write beside it, and what they get of its own.

- **What 0.1 wrote is read here.** Its one form of a command was a job's request, which said by `Action` what to do:
  nothing, for a job. Its one form of a task held the whole request, under `Request`, and said what to do by `Kind`.
  Each of today's types takes from them what it needs. Only a removal said otherwise what it is about: by its request's
  `Action`, `remove` for one library or `delete` for all.
- **What is written here is read by 0.1.** It needs of each command a `FileUrl`, also where there is none, and of each
  task a `MediaId` and, under `Request`, what it takes for a request: they are put in beside today's fields, and read by
  nobody else. So it ends a job that a new worker has begun, and a new worker a job of an old one.
- **What 0.1 cannot do** is take the result of emptying or dropping a library to its end: whoever asked for that gets a
  `TimeoutError` where the result reaches an old worker, and asks again; a library that is being deleted is taken up by
  the next worker that starts.

So workers may be replaced one by one, in any order and back again. When no worker of 0.1 is left to upgrade from, the
additions can go: no reader of today's looks at them.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from schemas.commands import Command, SubmitJob
from schemas.errors import InvalidEvent
from schemas.limits import cut
from schemas.tasks import ChunkResult, DropLibrary, EmptyLibrary, RemoveMedia, Task, TaskKind
from schemas.wire import decode

__all__ = ["decode_command", "decode_result", "decode_task", "encode_command", "encode_result", "encode_task"]

T = TypeVar("T")

Json = dict[str, Any]

#: Unions are no types to the type checker.
_TASK: Any = Task
_COMMAND: Any = Command

#: What the request of a removal said in 0.1.
_REMOVALS = {"remove", "delete"}


class _Request(msgspec.Struct, rename="pascal"):
    action: str = ""
    library: str = "default"


class _Removal(msgspec.Struct, rename="pascal"):
    """What tells a removal of 0.1 from today's, and from all other tasks."""

    kind: str = ""
    library: str | msgspec.UnsetType | None = msgspec.UNSET
    request: _Request = msgspec.field(default_factory=_Request)

    @property
    def is_earlier(self) -> bool:
        return self.kind == TaskKind.REMOVE and self.library is msgspec.UNSET and self.request.action in _REMOVALS

    @property
    def meant(self) -> str | None:
        """The library that 0.1 meant; None for all."""
        return None if self.request.action == "delete" else self.request.library


class _Result(msgspec.Struct, rename="pascal"):
    task: _Removal


class _Action(msgspec.Struct, rename="pascal"):
    action: str | None = None


def decode_command(value: bytes | None) -> Command:
    """Read a command, of this version or of 0.1.

    Raises:
        TooLargeError: The value is larger than anything that the service writes.
        InvalidEvent: The value is no command.
    """
    if decode(value, _Action).action is None:
        return decode(value, SubmitJob)
    command: Command = decode(value, _COMMAND)
    return command


def encode_command(command: Command) -> bytes:
    """Write a command so that workers of 0.1 can act on it too."""
    if isinstance(command, SubmitJob):
        return msgspec.json.encode(command)
    body: Json = msgspec.to_builtins(command)
    return msgspec.json.encode({**body, "FileUrl": ""})


def decode_task(value: bytes | None) -> Task:
    """Read a task, of this version or of 0.1.

    Raises:
        TooLargeError: The value is larger than anything that the service writes.
        InvalidEvent: The value is no task.
    """
    removal = decode(value, _Removal)
    if not removal.is_earlier:
        task: Task = decode(value, _TASK)
        return task
    body = decode(value, dict[str, Any])
    return _converted({**body, "Library": removal.meant}, RemoveMedia)


def decode_result(value: bytes | None) -> ChunkResult:
    """Read the result of a task, of this version or of 0.1. Errors as for `decode_task`."""
    removal = decode(value, _Result).task
    if not removal.is_earlier:
        return decode(value, ChunkResult)
    body = decode(value, dict[str, Any])
    return _converted({**body, "Task": {**body["Task"], "Library": removal.meant}}, ChunkResult)


def encode_task(task: Task) -> bytes:
    """Write a task so that workers of 0.1 can do it too."""
    return msgspec.json.encode(_readable(task))


def encode_result(result: ChunkResult) -> bytes:
    """Write a result so that workers of 0.1 can act on it too."""
    body: Json = msgspec.to_builtins(msgspec.structs.replace(result, matches=()))
    body["Task"] = _readable(result.task)
    if result.matches:  # thousands of intervals: they are written once
        body["Matches"] = result.matches
    return msgspec.json.encode(body)


def _readable(task: Task) -> Json:
    """Return a task's fields, with those that 0.1 needs beside them."""
    body: Json = msgspec.to_builtins(task)
    body.setdefault("MediaId", task.subject)
    request = {
        "JobId": task.job_id,
        "MediaId": task.subject,
        "FileUrl": "",
        **_library_of(task),
        **body.get("Request", {}),
    }
    return {**body, "Request": request}


def _library_of(task: Task) -> Json:
    match task:
        case RemoveMedia(library=None):
            return {"Action": "delete"}
        case RemoveMedia(library=library):
            return {"Action": "remove", "Library": library}
        case EmptyLibrary(library=library) | DropLibrary(library=library):
            return {"Library": library}
        case _:
            return {}


def _converted(body: Json, kind: type[T]) -> T:
    try:
        return msgspec.convert(body, type=kind)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(cut(f"the value cannot be read as {kind.__name__}: {error}")) from error
