"""How Kafka is spoken to: each kind of client gets the same, in its own form, and nobody makes clients elsewhere."""

from __future__ import annotations

import ast
import ssl
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from support.certificates import Authority
from support.nodes import REPOSITORY

from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.security import KafkaSecurity
from streams.credentials.secret_file import SecretFileError
from streams.settings import Settings

#: Passwords, before and after a change.
WORDS, OTHER_WORDS = "pass word", "changed"
#: What makes a client of Kafka or Milvus, and where that may be done: beginnings of paths. The embedded broker is
#: itself made of a producer, and Faust makes its clients of what its app is given.
MAKERS = {
    "AIOKafkaAdminClient": {"adapters/kafka/connection.py"},
    "AIOKafkaClient": set[str](),
    "AIOKafkaConsumer": {"adapters/kafka/connection.py"},
    "AIOKafkaProducer": {"adapters/kafka/connection.py"},
    "AIOKafkaConnection": {"adapters/kafka/handshake.py"},
    "create_conn": set[str](),
    "AdminClient": set[str](),
    "Consumer": set[str](),
    "DeserializingConsumer": set[str](),
    "Producer": {"adapters/kafka/connection.py", "adapters/kafka/embedded"},
    "SerializingProducer": set[str](),
    "App": {"adapters/kafka/faust_app.py"},
    "AsyncMilvusClient": set[str](),
    "MilvusClient": {"adapters/milvus/connection.py"},
    "insecure_channel": {"adapters/milvus/security.py"},
    "secure_channel": {"adapters/milvus/security.py"},
}
#: The folders in which clients are made.
SOURCES = [path for name in ("streams", "benchmarks") for path in sorted((REPOSITORY / name).rglob("*.py"))]


