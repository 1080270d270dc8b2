"""Settings that do not go together are refused with what to set; what lets others read along is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from streams.settings import Settings
from streams.settings_rules import exposures, is_loopback

FILE = Path("file")
BY_PASSWORD: dict[str, object] = {
    "kafka_security": "sasl_ssl",
    "kafka_sasl_mechanism": "SCRAM-SHA-512",
    "kafka_user": "worker",
    "kafka_password_file": FILE,
}
BY_TOKEN: dict[str, object] = {
    "kafka_security": "sasl_ssl",
    "kafka_sasl_mechanism": "OAUTHBEARER",
    "kafka_oauth_url": "https://sso.example.com/token",
    "kafka_oauth_client": "worker",
    "kafka_oauth_secret_file": FILE,
}
BY_CERTIFICATE: dict[str, object] = {
    "kafka_security": "ssl",
    "kafka_cert_file": FILE,
    "kafka_key_file": FILE,
}
MILVUS: dict[str, object] = {"milvus": "https://milvus:19530"}


def settings(*parts: dict[str, object], **values: object) -> Settings:
    chosen = {name: value for part in parts for name, value in part.items()} | values
    return Settings(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type] # pydantic checks


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        BY_PASSWORD,
        {**BY_PASSWORD, "kafka_sasl_mechanism": "PLAIN", "kafka_ca_file": FILE},
        {**BY_PASSWORD, "kafka_cert_file": FILE, "kafka_key_file": FILE},
        BY_TOKEN,
        {**BY_TOKEN, "kafka_oauth_url": "http://127.0.0.1:8080/token", "kafka_oauth_scope": "kafka"},
        BY_CERTIFICATE,
        {**BY_CERTIFICATE, "kafka_key_password_file": FILE},
        {**MILVUS, "milvus_token_file": FILE, "milvus_ca_file": FILE},
        {**MILVUS, "milvus_ca_file": FILE, "milvus_cert_file": FILE, "milvus_key_file": FILE},
    ],
)
def test_what_goes_together_is_taken(chosen: dict[str, object]) -> None:
    settings(chosen)


@pytest.mark.parametrize(
    ("chosen", "changed", "said"),
    [
        (BY_PASSWORD, {"kafka_sasl_mechanism": None, "kafka_user": None}, "set MEDIADNA_KAFKA_SASL_MECHANISM too"),
        (BY_PASSWORD, {"kafka_security": "ssl"}, "set MEDIADNA_KAFKA_SECURITY to sasl_ssl"),
        (BY_PASSWORD, {"kafka_user": None}, "set MEDIADNA_KAFKA_USER too"),
        (BY_PASSWORD, {"kafka_password_file": None}, "set MEDIADNA_KAFKA_PASSWORD_FILE too"),
        ({}, {"kafka_user": "worker"}, "leave MEDIADNA_KAFKA_USER out"),
        ({}, {"kafka_password_file": FILE}, "leave MEDIADNA_KAFKA_PASSWORD_FILE out"),
        (BY_TOKEN, {"kafka_user": "worker"}, "leave MEDIADNA_KAFKA_USER out"),
        (BY_TOKEN, {"kafka_oauth_url": None}, "set MEDIADNA_KAFKA_OAUTH_URL too"),
        (BY_TOKEN, {"kafka_oauth_client": None}, "set MEDIADNA_KAFKA_OAUTH_CLIENT too"),
        (BY_TOKEN, {"kafka_oauth_secret_file": None}, "set MEDIADNA_KAFKA_OAUTH_SECRET_FILE too"),
        (BY_TOKEN, {"kafka_oauth_url": "http://sso.example.com/token"}, "MEDIADNA_KAFKA_OAUTH_URL to an https://"),
        (BY_PASSWORD, {"kafka_oauth_scope": "kafka"}, "leave MEDIADNA_KAFKA_OAUTH_SCOPE out"),
        ({}, {"kafka_ca_file": FILE}, "without TLS MEDIADNA_KAFKA_CA_FILE means nothing"),
        (BY_CERTIFICATE, {"kafka_key_file": None}, "set both MEDIADNA_KAFKA_CERT_FILE and MEDIADNA_KAFKA_KEY_FILE"),
        (BY_CERTIFICATE, {"kafka_cert_file": None}, "set both MEDIADNA_KAFKA_CERT_FILE and MEDIADNA_KAFKA_KEY_FILE"),
        ({"kafka_security": "ssl"}, {"kafka_key_password_file": FILE}, "set MEDIADNA_KAFKA_KEY_FILE too"),
        ({"milvus": "http://milvus"}, {"milvus_ca_file": FILE}, "begin MEDIADNA_MILVUS with https://"),
        (
            {"milvus": "https://a:b@milvus"},
            {"milvus_token_file": FILE},
            "leave user and password out of MEDIADNA_MILVUS",
        ),
        (MILVUS, {"milvus_cert_file": FILE, "milvus_ca_file": FILE}, "set both MEDIADNA_MILVUS_CERT_FILE and"),
        (MILVUS, {"milvus_cert_file": FILE, "milvus_key_file": FILE}, "set MEDIADNA_MILVUS_CA_FILE too"),
    ],
)
def test_what_does_not_go_together_is_refused_with_what_to_set(
    chosen: dict[str, object], changed: dict[str, object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(chosen, changed)


def test_what_is_embedded_needs_no_security_and_takes_no_offence_at_that_of_a_server() -> None:
    settings(kafka="", milvus="", milvus_ca_file=FILE)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({**BY_PASSWORD, "kafka": "kafka:9093"}, ""),
        ({**BY_PASSWORD, "kafka": "kafka:9093", "kafka_security": "sasl_plaintext"}, "MEDIADNA_KAFKA_SECURITY"),
        ({**BY_PASSWORD, "kafka": "127.0.0.1:1, [::1]:2", "kafka_security": "sasl_plaintext"}, ""),
        ({**BY_PASSWORD, "kafka": "127.0.0.1:1,kafka", "kafka_security": "sasl_plaintext"}, "MEDIADNA_KAFKA_SECURITY"),
        ({**MILVUS, "milvus_token_file": FILE}, ""),
        ({"milvus": "http://milvus:19530", "milvus_token_file": FILE}, "MEDIADNA_MILVUS"),
        ({"milvus": "http://user:password@milvus:19530"}, "MEDIADNA_MILVUS"),
        ({"milvus": "http://localhost:19530", "milvus_token_file": FILE}, ""),
        ({"milvus": "http://milvus:19530"}, ""),
    ],
)
def test_secrets_that_cross_a_network_in_plain_text_are_told(chosen: dict[str, object], told: str) -> None:
    found = exposures(settings(chosen))
    assert bool(found) == bool(told)
    assert all(told in one for one in found)


@pytest.mark.parametrize(
    ("host", "own"), [("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.1", False)]
)
def test_loopback_is_known_by_its_names(host: str, *, own: bool) -> None:
    assert is_loopback(host) is own
    assert not is_loopback("localhost.example.com")
