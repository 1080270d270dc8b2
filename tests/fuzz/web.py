"""The API, the pages and the vendor's calls, as a web server hands requests to them."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from support.examples import MATCH, TIME, job
from support.inline import InlineService
from support.read_model import ReadModel

from fuzz.wrong import WrongAnswerError
from schemas.deadletter import dead_letter_headers
from streams.readmodel.dead_letters import DeadLetter
from streams.settings import Settings
from streams.web.aliyun.app import create_call_app
from streams.web.app import create_app
from streams.web.dispatch import FrontDoor
from streams.web.live import LiveChanges

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

__all__ = ["api_seeds", "vendor_seeds", "web"]

#: Requests that one application answers: what they have asked for is thrown away with it.
REQUESTS_AN_APPLICATION = 400

#: The worst answer that a caller may be to blame for.
WORST_STATUS = 499


@dataclass
class _Web:
    """The application behind its front door, with something in it, made anew from time to time."""

    loop: asyncio.AbstractEventLoop
    folder: tempfile.TemporaryDirectory[str]
    asked: int = 0
    model: ReadModel | None = None
    application: Any = None

    def close(self) -> None:
        """Close what is open."""
        self._end()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def _end(self) -> None:
        if self.model is not None:
            self.model.close()
        self.folder.cleanup()

    def _renew(self) -> None:
        self._end()
        self.folder = tempfile.TemporaryDirectory()
        state = Path(self.folder.name)
        self.model = ReadModel(state / "jobs.sqlite")
        inline = InlineService(self.model)
        self.loop.run_until_complete(inline.libraries.ensure())
        letter = DeadLetter(
            key=b"video",
            value=b'{"FileUrl":"https://u:p@h/a?b=c"',
            headers=tuple(
                dead_letter_headers(
                    [],
                    topic="mediadna.transcode-complete",
                    partition=0,
                    offset=1,
                    code="InvalidEvent",
                    reason="r",
                    time=TIME,
                )
            ),
        )
        inline.apply(
            jobs=[job("j1", matches=(MATCH,)), job("j2", callback_url="https://r.example/x")], dead_letters=[letter]
        )
        services = inline.services(Settings(state=state, rate_limit="1000000/second"))
        services.live = _Ending(self.model)
        self.application = FrontDoor(calls=create_call_app(services), other=create_app(services))

    def ask(self, data: bytes) -> str:
        """Send a request; return its method, its route as far as that goes, and the status of the answer."""
        if self.asked % REQUESTS_AN_APPLICATION == 0:
            self._renew()
        self.asked += 1
        scope, body = _scope(data)
        status = self.loop.run_until_complete(self._answered(scope, body))
        if status > WORST_STATUS:
            raise WrongAnswerError(f"{scope['method']} {scope['path']!r} is answered with {status}")
        return f"{scope['method']} {scope['path'].split('/')[1:4]} {status}"

    async def _answered(self, scope: dict[str, Any], body: bytes) -> int:
        parts = [{"type": "http.request", "body": body, "more_body": False}]
        status = 0

        async def receive() -> dict[str, Any]:
            if parts:
                return parts.pop()
            await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)

        async with asyncio.timeout(20):
            await self.application(scope, receive, send)
        return status


class _Ending(LiveChanges):
    """Live changes that end with what there is: nobody waits for more here."""

    async def follow(self, last_id: str | None, *arguments: Any, **options: Any) -> Any:
        events = super().follow(last_id, *arguments, **options)
        yield await anext(events)
        await events.aclose()  # type: ignore[attr-defined]  # it is a generator


def _scope(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Read an input as HTTP/1.1 writes requests, and as leniently as a server may."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    raw_path, _, query = target.partition(b"?")
    raw_path = b"/" + bytes(byte for byte in raw_path if 0x20 < byte < 0x7F).lstrip(b"/")
    headers = [(b"host", b"127.0.0.1:6066"), (b"content-length", str(len(body)).encode())]
    for line in lines[:40]:
        name, colon, value = line.partition(b":")
        if colon and name.strip() and name.strip().lower() not in {b"host", b"content-length", b"transfer-encoding"}:
            headers.append(
                (name.strip().lower().replace(b" ", b""), value.strip().replace(b"\r", b"").replace(b"\0", b""))
            )
    path = _unquoted(raw_path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "".join(c for c in method.decode("latin-1").upper() if "A" <= c <= "Z") or "GET",
        "scheme": "http",
        "path": path,
        "raw_path": raw_path,
        "query_string": bytes(byte for byte in query if 0x20 < byte < 0x7F),
        "root_path": "",
        "headers": headers,
        "server": ("127.0.0.1", 6066),
        "client": ("127.0.0.1", 50_000),
        "state": {},
        "extensions": {},
    }
    return scope, body


def _unquoted(raw_path: bytes) -> str:
    """Decode a path as uvicorn does."""
    return unquote(raw_path.decode("ascii"))


def api_seeds() -> list[bytes]:
    """Return requests of the API and the pages."""
    gets = (
        "/api/v1/jobs?status=success&library=default&media_id=video&since=2026-01-01&until=2027-01-01&limit=5&cursor=W",
        "/api/v1/jobs/j1",
        "/api/v1/media/video/result",
        "/api/v1/libraries",
        "/api/v1/libraries/default",
        "/api/v1/libraries/default/items?cursor=W10&limit=1",
        "/api/v1/libraries/default/items/video",
        "/api/v1/dead-letters",
        "/api/v1/deliveries?status=failed",
        "/api/v1/usage?from=2026-01-01&to=2026-02-01&interval=day",
        "/api/v1/doctor",
        "/api/v1/jobs/j1/dna-result",
        "/?status=fail&cursor=a",
        "/jobs/j1",
        "/libraries/default",
        "/dead-letters",
        "/login",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/openapi.json",
        "/static/style.css",
        "/api/v1/events",
    )
    posts = {
        "/api/v1/jobs": b'{"media_id":"m","url":"https://h/a.mp4","library":"default","search":["default"],"save_type":"save",'
        b'"similarity_threshold":0.5,"extend":"e","metadata":{"a":[1]},"lane":"live"}',
        "/api/v1/jobs/j1/cancel": b"",
        "/api/v1/jobs/j1/rerun": b"",
        "/api/v1/libraries": b'{"name":"n","purpose":"ads","description":"d","match_threshold":0.5}',
        "/api/v1/libraries/default/items": b'{"media_id":"m","url":"/a.mp4","metadata":{}}',
        "/api/v1/libraries/default/pause": b"",
        "/api/v1/doctor": b'{"library":"default","mend":false,"force":false}',
        "/api/v1/deliveries/replay": b'{"status":"failed"}',
    }
    json_head = b"\nContent-Type: application/json\nIdempotency-Key: k\nAccept: application/json\n\n"
    get_head = b'\nAccept: text/html, application/json;q=0.5\nIf-None-Match: W/"abc", "d"\nLast-Event-ID: 0-1\n\n'
    form = (
        b"POST /api/v1/uploads\nContent-Type: multipart/form-data; boundary=x\n\n--x\r\n"
        b'Content-Disposition: form-data; name="media_id"\r\n\r\nm\r\n--x\r\n'
        b'Content-Disposition: form-data; name="file"; filename="a"\r\n'
        b"Content-Type: video/mp4\r\n\r\nabc\r\n--x--\r\n"
    )
    login = b"POST /login\nContent-Type: application/x-www-form-urlencoded\n\ntoken=abc&onward=%2Fjobs"
    return [
        *(b"GET " + place.encode() + get_head for place in gets),
        *(b"POST " + place.encode() + json_head + body for place, body in posts.items()),
        b"PATCH /api/v1/libraries/default/items/video" + json_head + b'{"disabled":true,"metadata":{"a":null}}',
        b"PATCH /api/v1/libraries/default" + json_head + b'{"description":"x"}',
        b"DELETE /api/v1/libraries/default/items/video\n\n",
        form,
        login,
    ]


def vendor_seeds() -> list[bytes]:
    """Return calls of the vendor's kind."""
    config = urlencode({"Config": '{"DNADBId":"default"}'})
    user_data = urlencode({"UserData": '{"MessageCallback":{"CallbackURL":"https://r.example"},"Extend":"e"}'})
    media = urlencode({"Input": '{"Type":"OSS","Media":"oss://b/o"}'})
    wish = urlencode({"Config": '{"SaveType":"save","SimilarityThreshold":0.5}'})
    calls = {
        f"Action=SubmitAIJob&Version=2017-03-21&MediaId=m&Types=AIMediaDNA&{config}&{user_data}",
        "Action=ListAIJob&Version=2017-03-21&JobIds=j1,j2",
        "Action=GetMediaDNAResult&Version=2017-03-21&MediaId=video",
        "Action=SubmitMediaDNADeleteJob&Version=2017-03-21&MediaId=video",
        "Action=CreateDNADB&Version=2020-11-09&Name=n&Model=Video&Description=d",
        "Action=ListDNADB&Version=2020-11-09&DBIds=default",
        "Action=ListDNAFiles&Version=2020-11-09&DBId=default&PageSize=20&NextPageToken=W10",
        "Action=DeleteDNAFiles&Version=2020-11-09&DBId=default&PrimaryKeys=a,b",
        f"Action=SubmitDNAJob&Version=2020-11-09&PrimaryKey=p&DBId=default&{media}&{wish}",
        "Action=QueryDNAJobList&Version=2020-11-09&JobIds=j1",
        "Action=CancelDNAJob&Version=2020-11-09&JobId=j1",
    }
    signed = (
        b"POST /?Version=2017-03-21\nx-acs-action: ListAIJob\nx-acs-version: 2017-03-21\n"
        b"x-acs-date: 2026-11-24T08:00:00Z\nx-acs-signature-nonce: n\nx-acs-content-sha256: e3b0\n"
        b"Authorization: ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host;x-acs-action,Signature=0f\n"
        b"Content-Type: application/x-www-form-urlencoded\n\nJobIds=j1"
    )
    old = (
        b"GET /?Action=ListAIJob&Format=json&Version=2017-03-21&Timestamp=2026-11-24T08:00:00Z&SignatureNonce=n&"
        b"SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=a&JobIds=j&Signature=abc\n\n"
    )
    urlencoded = b"POST /\nContent-Type: application/x-www-form-urlencoded\n\n"
    return [
        signed,
        old,
        *(b"POST /?" + call.encode() + b"\n\n" for call in sorted(calls)),
        *(urlencoded + call.encode() for call in sorted(calls)),
    ]


def web(stack: ExitStack) -> Callable[[bytes], str]:
    """Return what requests are given to."""
    application = _Web(asyncio.new_event_loop(), tempfile.TemporaryDirectory())
    stack.callback(application.close)
    return application.ask
