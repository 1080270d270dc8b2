"""One post: what counts as taken, and what a receiver cannot make us do."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook
from support.receiver import Receiver, receiving

from schemas.deliveries import Delivery
from streams.adapters.webhooks import sender as module
from streams.adapters.webhooks.sender import Sender
from streams.adapters.webhooks.signing import Signer, WatchedSigner, ensure_secrets
from streams.adapters.webhooks.targets import TargetRefused, Targets
from streams.credentials.reloading_file import WatchedFile

BODY = b'{"EventType":"AIMediaDNAComplete"}'
TIME = "2026-11-23T08:00:00.000Z"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return ensure_secrets(tmp_path / "secrets")


def delivery(url: str) -> Delivery:
    return Delivery(job_id="job", media_id="video", url=url, creation_time=TIME, update_time=TIME)


def sender_to(secrets: Path, places: str = "") -> Sender:
    return Sender(Targets(places), Signer.load(secrets))


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (299, True), (302, False), (404, False)])
async def test_only_an_answer_of_success_counts(receiver: Receiver, secrets: Path, status: int, taken: bool) -> None:  # noqa: FBT001 (an expectation)
    receiver.status = status
    attempt = await sender_to(secrets, receiver.url).send(delivery(receiver.url), BODY)
    assert attempt.status == status
    assert bool(attempt.error) is not taken


async def test_the_event_comes_as_it_is_and_signed(receiver: Receiver, secrets: Path) -> None:
    await sender_to(secrets, receiver.url).send(delivery(receiver.url), BODY)
    (post,) = receiver.posts
    assert (post.path, post.body, post.id) == ("/copies", BODY, "job")
    assert post.headers["content-type"] == "application/json"
    Webhook(secrets.read_text(encoding="utf-8").split()[0]).verify(post.body, post.headers)


async def test_an_event_that_no_secret_signs_is_not_sent_and_the_attempt_says_why(
    receiver: Receiver, secrets: Path
) -> None:
    signer = WatchedSigner(WatchedFile(secrets, Signer.load, Signer([])))
    sender = Sender(Targets(receiver.url), signer)
    secrets.write_text("")
    attempt = await sender.send(delivery(receiver.url), BODY)
    assert attempt.error.startswith("not sent: no secret signs callbacks")
    assert receiver.posts == []
    ensure_secrets(secrets.with_name("others")).rename(secrets)
    assert (await sender.send(delivery(receiver.url), BODY)).error == ""
    (post,) = receiver.posts
    Webhook(secrets.read_text(encoding="utf-8").split()[0]).verify(post.body, post.headers)


async def test_a_redirect_is_not_followed(receiver: Receiver, secrets: Path) -> None:
    receiver.status, receiver.location = 307, f"{receiver.url}/elsewhere"
    attempt = await sender_to(secrets, receiver.url).send(delivery(receiver.url), BODY)
    assert "not followed" in attempt.error
    assert len(receiver.posts) == 1


async def test_a_receiver_that_does_not_answer_in_time_has_not_taken_the_event(
    receiver: Receiver, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ATTEMPT_S", 0.1)
    receiver.delay_s = 0.5
    attempt = await sender_to(secrets, receiver.url).send(delivery(receiver.url), BODY)
    assert (attempt.status, attempt.error) == (0, "no answer within 0.1 s")


async def test_a_receiver_that_is_not_there_has_not_taken_the_event(secrets: Path) -> None:
    with receiving() as gone:
        url = gone.url
    attempt = await sender_to(secrets, url).send(delivery(url), BODY)
    assert attempt.status == 0
    assert attempt.error.startswith("no answer: ")


async def test_a_host_that_is_not_known_may_be_known_later(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    attempt = await sender_to(secrets).send(delivery("https://receiver.example/"), BODY)
    assert "not known" in attempt.error


async def test_names_that_nobody_answers_for_do_not_hold_up_the_threads_that_read_for_the_api(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        released.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    sender = sender_to(secrets)
    posts = [asyncio.create_task(sender.send(delivery(f"https://{n}.example/"), BODY)) for n in range(64)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(300):
            assert await asyncio.to_thread(lambda: "read") == "read"
    finally:
        released.set()
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)


async def test_a_name_that_leads_to_a_private_address_is_never_connected_to(
    receiver: Receiver, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.server_address[1]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(TargetRefused, match="not a public address"):
        await sender_to(secrets).send(delivery(f"http://receiver.example:{port}/"), BODY)
    assert receiver.posts == []


async def test_the_connection_goes_to_the_very_address_that_was_checked(
    receiver: Receiver, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.server_address[1]
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def once(host: str, *args: object, **kwargs: object) -> list[object]:
        if host != "receiver.example":
            return list(genuine(host, *args, **kwargs))  # type: ignore[call-overload]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", once)
    url = f"http://receiver.example:{port}/copies"
    attempt = await sender_to(secrets, url).send(delivery(url), BODY)
    assert (attempt.error, asked) == ("", ["receiver.example"])


async def test_a_proxy_that_the_environment_names_is_not_used(
    receiver: Receiver, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert not (await sender_to(secrets, receiver.url).send(delivery(receiver.url), BODY)).error
