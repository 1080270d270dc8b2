"""A reverse proxy on the same machine in front of the running server: what comes through it is not of this machine."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import ClientSession, HttpVersion10, HttpVersion11, web
from alibabacloud_tea_openapi.utils import Utils
from support.inline import InlineService

from schemas.clock import utc_now
from streams.settings import Settings
from streams.web.server import WebServer

TOKEN = "admin-token-of-a-test"  # noqa: S105
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LIST = {"Action": "ListDNADB", "Version": "2020-11-09"}
DELETE = {"Action": "DeleteDNADB", "Version": "2020-11-09", "DBId": "films"}
#: What people call the service by.
NAME = "dna.example"
#: What a proxy leaves out, since it concerns its own connections.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}

Start = Callable[..., Awaitable[str]]


@asynccontextmanager
async def proxy(behind: str, *, added: Mapping[str, str], host: str | None, version: str = "1.1") -> AsyncIterator[str]:
    """Run a reverse proxy; yield its address.

    Args:
        behind: Address of the service.
        added: Headers that it adds; `{client}` is where a request comes from.
        host: `Host` that it sends on; None: the service's own address, as nginx does unless told otherwise.
        version: HTTP version that it speaks to the service.
    """
    spoken = HttpVersion10 if version == "1.0" else HttpVersion11
    async with ClientSession(version=spoken, auto_decompress=False) as session:

        async def pass_on(request: web.BaseRequest) -> web.Response:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
            for name, value in added.items():
                before = f"{headers[name]}, " if name in headers and "{client}" in value else ""
                headers[name] = before + value.format(client="203.0.113.9")
            if host is not None:
                headers["Host"] = host
            async with session.request(
                request.method,
                f"{behind}{request.raw_path}",
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Content-Type"),
            ) as answer:
                kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
                response = web.Response(status=answer.status, body=await answer.read())
                response.headers.clear()
                response.headers.extend(kept)
                return response

        runner = web.ServerRunner(web.Server(pass_on))
        await runner.setup()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            await web.SockSite(runner, listener).start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            await runner.cleanup()


@pytest.fixture
async def start(inline: InlineService, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the service with settings that a test names; returns its address."""
    async with AsyncExitStack() as stack:

        async def start(**given: Any) -> str:
            (tmp_path / "tokens").write_text(f"{TOKEN} admin\n")
            (tmp_path / "keys").write_text("key secret admin\n")
            files = {name: tmp_path / file for name, file in given.items() if name in {"tokens", "access_keys"}}
            settings = Settings(**{"state": tmp_path, "web": "127.0.0.1:0", **given, **files})
            server = WebServer(inline.services(settings), inline)
            await server.start()
            stack.push_async_callback(server.stop)
            return server.address

        yield start


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def signed(parameters: Mapping[str, str]) -> dict[str, str]:
    """Sign a call as the older SDKs do."""
    query = {
        **parameters,
        "AccessKeyId": "key",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": utc_now(),
        "Timestamp": f"{utc_now()[:19]}Z",
    }
    return {**query, "Signature": Utils.get_rpcsignature(query, "GET", "secret")}


@pytest.mark.parametrize("given", [{"tokens": "tokens"}, {"access_keys": "keys"}])
async def test_with_tokens_or_keys_no_call_is_taken_without_a_signature_from_here_or_through_any_proxy(
    start: Start, http: httpx.AsyncClient, given: dict[str, str]
) -> None:
    service = await start(**given)
    async with proxy(service, added={}, host=None) as silent:
        for place in (service, silent):
            for call in (LIST, DELETE):
                for answer in (await http.get(place, params=call), await http.post(place, params=call)):
                    assert answer.status_code in {400, 403}
                    assert answer.json()["Code"] in {"Forbidden.RAM", "MissingParameter"}


async def test_programs_of_this_machine_call_without_a_signature_where_that_is_asked_for(
    start: Start, http: httpx.AsyncClient
) -> None:
    service = await start(tokens="tokens", access_keys="keys", unsigned_calls="loopback")
    assert (await http.get(service, params=LIST)).status_code == 200
    assert (await http.get(service, params=signed(LIST))).status_code == 200
    assert (await http.get(service, params={**signed(LIST), "Signature": "x"})).status_code == 400
    never = await start(unsigned_calls="never")
    assert (await http.get(never, params=LIST)).status_code == 403


