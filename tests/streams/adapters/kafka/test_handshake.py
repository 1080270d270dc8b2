"""Who is let in by an Apache Kafka that asks, and what is said of who is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.certificates import Authority
from support.client import read_all
from support.secure_kafka import PASSWORD, USER, Issuer, SecureKafkaNode, TokenEndpoint

from streams.adapters.kafka import oauth
from streams.adapters.kafka import publisher as module
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.handshake import shake_hands
from streams.adapters.kafka.oauth import TokenError, TokenSource
from streams.adapters.kafka.publisher import EventPublisher
from streams.adapters.kafka.security import KafkaSecurity
from streams.ports.errors import Neighbour
from streams.telemetry.neighbours import Neighbours
from streams.worker.probes import Probes, kafka_probe

pytestmark = pytest.mark.integration

#: Seconds in which a loaded machine says what is waited for.
PATIENCE_S = 60.0
MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong"
    path.write_text("guessed")
    return path


@pytest.fixture
def url(secure_kafka: SecureKafkaNode) -> Iterator[str]:
    with TokenEndpoint(secure_kafka.issuer).serve() as address:
        yield address


@pytest.fixture
def by_user(secure_kafka: SecureKafkaNode, password: Path) -> KafkaConnection:
    """A connection of a user who is known."""
    security = KafkaSecurity("sasl_ssl", "SCRAM-SHA-512", USER, password, secure_kafka.authority.file)
    return KafkaConnection(secure_kafka.sasl_ssl, security)


@pytest.fixture
def by_certificate(secure_kafka: SecureKafkaNode) -> KafkaConnection:
    """A connection of an owner of a certificate."""
    pair = secure_kafka.authority.sign("hand", hosts=False)
    security = KafkaSecurity("ssl", ca_file=secure_kafka.authority.file, cert_file=pair.cert, key_file=pair.key)
    return KafkaConnection(secure_kafka.ssl, security)


def other(kafka: KafkaConnection, servers: str = "", **fields: object) -> KafkaConnection:
    """Return a connection that differs."""
    security = replace(kafka.security, **fields)  # type: ignore[arg-type] # of each field's own type
    return KafkaConnection(servers or kafka.servers, security)


async def refusal(kafka: KafkaConnection) -> str:
    """Return what is said of a connection that is not let in."""
    with pytest.raises(ConnectionError) as caught:
        await shake_hands(kafka)
    return str(caught.value)


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_each_mechanism_lets_both_libraries_in(
    secure_kafka: SecureKafkaNode, by_user: KafkaConnection, url: str, password: Path, mechanism: str
) -> None:
    tokens = TokenSource(url, USER, password) if mechanism == "OAUTHBEARER" else None
    kafka = other(by_user, mechanism=mechanism, tokens=tokens)
    await shake_hands(kafka)
    topic = f"hands-{mechanism}"
    secure_kafka.allow(USER, topic)
    publisher = EventPublisher(kafka)
    await publisher.publish(topic, b"key", mechanism.encode(), [])
    await publisher.stop()
    assert [one.value for one in await read_all(secure_kafka.bootstrap, topic)] == [mechanism.encode()]


async def test_a_certificate_lets_in_and_its_lack_is_told(by_certificate: KafkaConnection) -> None:
    await shake_hands(by_certificate)
    said = await refusal(other(by_certificate, cert_file=None, key_file=None))
    assert "set MEDIADNA_KAFKA_CERT_FILE and MEDIADNA_KAFKA_KEY_FILE" in said


async def test_a_certificate_that_another_authority_signed_is_not_believed(
    by_certificate: KafkaConnection, tmp_path: Path
) -> None:
    pair = Authority(tmp_path).sign("forged")
    said = await refusal(other(by_certificate, cert_file=pair.cert, key_file=pair.key))
    assert "MEDIADNA_KAFKA_CERT_FILE" in said


@pytest.mark.parametrize("mechanism", MECHANISMS[:3])
async def test_a_wrong_password_is_named_with_its_user_and_not_shown(
    by_user: KafkaConnection, wrong: Path, mechanism: str
) -> None:
    said = await refusal(other(by_user, mechanism=mechanism, password_file=wrong))
    assert f"does not let the user '{USER}' with the password in MEDIADNA_KAFKA_PASSWORD_FILE in" in said
    assert "guessed" not in said


async def test_a_token_of_another_issuer_is_not_believed(
    by_user: KafkaConnection, password: Path, tmp_path: Path
) -> None:
    with TokenEndpoint(Issuer(tmp_path / "keys.json")).serve() as url:
        said = await refusal(other(by_user, mechanism="OAUTHBEARER", tokens=TokenSource(url, USER, password)))
    assert "MEDIADNA_KAFKA_OAUTH_CLIENT" in said


async def test_a_server_that_another_authority_vouches_for_is_told_nothing(
    by_user: KafkaConnection, tmp_path: Path
) -> None:
    said = await refusal(other(by_user, ca_file=Authority(tmp_path).file))
    assert "not trusted" in said
    assert "MEDIADNA_KAFKA_CA_FILE" in said


async def test_a_server_under_a_name_that_its_certificate_does_not_have_is_not_trusted(
    by_user: KafkaConnection,
) -> None:
    port = by_user.servers.rpartition(":")[2]
    assert "not trusted" in await refusal(other(by_user, f"localhost:{port}"))


@pytest.mark.parametrize("protocol", ["plaintext", "sasl_plaintext"])
async def test_plain_text_at_a_port_of_tls_is_told(by_user: KafkaConnection, protocol: str) -> None:
    assert "MEDIADNA_KAFKA_SECURITY" in await refusal(other(by_user, protocol=protocol))


async def test_tls_at_a_port_of_plain_text_is_told(secure_kafka: SecureKafkaNode, by_user: KafkaConnection) -> None:
    assert "MEDIADNA_KAFKA_SECURITY" in await refusal(other(by_user, secure_kafka.bootstrap))


async def test_a_user_at_a_port_that_asks_for_none_is_told_what_to_set(
    secure_kafka: SecureKafkaNode, by_user: KafkaConnection, by_certificate: KafkaConnection
) -> None:
    assert "set MEDIADNA_KAFKA_SECURITY to plaintext" in await refusal(
        other(by_user, secure_kafka.bootstrap, protocol="sasl_plaintext")
    )
    certificate = by_certificate.security
    kafka = other(by_user, secure_kafka.ssl, cert_file=certificate.cert_file, key_file=certificate.key_file)
    assert "set MEDIADNA_KAFKA_SECURITY to ssl" in await refusal(kafka)


async def test_nobody_at_a_port_that_asks_for_a_user_is_told(by_user: KafkaConnection) -> None:
    assert "MEDIADNA_KAFKA_SECURITY" in await refusal(other(by_user, protocol="ssl", mechanism=""))


async def test_one_server_of_several_is_enough_and_of_none_each_is_named(by_user: KafkaConnection) -> None:
    await shake_hands(other(by_user, f"127.0.0.1:1,{by_user.servers}"))
    said = await refusal(other(by_user, "127.0.0.1:1,localhost:2"))
    assert "127.0.0.1:1 does not answer" in said
    assert "localhost:2 does not answer" in said


async def test_a_producer_for_which_there_is_no_token_says_so_and_takes_the_next_event(
    secure_kafka: SecureKafkaNode, by_user: KafkaConnection, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "RETRY_PAUSE_S", 0.0)
    secure_kafka.allow(USER, "late")
    endpoint = TokenEndpoint(secure_kafka.issuer)
    endpoint.broken = True
    with endpoint.serve() as url:
        publisher = EventPublisher(other(by_user, mechanism="OAUTHBEARER", tokens=TokenSource(url, USER, password)))
        with pytest.raises(TokenError, match="status 500"):
            await publisher.publish("late", b"key", b"first", [])
        endpoint.broken = False
        await publisher.publish("late", b"key", b"second", [])
        await publisher.stop()
    assert [one.value for one in await read_all(secure_kafka.bootstrap, "late")] == [b"second"]


async def test_a_password_that_no_longer_fits_shows_while_the_worker_runs(
    by_user: KafkaConnection, password: Path
) -> None:
    neighbours = Neighbours()
    probes = Probes({Neighbour.KAFKA: kafka_probe(by_user)}, neighbours, doubtful=frozenset({Neighbour.KAFKA}))
    await probes.look()
    assert neighbours.away() == []
    password.write_text("changed")
    await probes.look()
    ((absence),) = neighbours.away()
    assert "MEDIADNA_KAFKA_PASSWORD_FILE" in absence.reason


async def test_a_producer_that_is_not_let_in_says_why_while_it_waits(
    by_user: KafkaConnection, wrong: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AWAY_S", 1.0)
    neighbours = Neighbours()
    publisher = EventPublisher(other(by_user, password_file=wrong), neighbours)
    sent = asyncio.create_task(publisher.publish("hands", b"key", b"value", []))
    async with asyncio.timeout(PATIENCE_S):
        while not any("credentials" in one.reason for one in neighbours.away()):
            await asyncio.sleep(0.1)
    sent.cancel()
    await publisher.stop()