def calls(path: Path) -> dict[str, set[str]]:
    """Return the names of all that a module calls, each with the keywords that every call of it has."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
            keywords = {keyword.arg or "" for keyword in node.keywords}
            found[name] = found.get(name, keywords) & keywords
    return found


def test_no_client_is_made_but_where_it_is_told_how_to_speak() -> None:
    strayed = [
        f"{path.relative_to(REPOSITORY)} calls {name}"
        for path in SOURCES
        for name in calls(path).keys() & MAKERS.keys()
        if not path.relative_to(REPOSITORY).as_posix().startswith(tuple(f"streams/{place}" for place in MAKERS[name]))
    ]
    assert strayed == []


def test_the_rule_sees_the_clients_that_there_are() -> None:
    made = {name for path in SOURCES for name in calls(path).keys() & MAKERS.keys()}
    assert made == {name for name, places in MAKERS.items() if places}


def test_faust_and_the_tasks_are_told_how_to_speak() -> None:
    assert "broker_credentials" in calls(REPOSITORY / "streams/adapters/kafka/faust_app.py")["App"]
    connecting = "from streams.adapters.milvus.connect import connect\n"
    places = [
        path for path in SOURCES if path.is_relative_to(REPOSITORY / "streams") and connecting in path.read_text()
    ]
    assert places
    assert all("security" in calls(path)["connect"] for path in places)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "password").write_text(f"{WORDS}\n")
    return tmp_path


def settings(**values: object) -> Settings:
    return Settings(**{"kafka": "kafka:9093", **values})  # type: ignore[arg-type] # pydantic checks


def test_without_security_clients_speak_in_plain_text() -> None:
    security = KafkaSecurity.of(settings())
    assert security.for_aiokafka() == {"security_protocol": "PLAINTEXT"}
    assert security.for_librdkafka() == {"security.protocol": "plaintext"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_user_is_told_to_both_libraries_alike(secrets: Path, mechanism: str) -> None:
    authority = Authority(secrets)
    security = KafkaSecurity.of(
        settings(
            kafka_security="sasl_ssl",
            kafka_sasl_mechanism=mechanism,
            kafka_user="worker",
            kafka_password_file=secrets / "password",
            kafka_ca_file=authority.file,
        )
    )
    for_aiokafka, for_librdkafka = security.for_aiokafka(), security.for_librdkafka()
    context = for_aiokafka.pop("ssl_context")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert [one["subject"] for one in context.get_ca_certs()] == [((("commonName", "authority"),),)]
    assert for_aiokafka == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": mechanism,
        "sasl_plain_username": "worker",
        "sasl_plain_password": WORDS,
    }
    assert for_librdkafka == {
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": mechanism,
        "sasl.username": "worker",
        "sasl.password": WORDS,
        "ssl.ca.location": str(authority.file),
    }


def test_a_certificate_is_told_to_both_libraries_alike(secrets: Path) -> None:
    authority = Authority(secrets)
    pair = authority.sign("worker", password=WORDS)
    chosen = settings(
        kafka_security="ssl",
        kafka_ca_file=authority.file,
        kafka_cert_file=pair.cert,
        kafka_key_file=pair.key,
        kafka_key_password_file=secrets / "password",
    )
    security = KafkaSecurity.of(chosen)
    assert security.for_aiokafka()["security_protocol"] == "SSL"
    assert security.for_librdkafka() == {
        "security.protocol": "ssl",
        "ssl.ca.location": str(authority.file),
        "ssl.certificate.location": str(pair.cert),
        "ssl.key.location": str(pair.key),
        "ssl.key.password": WORDS,
    }
    KafkaConnection.of(chosen).librdkafka_producer({"log_level": 0})  # which takes files and key


def test_librdkafka_takes_tokens_from_the_same_source_as_the_others(secrets: Path) -> None:
    chosen = settings(
        kafka_security="sasl_ssl",
        kafka_sasl_mechanism="OAUTHBEARER",
        kafka_oauth_url="https://sso.example.com/token",
        kafka_oauth_client="worker",
        kafka_oauth_secret_file=secrets / "password",
    )
    security = KafkaSecurity.of(chosen)
    assert security.for_aiokafka()["sasl_oauth_token_provider"] is security.tokens
    assert callable(security.for_librdkafka()["oauth_cb"])


def test_a_password_that_was_changed_is_read_by_the_next_client(secrets: Path) -> None:
    security = KafkaSecurity("sasl_plaintext", "PLAIN", "worker", secrets / "password")
    assert security.for_aiokafka()["sasl_plain_password"] == WORDS
    (secrets / "password").write_text(f"{OTHER_WORDS}\r\n")
    assert security.for_aiokafka()["sasl_plain_password"] == OTHER_WORDS
    assert security.for_librdkafka()["sasl.password"] == OTHER_WORDS


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"ca_file": "nothing"}, "MEDIADNA_KAFKA_CA_FILE"),
        ({"ca_file": "password"}, "MEDIADNA_KAFKA_CA_FILE"),
        ({"cert_file": "password", "key_file": "password"}, "MEDIADNA_KAFKA_CERT_FILE and MEDIADNA_KAFKA_KEY_FILE"),
        ({"mechanism": "PLAIN", "protocol": "sasl_ssl", "password_file": "empty"}, "MEDIADNA_KAFKA_PASSWORD_FILE"),
        ({"mechanism": "PLAIN", "protocol": "sasl_ssl", "password_file": "nothing"}, "MEDIADNA_KAFKA_PASSWORD_FILE"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_before_anybody_connects(
    secrets: Path, broken: dict[str, str], named: str
) -> None:
    (secrets / "empty").touch()
    fields = {name: secrets / value if name.endswith("_file") else value for name, value in broken.items()}
    security = KafkaSecurity(**{"protocol": "ssl", **fields})  # type: ignore[arg-type] # of each field's own type
    for form in (security.for_aiokafka, security.for_librdkafka):
        with pytest.raises(SecretFileError, match=named):
            form()


def test_a_key_that_has_a_password_is_not_asked_for_on_the_terminal(secrets: Path) -> None:
    pair = Authority(secrets).sign("worker", password=WORDS)
    with pytest.raises(SecretFileError, match="does the key have a password"):
        KafkaSecurity("ssl", cert_file=pair.cert, key_file=pair.key).for_aiokafka()


def test_a_configuration_that_librdkafka_does_not_take_is_refused_at_once() -> None:
    with pytest.raises(KafkaException):
        KafkaConnection.plaintext("kafka:9092").librdkafka_producer({"no.such.thing": 1})
