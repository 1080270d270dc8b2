"""Connects to Kafka once, to say in words why it lets nobody in: its clients try again and again, and keep it vague."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.adapters.kafka.oauth import TokenError
from streams.credentials.secret_file import SecretFileError

if TYPE_CHECKING:
    from streams.adapters.kafka.connection import KafkaConnection
    from streams.adapters.kafka.security import KafkaSecurity

__all__ = ["shake_hands"]

#: Seconds for all that one server is asked: it may be slow at working out passwords.
ANSWER_S = 10.0
#: Seconds in which TLS ends in good order.
CLOSING_S = 1.0


async def shake_hands(kafka: KafkaConnection) -> None:
    """Connect to one of the bootstrap servers, say who this worker is, and ask what Kafka tells those it lets in.

    Raises:
        ConnectionError: None lets it in. The message says of each why, and what to set.
    """
    faults = []
    for host, port in kafka.places:
        try:
            async with asyncio.timeout(ANSWER_S):
                await _greet(kafka.security, host, port)
        except (OSError, KafkaError) as error:
            faults.append(f"{host}:{port} {_in_words(error, kafka.security)}")
        else:
            return
    raise ConnectionError("; ".join(faults))


async def _greet(security: KafkaSecurity, host: str, port: int) -> None:
    connection = AIOKafkaConnection(host, port, request_timeout_ms=int(ANSWER_S * 1000), **security.for_aiokafka())
    try:
        await connection.connect()
        answer = await connection.send(MetadataRequest([]))
        # Kafka refuses a token in words that aiokafka does not read, and then tells of a cluster without a broker.
        if not answer.brokers:
            raise SaslAuthenticationFailed("it tells of no brokers")
    finally:
        closed = connection.close()
        if connection._protocol is not None:  # noqa: SLF001 (says whether there is anything to end)
            await asyncio.wait({closed}, timeout=CLOSING_S)


def _in_words(error: Exception, security: KafkaSecurity) -> str:
    if isinstance(error, TokenError | SecretFileError):
        return f"was not asked: {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"has a certificate that is not trusted ({error.verify_message}): set MEDIADNA_KAFKA_CA_FILE to the "
            "authorities that sign it, and name the server as its certificate does"
        )
    if isinstance(error, ssl.SSLError):
        return _of_tls(error, security)
    if isinstance(error, SaslAuthenticationFailed):
        return f"does not let {_who(security)} in ({error})"
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"does not offer {security.mechanism}: set MEDIADNA_KAFKA_SASL_MECHANISM to what it does"
    if isinstance(error, IllegalSaslStateError):
        return f"asks for no SASL: set MEDIADNA_KAFKA_SECURITY to {'ssl' if security.has_tls else 'plaintext'}"
    if isinstance(error, KafkaConnectionError | ConnectionResetError):
        return (
            f"takes connections and ends them: does this port speak what MEDIADNA_KAFKA_SECURITY says, "
            f"{security.protocol}?"
            f"{_certificate(security)}"
        )
    return f"does not answer ({str(error) or type(error).__name__})"


def _of_tls(error: ssl.SSLError, security: KafkaSecurity) -> str:
    if "ALERT" in (error.reason or ""):  # the server's word
        return f"does not take part in TLS ({error.reason}).{_certificate(security)}"
    return f"does not speak TLS ({error.reason}): set MEDIADNA_KAFKA_SECURITY to what this port speaks, or name another"


def _certificate(security: KafkaSecurity) -> str:
    """Say what to look at where a server may not like this worker's certificate, or its lack of one."""
    if not security.has_tls:
        return ""
    if security.cert_file is None:
        return " Where it asks for a certificate, set MEDIADNA_KAFKA_CERT_FILE and MEDIADNA_KAFKA_KEY_FILE"
    return " Does it trust the certificate that MEDIADNA_KAFKA_CERT_FILE names?"


def _who(security: KafkaSecurity) -> str:
    if security.tokens is not None:
        return "the owner of MEDIADNA_KAFKA_OAUTH_CLIENT's token"
    return f"the user {security.user!r} with the password in MEDIADNA_KAFKA_PASSWORD_FILE"
