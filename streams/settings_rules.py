"""Settings that make sense one by one, and not together: pure decisions, each with what to do next.

What is left out here would show later, at a broker's closed port, or not at all: a client that was given a certificate
without a key sends none, and says nothing.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.settings import Settings

__all__ = ["contradictions", "exposures", "is_loopback"]

#: The mechanism that asks a token endpoint; the others have a user and a password.
OAUTH = "OAUTHBEARER"


def contradictions(settings: Settings) -> list[str]:
    """Return what cannot be meant, in words that say what to set; empty: nothing."""
    return [*_of_kafka(settings), *_of_kafka_tls(settings), *_of_oauth(settings), *_of_milvus(settings)]


def exposures(settings: Settings) -> list[str]:
    """Return what can be meant and lets others on the network read along, in words; empty: nothing."""
    found = []
    if settings.kafka_security == "sasl_plaintext" and not all(map(is_loopback, _hosts(settings.kafka))):
        found.append(
            "what is said to Kafka, and by PLAIN and OAUTHBEARER also what proves who says it, crosses the network in "
            "plain text: set MEDIADNA_KAFKA_SECURITY to sasl_ssl"
        )
    parts = urlsplit(settings.milvus)
    proven = settings.milvus_token_file is not None or "@" in parts.netloc
    if proven and parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        found.append("Milvus's token crosses the network in plain text: begin MEDIADNA_MILVUS with https://")
    return found


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone: what goes there crosses no network."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _of_kafka(settings: Settings) -> Iterator[str]:
    sasl = settings.kafka_security.startswith("sasl")
    mechanism = settings.kafka_sasl_mechanism
    if sasl and not mechanism:
        yield "set MEDIADNA_KAFKA_SASL_MECHANISM too: MEDIADNA_KAFKA_SECURITY asks for SASL"
    if mechanism and not sasl:
        yield "set MEDIADNA_KAFKA_SECURITY to sasl_ssl: MEDIADNA_KAFKA_SASL_MECHANISM needs SASL"
    has_password = mechanism not in {"", OAUTH}
    for name, value in (
        ("MEDIADNA_KAFKA_USER", settings.kafka_user),
        ("MEDIADNA_KAFKA_PASSWORD_FILE", settings.kafka_password_file),
    ):
        if has_password and not value:
            yield f"set {name} too: {mechanism} needs it"
        if value and not has_password:
            yield f"leave {name} out, or set MEDIADNA_KAFKA_SASL_MECHANISM to PLAIN or one of SCRAM, which use it"


def _of_kafka_tls(settings: Settings) -> Iterator[str]:
    files = {
        "MEDIADNA_KAFKA_CA_FILE": settings.kafka_ca_file,
        "MEDIADNA_KAFKA_CERT_FILE": settings.kafka_cert_file,
        "MEDIADNA_KAFKA_KEY_FILE": settings.kafka_key_file,
        "MEDIADNA_KAFKA_KEY_PASSWORD_FILE": settings.kafka_key_password_file,
    }
    if not settings.kafka_security.endswith("ssl"):
        for name, path in files.items():
            if path is not None:
                yield f"set MEDIADNA_KAFKA_SECURITY to ssl or sasl_ssl: without TLS {name} means nothing"
    if (settings.kafka_cert_file is None) != (settings.kafka_key_file is None):
        yield "set both MEDIADNA_KAFKA_CERT_FILE and MEDIADNA_KAFKA_KEY_FILE, or neither"
    if settings.kafka_key_password_file is not None and settings.kafka_key_file is None:
        yield "set MEDIADNA_KAFKA_KEY_FILE too, or leave MEDIADNA_KAFKA_KEY_PASSWORD_FILE out"


def _of_oauth(settings: Settings) -> Iterator[str]:
    needed = {
        "MEDIADNA_KAFKA_OAUTH_URL": settings.kafka_oauth_url,
        "MEDIADNA_KAFKA_OAUTH_CLIENT": settings.kafka_oauth_client,
        "MEDIADNA_KAFKA_OAUTH_SECRET_FILE": settings.kafka_oauth_secret_file,
    }
    possible = {
        "MEDIADNA_KAFKA_OAUTH_SCOPE": settings.kafka_oauth_scope,
        "MEDIADNA_KAFKA_OAUTH_CA_FILE": settings.kafka_oauth_ca_file,
    }
    if settings.kafka_sasl_mechanism != OAUTH:
        for name, value in {**needed, **possible}.items():
            if value:
                yield f"set MEDIADNA_KAFKA_SASL_MECHANISM to {OAUTH}, or leave {name} out"
        return
    for name, value in needed.items():
        if not value:
            yield f"set {name} too: {OAUTH} needs it"
    parts = urlsplit(settings.kafka_oauth_url)
    if settings.kafka_oauth_url and not (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    ):
        yield "set MEDIADNA_KAFKA_OAUTH_URL to an https:// address: the client's secret is sent there"


def _of_milvus(settings: Settings) -> Iterator[str]:
    if not settings.milvus:  # Milvus Lite is on loopback, and asks nobody
        return
    parts = urlsplit(settings.milvus)
    if settings.milvus_token_file is not None and "@" in parts.netloc:
        yield "leave user and password out of MEDIADNA_MILVUS: MEDIADNA_MILVUS_TOKEN_FILE has them"
    files = {
        "MEDIADNA_MILVUS_CA_FILE": settings.milvus_ca_file,
        "MEDIADNA_MILVUS_CERT_FILE": settings.milvus_cert_file,
        "MEDIADNA_MILVUS_KEY_FILE": settings.milvus_key_file,
    }
    if parts.scheme != "https":
        for name, path in files.items():
            if path is not None:
                yield f"begin MEDIADNA_MILVUS with https://: without TLS {name} means nothing"
    if (settings.milvus_cert_file is None) != (settings.milvus_key_file is None):
        yield "set both MEDIADNA_MILVUS_CERT_FILE and MEDIADNA_MILVUS_KEY_FILE, or neither"
    if settings.milvus_cert_file is not None and settings.milvus_ca_file is None:
        yield "set MEDIADNA_MILVUS_CA_FILE too: Milvus's client sends a certificate only where it is given one of each"


def _hosts(servers: str) -> list[str]:
    return [urlsplit(f"//{server.strip()}").hostname or "" for server in servers.split(",")]
