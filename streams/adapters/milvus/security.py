"""How a Milvus server is spoken to: the token that it asks for, and TLS."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

import grpc
from pymilvus.grpc_gen.milvus_pb2 import GetVersionRequest
from pymilvus.grpc_gen.milvus_pb2_grpc import MilvusServiceStub

from streams.credentials.secret_file import read_secret, tls_context
from streams.ports.errors import Neighbour, NeighbourAwayError

if TYPE_CHECKING:
    from pathlib import Path

    from streams.settings import Settings

__all__ = ["OPEN", "MilvusSecurity", "shake_hands"]

#: The port that an address means which names none.
USUAL_PORT = 19530
#: Seconds for one answer.
ANSWER_S = 5.0


@dataclass(frozen=True)
class MilvusSecurity:
    """Token and certificates. Files are read whenever a connection is made, so also when one is made anew.

    Whether TLS is spoken the server's address says: `https://`.

    Attributes:
        token_file: File with a token, or `user:password`.
        ca_file: Authorities that are trusted, in place of gRPC's own.
        cert_file: Own certificate, for servers that ask for one.
        key_file: Its key.
    """

    token_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the settings say."""
        return cls(
            token_file=settings.milvus_token_file,
            ca_file=settings.milvus_ca_file,
            cert_file=settings.milvus_cert_file,
            key_file=settings.milvus_key_file,
        )

    def token(self) -> str:
        """Return the token; empty: none is set.

        Raises:
            SecretFileError: It cannot be read.
        """
        return "" if self.token_file is None else read_secret(self.token_file, "MEDIADNA_MILVUS_TOKEN_FILE")

    def for_pymilvus(self) -> dict[str, Any]:
        """Return the arguments of Milvus's client.

        Raises:
            SecretFileError: A file cannot be used.
        """
        self._check()
        found: dict[str, Any] = {"token": self.token()}
        if self.cert_file is not None:
            found |= {
                "ca_pem_path": str(self.ca_file),
                "client_pem_path": str(self.cert_file),
                "client_key_path": str(self.key_file),
            }
        elif self.ca_file is not None:  # given `ca_pem_path` alone the client trusts gRPC's own, without a word
            found["server_pem_path"] = str(self.ca_file)
        return found

    def credentials(self) -> grpc.ChannelCredentials:
        """Return the same for gRPC itself.

        Raises:
            SecretFileError: A file cannot be used.
        """
        self._check()
        return grpc.ssl_channel_credentials(
            *(None if path is None else path.read_bytes() for path in (self.ca_file, self.key_file, self.cert_file))
        )

    def _check(self) -> None:
        """Raise what is wrong with the files: gRPC says nothing of them, but that there is no connection."""
        if self.ca_file is not None or self.cert_file is not None:
            tls_context("MEDIADNA_MILVUS_", self.ca_file, self.cert_file, self.key_file)


#: What a server that asks nobody needs.
OPEN = MilvusSecurity()


def shake_hands(uri: str, security: MilvusSecurity) -> None:
    """Connect to a Milvus server, say who this worker is, and ask something that only those let in are told.

    Raises:
        NeighbourAwayError: It does not answer, or does not let this worker in; the message says why, and what to set.
        SecretFileError: A file of the settings cannot be used.
    """
    parts = urlsplit(uri)
    target = f"{parts.hostname}:{parts.port or USUAL_PORT}"
    token = security.token() or ":".join(map(unquote, filter(None, (parts.username, parts.password))))
    metadata = [("authorization", base64.b64encode(token.encode()).decode())] if token else []
    has_tls = parts.scheme == "https"
    with grpc.secure_channel(target, security.credentials()) if has_tls else grpc.insecure_channel(target) as channel:
        try:
            MilvusServiceStub(channel).GetVersion(GetVersionRequest(), metadata=metadata, timeout=ANSWER_S)
        except grpc.RpcError as error:
            raise NeighbourAwayError(Neighbour.MILVUS, _in_words(error, target)) from error


def _in_words(error: Any, target: str) -> str:
    code, details = error.code(), error.details()
    if code in {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}:
        return f"Milvus at {target} does not let this worker in ({details}): see MEDIADNA_MILVUS_TOKEN_FILE"
    if "CERTIFICATE_VERIFY_FAILED" in details:
        return (
            f"Milvus at {target} has a certificate that is not trusted ({details}): set MEDIADNA_MILVUS_CA_FILE to the "
            "authorities that sign it, and name the server as its certificate does"
        )
    return f"Milvus at {target} does not answer as MEDIADNA_MILVUS says that it does ({code.name}: {details})"
