"""How Kafka is spoken to, in the form that each kind of client takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from streams.adapters.kafka.oauth import TokenSource
from streams.credentials.secret_file import read_secret, tls_context
from streams.settings_rules import OAUTH

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from streams.settings import Settings

__all__ = ["KafkaSecurity"]

_SETTINGS = "MEDIADNA_KAFKA_"


@dataclass(frozen=True)
class KafkaSecurity:
    """Protocol, credentials and certificates. Files are read whenever a client is made, so also when one is made anew.

    Attributes:
        protocol: `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`.
        mechanism: SASL's mechanism; empty: no SASL.
        user: User of PLAIN and SCRAM.
        password_file: File with that user's password.
        ca_file: Authorities that are trusted, in place of the system's.
        cert_file: Own certificate, for brokers that ask for one.
        key_file: Its key.
        key_password_file: File with the key's password.
        tokens: Gives tokens for OAUTHBEARER.
    """

    protocol: str = "plaintext"
    mechanism: str = ""
    user: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    key_password_file: Path | None = None
    tokens: TokenSource | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the settings say; nothing is read or asked yet."""
        tokens = None
        if settings.kafka_sasl_mechanism == OAUTH:
            tokens = TokenSource(
                settings.kafka_oauth_url,
                settings.kafka_oauth_client,
                settings.kafka_oauth_secret_file,
                scope=settings.kafka_oauth_scope,
                ca_file=settings.kafka_oauth_ca_file,
            )
        return cls(
            protocol=settings.kafka_security,
            mechanism=settings.kafka_sasl_mechanism,
            user=settings.kafka_user,
            password_file=settings.kafka_password_file,
            ca_file=settings.kafka_ca_file,
            cert_file=settings.kafka_cert_file,
            key_file=settings.kafka_key_file,
            key_password_file=settings.kafka_key_password_file,
            tokens=tokens,
        )

    @property
    def has_tls(self) -> bool:
        """Whether what is said is encrypted."""
        return self.protocol.endswith("ssl")

    @property
    def has_sasl(self) -> bool:
        """Whether SASL is used."""
        return self.protocol.startswith("sasl")

    def context(self) -> ssl.SSLContext | None:
        """Return what makes a TLS connection; None without TLS.

        Raises:
            SecretFileError: A file cannot be used.
        """
        if not self.has_tls:
            return None
        return tls_context(_SETTINGS, self.ca_file, self.cert_file, self.key_file, self.key_password_file)

    def password(self) -> str:
        """Return the user's password.

        Raises:
            SecretFileError: It cannot be read.
        """
        return read_secret(self.password_file, f"{_SETTINGS}PASSWORD_FILE")

    def for_aiokafka(self) -> dict[str, Any]:
        """Return the arguments of aiokafka's clients.

        Raises:
            SecretFileError: A file cannot be used.
        """
        found: dict[str, Any] = {"security_protocol": self.protocol.upper()}
        if self.has_tls:
            found["ssl_context"] = self.context()
        if self.has_sasl:
            found["sasl_mechanism"] = self.mechanism
            if self.tokens is not None:
                found["sasl_oauth_token_provider"] = self.tokens
            else:
                found |= {"sasl_plain_username": self.user, "sasl_plain_password": self.password()}
        return found

    def for_librdkafka(self) -> dict[str, Any]:
        """Return the configuration of librdkafka's clients, which check certificate and host name by themselves.

        Raises:
            SecretFileError: A file cannot be used.
        """
        self.context()  # says in words what is wrong with a file, where librdkafka says numbers
        found: dict[str, Any] = {"security.protocol": self.protocol}
        if self.has_tls:
            files = {
                "ssl.ca.location": self.ca_file,
                "ssl.certificate.location": self.cert_file,
                "ssl.key.location": self.key_file,
            }
            found |= {name: str(path) for name, path in files.items() if path is not None}
            if self.key_password_file is not None:
                found["ssl.key.password"] = read_secret(self.key_password_file, f"{_SETTINGS}KEY_PASSWORD_FILE")
        if self.has_sasl:
            found["sasl.mechanism"] = self.mechanism
            if self.tokens is not None:
                found["oauth_cb"] = _callback(self.tokens)
            else:
                found |= {"sasl.username": self.user, "sasl.password": self.password()}
        return found


def _callback(tokens: TokenSource) -> Any:
    def give(_: str) -> tuple[str, float]:
        token = tokens.current()
        return token.value, token.expires

    return give
