"""What is secret in addresses is in no answer of a route, page or call, in no log line, and in no list of settings."""

from __future__ import annotations

import base64
import io
import itertools
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from litestar import Litestar
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from support.examples import MATCH, TIME, job
from support.inline import InlineService
from support.read_model import ReadModel
from support.web_app import shared_app

from schemas.deadletter import dead_letter_headers
from schemas.deliveries import Attempt
from schemas.events import Rendition
from schemas.jobs import JobStatus
from schemas.libraries import LibraryItem
from streams.domain.retry_schedule import after_attempt
from streams.readmodel.dead_letters import DeadLetter
from streams.settings import Settings, listed
from streams.telemetry.logs import OURS, configure_logging
from streams.web.aliyun.app import create_call_app
from streams.web.aliyun.operations import operations
from streams.web.services import Services

WORD = "s3cr3tW0rd"  # the one that is looked for
URL = f"https://user:{WORD}@media.example/v/a.mp4?X-Amz-Credential={WORD}&X-Amz-Signature={WORD}"
SHOWN = "https://***@media.example/v/a.mp4?X-Amz-Credential=***&X-Amz-Signature=***"
CALLBACK = f"https://user:{WORD}@receiver.example/done?key={WORD}"
EVENT = {"EventType": "StreamTranscodeComplete", "VideoId": "video", "FileUrl": URL}

#: Answers without an end, which name what changed and nothing of it.
ENDLESS = "/api/v1/events"

#: What stands for the names in a route.
NAMES = {
    "job_id": "failed",
    "media_id": "video",
    "name": "default",
    "letter_id": "",
    "search_id": "search",
    "case_id": "case",
    "library": "default",
    "reference": "original",
    "ruling_id": "ruling",
    "recurring_id": "recurring",
    "cluster_id": "video",
}

#: What is posted where something is asked for.
BODIES: dict[str, Any] = {
    "/api/v1/jobs": {"media_id": "new", "url": URL, "callback_url": "https://8.8.8.8/done?key=" + WORD},
    "/api/v1/libraries/{name}/items": {"media_id": "new", "url": URL},
    "/api/v1/libraries": {"name": "new"},
}

#: Of the two services whose calls there are.
VERSIONS = ("2017-03-21", "2020-11-09")

#: What calls are given, whichever of it they need.
PARAMETERS = {
    "MediaId": "video",
    "PrimaryKey": "video",
    "PrimaryKeys": "video",
    "DBId": "default",
    "JobIds": "failed,done,running",
    "JobId": "running",
    "Name": "named",
    "Input": json.dumps({"Type": "OSS", "Media": URL}),
    "UserData": json.dumps({"MessageCallback": {"CallbackURL": "https://8.8.8.8/done?key=" + WORD}}),
}


def letter(value: bytes, offset: int) -> DeadLetter:
    reason = f"the address {URL} is wrong"
    topic = "mediadna.transcode-complete"
    why = dead_letter_headers(
        [], topic=topic, partition=0, offset=offset, code="InvalidEvent", reason=reason, time=TIME
    )
    return DeadLetter(key=URL.encode(), value=value, headers=tuple(why))


LETTERS = (
    letter(json.dumps(EVENT).encode(), 1),
    letter(json.dumps(EVENT).replace("/", "\\/").encode(), 2),
    letter(
        json.dumps(
            {"specversion": "1.0", "data_base64": base64.b64encode(json.dumps(EVENT).encode()).decode()}
        ).encode(),
        3,
    ),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        state=tmp_path,
        rate_limit="1000000/second",
        callback_url=CALLBACK,
        callback_places=f"{CALLBACK} https://8.8.8.8",
        media=f"{tmp_path} {URL}",
        media_template=f"https://u:{WORD}@h/{{MediaId}}?key={WORD}",
        milvus=f"http://user:{WORD}@milvus:19530",
        store=f"memory://user:{WORD}@store",
        token=WORD,
    )


@pytest.fixture
def log(settings: Settings) -> Iterator[io.StringIO]:
    """All that is logged, as the service logs it, when it is told to log everything."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging(settings.model_copy(update={"log_level": "debug", "log_format": "json"}))
    structlog.configure(cache_logger_on_first_use=False)  # or else loggers would stay so beyond this test
    written = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest.fixture
async def filled(inline: InlineService, model: ReadModel) -> None:
    """A service that knows jobs, items, deliveries and dead letters whose addresses hold secrets."""
    asked = {"file_url": URL, "callback_url": CALLBACK, "user_data": "kept"}
    message = f"GET {URL} failed: redirected to {CALLBACK}"
    renditions = (Rendition(status="success", file_url=URL, format="mp4"),)
    inline.apply(
        jobs=[
            job("failed", JobStatus.FAIL, code="Timeout", message=message, renditions=renditions, **asked),
            job("done", matches=(MATCH,), digest="d", message=message, renditions=renditions, **asked),
            job("running", JobStatus.PROCESSING, media_id="other", renditions=renditions, **asked),
        ],
        items=[LibraryItem(library="default", media_id="video", version=1, job_id="done", file_url=URL)],
        dead_letters=list(LETTERS),
    )
    delivery = model.deliveries.get("done")
    assert delivery is not None
    failed = Attempt(time=TIME, status=503, error=f"{CALLBACK} answered 503", seconds=0.1)
    inline.apply(deliveries=[after_attempt(delivery, failed, now=TIME, jitter=0.0)])


def all_routes(app: Litestar) -> list[tuple[str, str]]:
    """Return method and path of every route of the API and of every page."""
    found = {
        (method, route.path_format)
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method in {"GET", "POST", "PATCH", "DELETE"} and "/static" not in route.path and route.path != ENDLESS
    }
    return sorted(found, key=lambda one: (one[0] == "DELETE", one))  # what removes comes last


def from_here(app: ASGIApp) -> ASGIApp:
    """Return the application as programs of this machine see it."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": ("127.0.0.1", 50000)}, receive, send)  # type: ignore[typeddict-item]

    return application


