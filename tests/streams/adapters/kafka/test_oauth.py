"""Tokens for Kafka: fetched when needed, shared, renewed in time, and the endpoint left in peace when it is broken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.secure_kafka import PASSWORD, USER, Issuer, TokenEndpoint

from streams.adapters.kafka.oauth import RETRY_PAUSE_S, TokenError, TokenSource
from streams.credentials.secret_file import SecretFileError


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(tmp_path: Path) -> TokenEndpoint:
    return TokenEndpoint(Issuer(tmp_path / "keys.json"))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{PASSWORD}\n")
    return path


@pytest.fixture
def source(endpoint: TokenEndpoint, secret: Path, clock: Clock) -> Iterator[TokenSource]:
    with endpoint.serve() as url:
        yield TokenSource(url, USER, secret, scope="kafka write", clock=clock)


def test_a_token_is_asked_for_by_client_credentials_with_the_scope(
    source: TokenSource, endpoint: TokenEndpoint, clock: Clock
) -> None:
    token = source.current()
    assert token.value.count(".") == 2
    assert token.expires == clock.now + endpoint.seconds
    assert endpoint.asked == [{"grant_type": ["client_credentials"], "scope": ["kafka write"]}]


async def test_all_who_ask_share_one_token_until_most_of_its_life_is_over(
    source: TokenSource, endpoint: TokenEndpoint, clock: Clock
) -> None:
    first = await asyncio.gather(*(source.token() for _ in range(20)))
    clock.now += 0.69 * endpoint.seconds
    assert {*first, await source.token(), source.current().value} == {first[0]}
    assert len(endpoint.asked) == 1
    clock.now += 0.02 * endpoint.seconds
    source.current()
    assert len(endpoint.asked) == 2


def test_a_token_that_cannot_be_renewed_is_used_until_it_is_over(
    source: TokenSource, endpoint: TokenEndpoint, clock: Clock
) -> None:
    token = source.current()
    endpoint.broken = True
    clock.now += 0.9 * endpoint.seconds
    assert source.current() == token
    clock.now += 0.2 * endpoint.seconds
    with pytest.raises(TokenError, match="status 500"):
        source.current()


def test_a_broken_endpoint_is_asked_now_and_then_only_however_many_want_a_token(
    source: TokenSource, endpoint: TokenEndpoint, clock: Clock
) -> None:
    endpoint.broken = True
    for _ in range(10):
        with pytest.raises(TokenError):
            source.current()
    assert len(endpoint.asked) == 1
    endpoint.broken = False
    clock.now += RETRY_PAUSE_S
    assert source.current().value


def test_a_secret_that_is_put_right_is_read_anew(source: TokenSource, secret: Path, clock: Clock) -> None:
    secret.write_text("wrong")
    with pytest.raises(TokenError, match="_SECRET_FILE"):
        source.current()
    secret.write_text(PASSWORD)
    clock.now += RETRY_PAUSE_S
    assert source.current().value


def test_a_secret_that_is_not_there_is_named(source: TokenSource, secret: Path) -> None:
    secret.unlink()
    with pytest.raises(SecretFileError, match="MEDIADNA_KAFKA_OAUTH_SECRET_FILE"):
        source.current()


def test_an_endpoint_that_does_not_answer_is_named(secret: Path) -> None:
    with pytest.raises(TokenError, match=r"http://127\.0\.0\.1:1/token.*MEDIADNA_KAFKA_OAUTH_URL"):
        TokenSource("http://127.0.0.1:1/token", USER, secret).current()