FORWARDING = [
    {"added": {"X-Forwarded-For": "{client}"}, "host": NAME},
    {"added": {"X-Forwarded-For": "{client}"}, "host": None},
    {"added": {"Forwarded": "for={client}"}, "host": None},
    {"added": {"X-Real-IP": "{client}"}, "host": None},
    {"added": {"Via": "1.1 proxy"}, "host": None},
    {"added": {}, "host": NAME},
    {"added": {}, "host": None, "version": "1.0"},  # nginx with nothing but proxy_pass
]


@pytest.mark.parametrize("how", FORWARDING)
async def test_where_nothing_is_asked_of_anybody_what_comes_through_a_proxy_is_refused(
    start: Start, http: httpx.AsyncClient, how: dict[str, Any]
) -> None:
    service = await start()
    assert (await http.get(service, params=LIST)).status_code == 200
    assert (await http.get(f"{service}/api/v1/jobs")).status_code == 200
    async with proxy(service, **how) as place:
        for answer in (
            await http.get(place, params=LIST),
            await http.post(place, params=DELETE),
            await http.get(f"{place}/api/v1/jobs"),
            await http.get(place),
            await http.delete(f"{place}/api/v1/libraries/default"),
            await http.post(f"{place}/api/v1/libraries/default/purge", json={}),
        ):
            assert answer.status_code == 403, answer.text


#: What the README asks of a proxy.
AS_DOCUMENTED: dict[str, Any] = {"added": {"X-Forwarded-For": "{client}", "X-Forwarded-Proto": "https"}, "host": NAME}


async def test_through_a_proxy_that_is_named_people_log_in_over_tls_and_programs_call_with_tokens_and_signatures(
    start: Start, http: httpx.AsyncClient
) -> None:
    service = await start(tokens="tokens", access_keys="keys", proxies="127.0.0.1")
    async with proxy(service, **AS_DOCUMENTED) as place:
        entered = await http.post(
            f"{place}/login",
            data={"token": TOKEN},
            headers={"Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin"},
        )
        assert entered.status_code == 303
        assert {"secure", "httponly"} <= set(entered.headers["set-cookie"].lower().split("; "))
        assert "strict-transport-security" in entered.headers
        for origin in (f"http://{NAME}", "https://evil.example", "null"):
            refused = await http.post(f"{place}/login", data={"token": TOKEN}, headers={"Origin": origin})
            assert refused.status_code == 403
        assert (await http.get(f"{place}/api/v1/jobs", headers=BEARER)).status_code == 200
        assert (await http.get(f"{place}/api/v1/jobs")).status_code == 401
        assert (await http.get(place, params=signed(LIST))).status_code == 200
        assert (await http.get(place, params=LIST)).status_code == 400


async def guess(http: httpx.AsyncClient, place: str, *, forwarded: Callable[[int], str]) -> list[int]:
    """Log in with wrong tokens, each with another `X-Forwarded-For`; return the answers."""
    return [
        (
            await http.post(
                f"{place}/login",
                data={"token": f"wrong {number}"},
                headers={"X-Forwarded-For": forwarded(number), "X-Requested-With": "tests"},
            )
        ).status_code
        for number in range(12)
    ]


async def test_nobody_gets_round_the_limit_by_saying_who_they_are(start: Start, http: httpx.AsyncClient) -> None:
    service = await start(tokens="tokens")
    assert await guess(http, service, forwarded=lambda number: f"198.51.100.{number}") == [401] * 10 + [429] * 2


@pytest.mark.parametrize("environment", ["*", "127.0.0.1"])
async def test_a_variable_of_the_server_library_makes_no_proxy_trusted(
    start: Start, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", environment)
    service = await start(tokens="tokens")
    assert (await guess(http, service, forwarded=lambda number: f"198.51.100.{number}"))[-1] == 429
    answer = await http.get(f"{service}/login", headers={"X-Forwarded-Proto": "https"})
    assert "strict-transport-security" not in answer.headers


async def test_behind_a_proxy_that_is_named_each_client_has_a_limit_of_its_own_whatever_it_says(
    start: Start, http: httpx.AsyncClient
) -> None:
    service = await start(tokens="tokens", proxies="10.0.0.0/8 127.0.0.1")
    async with proxy(service, **AS_DOCUMENTED) as place:
        answers = await guess(http, place, forwarded=lambda number: f"198.51.100.{number}")
        assert answers == [401] * 10 + [429] * 2
    other = {"X-Forwarded-For": "203.0.113.10", "X-Requested-With": "tests"}
    assert (await http.post(f"{service}/login", data={"token": TOKEN}, headers=other)).status_code == 303