def check(what: str, text: str) -> None:
    assert WORD not in text, f"{what}: {text[:2000]}"
    assert base64.b64encode(WORD.encode())[:10].decode() not in text, what


@pytest.mark.usefixtures("filled")
async def test_no_route_and_no_page_shows_what_is_secret(services: Services, log: io.StringIO) -> None:
    app = shared_app(services)
    routes = all_routes(app)
    assert len(routes) > 40
    answered = 0
    async with AsyncTestClient(app, base_url="http://127.0.0.1:6066") as client:
        for method, route in routes:
            for job_id in ("failed", "done", "running"):
                for one in LETTERS:
                    path = route.format(**{**NAMES, "job_id": job_id, "letter_id": one.id, "path": "x", "lane": "live"})
                    body = BODIES.get(route, {}) if method in {"POST", "PATCH"} else None
                    headers = {"Accept": "text/html, application/json", "Idempotency-Key": f"{route}-{job_id}"}
                    answer = await client.request(method, path, json=body, headers=headers)
                    check(f"{method} {route}", answer.text + str(answer.headers))
                    for value in _values(answer):
                        check(f"{method} {route}", base64.b64decode(value).decode(errors="replace"))
                    answered += answer.is_success
    assert answered > 100
    check("the log", log.getvalue())


def _values(answer: Any) -> list[str]:
    """Return what an answer holds in base64."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return []
    content = answer.json()
    packed = content.get("value") if isinstance(content, dict) else None
    inside = json.loads(base64.b64decode(packed)).get("data_base64") if packed else None
    return [one for one in (packed, inside) if one]


@pytest.mark.usefixtures("filled")
async def test_an_address_still_says_which_one_it_is(client: AsyncTestClient) -> None:
    shown = (await client.get("/api/v1/jobs/failed")).json()
    assert shown["url"] == SHOWN
    assert shown["message"].startswith(f"GET {SHOWN} failed")
    assert (await client.get("/api/v1/libraries/default/items/video")).json()["url"] == SHOWN
    assert SHOWN.replace("&", "&amp;") in (await client.get("/jobs/failed")).text


@pytest.mark.usefixtures("filled")
async def test_the_job_itself_and_what_is_done_again_have_the_whole_address(
    client: AsyncTestClient,
    model: ReadModel,
) -> None:
    again = await client.post("/api/v1/jobs/failed/rerun")
    kept = model.jobs.get(again.json()["job_id"])
    assert kept is not None
    assert kept.request.file_url == URL


@pytest.mark.usefixtures("filled")
async def test_no_call_shows_what_is_secret(services: Services, log: io.StringIO) -> None:
    succeeded = 0
    async with AsyncTestClient(from_here(create_call_app(services)), base_url="http://127.0.0.1:6066") as client:
        for action, version in itertools.product(sorted(operations()), VERSIONS):
            parameters = {"Action": action, "Version": version, **PARAMETERS}
            if action == "SubmitDNAJob":
                del parameters["UserData"]
            answer = await client.post("/", data=parameters)
            check(action, answer.text + str(answer.headers))
            succeeded += answer.is_success
    assert succeeded > len(operations()) / 2
    check("the log", log.getvalue())


@pytest.mark.usefixtures("filled")
async def test_a_call_that_is_signed_wrongly_is_not_logged_with_all_that_is_in_it(
    services: Services, tmp_path: Path, log: io.StringIO
) -> None:
    keys = tmp_path / "keys"
    keys.write_text("admin secret admin\n", encoding="ascii")
    services.settings = services.settings.model_copy(update={"access_keys": keys})
    signed = {"AccessKeyId": "admin", "Signature": "wrong", "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"}
    times = {"Timestamp": "2026-11-29T18:00:00Z", "SignatureNonce": "n", "Format": "json"}
    call = {"Action": "SubmitDNAJob", "Version": "2020-11-09", **PARAMETERS, **signed, **times}
    async with AsyncTestClient(from_here(create_call_app(services)), base_url="http://127.0.0.1:6066") as client:
        assert not (await client.get("/", params=call)).is_success
    check("the log", log.getvalue())


def test_no_setting_shows_what_is_secret(settings: Settings) -> None:
    rows = listed(settings)
    check("the settings", str([(row.variable, row.value, row.meaning) for row in rows]))
    values = {row.variable: row.value for row in rows}
    assert values["MEDIADNA_CALLBACK_URL"] == "https://***@receiver.example/done?key=***"


def test_no_log_line_shows_what_is_secret_not_even_a_traceback(log: io.StringIO) -> None:
    structlog.get_logger("streams.test").warning("read", url=URL, nested={"urls": [CALLBACK]})
    logging.getLogger("httpx").error("HTTP Request: GET %s", URL)
    try:
        Path(URL).read_bytes()  # which is told with one slash less
    except OSError:
        structlog.get_logger("streams.test").exception("failed")
    lines = log.getvalue()
    assert lines.count("media.example/v/a.mp4") >= 3
    check("the log", lines)
    for line in lines.splitlines():
        json.loads(line)
