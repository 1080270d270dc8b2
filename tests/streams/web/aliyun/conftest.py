"""The application that answers the vendor's calls, and a caller that signs as the vendor's SDK does."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp, Receive, Scope, Send

from schemas.rights import Right
from streams.web.aliyun.app import create_call_app
from streams.web.auth.roles import Role
from streams.web.services import Services

HOST = "127.0.0.1:6066"
VOD, IMS = "2017-03-21", "2020-11-09"


@dataclass
class Caller:
    """Calls as the SDK does; what a test gives takes the place of what is right."""

    client: AsyncTestClient[Any]

    async def v3(  # a test names the one thing that it does differently
        self,
        action: str,
        /,
        *,
        version: str = VOD,
        key: str = "admin",
        signed_with: str = "secret",
        nonce: str | None = None,
        away: timedelta = timedelta(),
        method: str = "POST",
        form: dict[str, str] | None = None,
        unsigned: tuple[str, ...] = (),
        changed: dict[str, Any] | None = None,
        **parameters: str,
    ) -> httpx.Response:
        body = str(httpx.QueryParams(form)) if form else ""
        headers = {
            "host": HOST,
            "x-acs-action": action,
            "x-acs-version": version,
            "x-acs-date": (datetime.now(UTC) + away).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": nonce or uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        if form:
            headers["content-type"] = "application/x-www-form-urlencoded"
        request = DaraRequest()
        request.method, request.pathname, request.query = method, "/", parameters
        request.headers = {name: value for name, value in headers.items() if name not in unsigned}
        headers["Authorization"] = Utils.get_authorization(
            request, "ACS3-HMAC-SHA256", headers["x-acs-content-sha256"], key, signed_with
        )
        headers |= changed or {}
        return await self.client.request(method, "/", params=parameters, headers=headers, content=body or None)

    async def v1(
        self,
        action: str,
        /,
        *,
        key: str = "admin",
        signed_with: str = "secret",
        method: str = "GET",
        without: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
        changed: dict[str, Any] | None = None,
        **parameters: str,
    ) -> httpx.Response:
        query = {
            "Action": action,
            "Format": "json",
            "Version": VOD,
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "SignatureNonce": uuid.uuid4().hex,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "AccessKeyId": key,
            **parameters,
        }
        query["Signature"] = Utils.get_rpcsignature(query, method, signed_with)
        query = {name: value for name, value in (query | (changed or {})).items() if name not in without}
        return await self.client.request(method, "/", params=query, headers=headers or {})

    async def unsigned(
        self, action: str, /, *, version: str = VOD, headers: dict[str, str] | None = None, **parameters: str
    ) -> httpx.Response:
        return await self.client.post(
            "/", params={"Action": action, "Version": version, **parameters}, headers=headers or {}
        )


def from_address(app: ASGIApp, address: str) -> ASGIApp:
    """Return the application as clients of an address see it."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": (address, 50000)}, receive, send)  # type: ignore[typeddict-item]

    return application


@pytest.fixture
async def caller(services: Services, tmp_path: Path) -> AsyncIterator[Caller]:
    """A caller of an application that has an access key for each role, and for a submitter with each right."""
    keys = tmp_path / "keys"
    rights = [f"{Role.SUBMITTER}+{right}" for right in Right]
    keys.write_text("".join(f"{grant} secret {grant}\n" for grant in [*Role, *rights]))
    services.settings = services.settings.model_copy(update={"access_keys": keys})
    app = from_address(create_call_app(services), "192.0.2.7")
    async with AsyncTestClient(app, base_url=f"http://{HOST}") as client:
        yield Caller(client)


@pytest.fixture
async def local(services: Services) -> AsyncIterator[Callable[..., Awaitable[Caller]]]:
    """Callers of an application that has no access keys, from the address that a test names."""
    clients: list[AsyncTestClient[Any]] = []

    async def call_from(address: str, **settings: Any) -> Caller:
        services.settings = services.settings.model_copy(update=settings)
        client = AsyncTestClient(from_address(create_call_app(services), address), base_url=f"http://{HOST}")
        clients.append(await client.__aenter__())
        return Caller(client)

    yield call_from
    for client in clients:
        await client.__aexit__(None, None, None)
