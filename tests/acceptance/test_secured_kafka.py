"""A worker against an Apache Kafka that lets in nobody whom it does not know, by each way in; and not let in."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.certificates import Authority
from support.client import completed, emit, event
from support.secure_kafka import PASSWORD, USER, SecureKafkaNode, TokenEndpoint

from streams.demo.service import running_service

pytestmark = pytest.mark.integration

WEB = ("--web", "127.0.0.1:0")
#: The settings that name the Kafka, by the mechanism: what all workers share.
Environment = dict[str, str]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the user's password."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "password").write_text(f"{PASSWORD}\n")
    return folder


@pytest.fixture
def by_password(secure_kafka: SecureKafkaNode, files: Path) -> Environment:
    """The settings of a worker that proves who it is by SCRAM."""
    secure_kafka.allow(USER, "scram")
    return {
        "MEDIADNA_KAFKA": secure_kafka.sasl_ssl,
        "MEDIADNA_KAFKA_SECURITY": "sasl_ssl",
        "MEDIADNA_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "MEDIADNA_KAFKA_USER": USER,
        "MEDIADNA_KAFKA_PASSWORD_FILE": str(files / "password"),
        "MEDIADNA_KAFKA_CA_FILE": str(secure_kafka.authority.file),
        "MEDIADNA_TOPIC_PREFIX": "scram",
    }


@pytest.fixture
def by_token(secure_kafka: SecureKafkaNode, files: Path) -> Iterator[Environment]:
    """The settings of a worker that proves who it is by a token."""
    secure_kafka.allow(USER, "token")
    with TokenEndpoint(secure_kafka.issuer).serve() as url:
        yield {
            "MEDIADNA_KAFKA": secure_kafka.sasl_ssl,
            "MEDIADNA_KAFKA_SECURITY": "sasl_ssl",
            "MEDIADNA_KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "MEDIADNA_KAFKA_OAUTH_URL": url,
            "MEDIADNA_KAFKA_OAUTH_CLIENT": USER,
            "MEDIADNA_KAFKA_OAUTH_SECRET_FILE": str(files / "password"),
            "MEDIADNA_KAFKA_CA_FILE": str(secure_kafka.authority.file),
            "MEDIADNA_TOPIC_PREFIX": "token",
        }


@pytest.fixture
def by_certificate(secure_kafka: SecureKafkaNode, files: Path) -> Environment:
    """The settings of a worker that proves who it is by a certificate, whose key has a password."""
    secure_kafka.allow("CN=video", "certificate")
    pair = secure_kafka.authority.sign("video", hosts=False, password=PASSWORD)
    return {
        "MEDIADNA_KAFKA": secure_kafka.ssl,
        "MEDIADNA_KAFKA_SECURITY": "ssl",
        "MEDIADNA_KAFKA_CA_FILE": str(secure_kafka.authority.file),
        "MEDIADNA_KAFKA_CERT_FILE": str(pair.cert),
        "MEDIADNA_KAFKA_KEY_FILE": str(pair.key),
        "MEDIADNA_KAFKA_KEY_PASSWORD_FILE": str(files / "password"),
        "MEDIADNA_TOPIC_PREFIX": "certificate",
    }


@pytest.mark.parametrize("way", ["by_password", "by_token", "by_certificate"])
async def test_a_worker_that_may_use_its_own_topics_only_makes_one_complete_event_of_one_event(
    request: pytest.FixtureRequest, secure_kafka: SecureKafkaNode, way: str, tmp_path: Path, clip: Path
) -> None:
    settings: Environment = request.getfixturevalue(way)
    prefix, administrator = settings["MEDIADNA_TOPIC_PREFIX"], secure_kafka.bootstrap
    places = ("--media", str(clip.parent))
    async with running_service(tmp_path / "state", *WEB, *places, command="worker", environment=settings):
        await emit(administrator, event("video", clip), prefix=prefix)
        events = await completed(administrator, "video", prefix=prefix)
    assert [(one["MediaId"], one["Status"], one["Message"]) for one in events] == [("video", "success", "OK")]
    said = (tmp_path / "state" / "service.log").read_text()
    assert PASSWORD not in said
    for complaint in ("Unable connect", "kafka_producer_waits", "finished_work_not_known", "neighbour_away"):
        assert complaint not in said


async def refused(state: Path, settings: Environment) -> str:
    """Return what a worker says that ends before it takes events."""
    command = [sys.executable, "-m", "streams.cli.main", "worker", "--state", str(state), *WEB]
    worker = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **settings}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await worker.communicate()
    assert worker.returncode == 1
    return said.decode()


async def test_a_worker_with_a_wrong_password_ends_and_says_so(by_password: Environment, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not the password")
    said = await refused(tmp_path / "state", {**by_password, "MEDIADNA_KAFKA_PASSWORD_FILE": str(wrong)})
    assert f"does not let the user '{USER}' with the password in MEDIADNA_KAFKA_PASSWORD_FILE in" in said
    assert "not the password" not in said


async def test_a_worker_that_trusts_another_authority_ends_and_says_so(
    by_password: Environment, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    said = await refused(tmp_path / "state", {**by_password, "MEDIADNA_KAFKA_CA_FILE": str(other.file)})
    assert "has a certificate that is not trusted" in said
    assert "set MEDIADNA_KAFKA_CA_FILE" in said


async def test_a_worker_without_the_certificate_that_is_asked_for_ends_and_says_so(
    by_certificate: Environment, tmp_path: Path
) -> None:
    own = ("CERT_FILE", "KEY_FILE", "KEY_PASSWORD_FILE")
    settings = {name: value for name, value in by_certificate.items() if not name.endswith(own)}
    assert "set MEDIADNA_KAFKA_CERT_FILE and MEDIADNA_KAFKA_KEY_FILE" in await refused(tmp_path / "state", settings)


async def test_a_worker_that_may_not_use_its_topics_ends_and_names_one(
    by_password: Environment, tmp_path: Path
) -> None:
    said = await refused(tmp_path / "state", {**by_password, "MEDIADNA_TOPIC_PREFIX": "foreign"})
    assert "foreign." in said
    assert "uthoriz" in said


async def test_a_worker_whose_secrets_cross_a_network_in_plain_text_says_so(
    by_password: Environment, tmp_path: Path
) -> None:
    settings = {name: value for name, value in by_password.items() if not name.endswith("CA_FILE")}
    settings |= {"MEDIADNA_KAFKA": "kafka.invalid:9092", "MEDIADNA_KAFKA_SECURITY": "sasl_plaintext"}
    said = await refused(tmp_path / "state", settings)
    assert "others_can_read_along" in said
    assert "no Kafka lets this worker in at kafka.invalid:9092" in said
