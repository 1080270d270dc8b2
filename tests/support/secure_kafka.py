"""A node of Apache Kafka that lets in nobody whom it does not know: TLS, SASL, client certificates, access lists."""

from __future__ import annotations

import base64
import json
import os
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote_plus

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from support.certificates import Authority
from support.nodes import KafkaNode, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PASSWORD", "USER", "Issuer", "SecureKafkaNode", "TokenEndpoint"]

#: The user that the node knows, by each mechanism, and its password: one that needs quoting wherever it can be needed.
USER, PASSWORD = "worker", "pass word=1%3+4"
#: Whom the node wants tokens to be from, and for.
ISSUER, AUDIENCE = "https://issuer.example.com", "kafka"
#: Seconds that a token is good for.
TOKEN_S = 60

PROPERTIES = """\
ssl.keystore.type=PEM
ssl.keystore.location={pair}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl_ssl.plain.sasl.jaas.config={module}.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={module}.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={module}.scram.ScramLoginModule required;
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config={module}.oauthbearer.OAuthBearerLoginModule required;
listener.name.sasl_ssl.oauthbearer.sasl.server.callback.handler.class=\
{module}.oauthbearer.OAuthBearerValidatorCallbackHandler
listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms=10000
sasl.oauthbearer.jwks.endpoint.url={keys}
sasl.oauthbearer.expected.audience={audience}
sasl.oauthbearer.expected.issuer={issuer}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class SecureKafkaNode(KafkaNode):
    """A node with a port for each way in. Through the plain one of every node tests do what its administrator would.

    Who came with a token is asked for another one now and then, or cut off, as brokers in the wild do.

    Attributes:
        authority: Signs the certificates of the node and its clients.
        sasl_ssl: Bootstrap address where a user, or a token, is asked for.
        ssl: Bootstrap address where a certificate is asked for.
        issuer: Signs tokens that the node believes.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.authority = Authority(folder / "tls")
        self.issuer = Issuer(folder / "keys.json")
        self._ports = {"SASL_SSL": free_port(), "SSL": free_port()}
        self.sasl_ssl, self.ssl = (f"127.0.0.1:{port}" for port in self._ports.values())
        self._properties = folder / "secure.properties"

    def arguments(self) -> list[str]:
        """Return what the node's script is told beside folder and port."""
        self._properties.write_text(
            PROPERTIES.format(
                pair=self.authority.sign("server").both,
                authority=self.authority.file,
                module="org.apache.kafka.common.security",
                user=USER,
                password=PASSWORD,
                keys=self.issuer.keys.as_uri(),
                audience=AUDIENCE,
                issuer=ISSUER,
            ),
            encoding="ascii",
        )
        users = [f"{name}=[name={USER},password={PASSWORD}]" for name in ("SCRAM-SHA-256", "SCRAM-SHA-512")]
        return [
            *(f"--listener={name}:{port}" for name, port in self._ports.items()),
            f"--properties={self._properties}",
            *(f"--scram={user}" for user in users),
        ]

    def environment(self) -> dict[str, str]:
        """Return the node's environment: Java's option that lets it read the issuer's keys from a file."""
        allowed = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.files={self.issuer.keys}"
        urls = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.issuer.keys.as_uri()}"
        return {**os.environ, "JAVA_TOOL_OPTIONS": f"{allowed} {urls}"}

    def allow(self, principal: str, prefix: str) -> None:
        """Let somebody do with topics and groups under a prefix what a worker does, and nothing else."""
        rights = [
            *((ResourceType.TOPIC, right) for right in (AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE)),
            (ResourceType.GROUP, AclOperation.READ),
        ]
        bindings = [
            AclBinding(
                kind, prefix, ResourcePatternType.PREFIXED, f"User:{principal}", "*", right, AclPermissionType.ALLOW
            )
            for kind, right in rights
        ]
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        for done in admin.create_acls(bindings).values():
            done.result()


class Issuer:
    """Signs tokens.

    Attributes:
        keys: File with the key that tells its tokens from others', as JSON Web Key Set.
    """

    def __init__(self, keys: Path) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256"}
        key |= {name: _base64(_bytes(number)) for name, number in (("n", numbers.n), ("e", numbers.e))}
        keys.parent.mkdir(parents=True, exist_ok=True)
        keys.write_text(json.dumps({"keys": [key]}), encoding="ascii")
        self.keys = keys

    def token(self, subject: str, seconds: float = TOKEN_S) -> str:
        """Return a token that says who its owner is."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": subject,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + int(seconds),
            "scope": "kafka",
        }
        parts = (json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "1", "typ": "JWT"}, claims))
        signed = ".".join(map(_base64, parts))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"


class TokenEndpoint:
    """An OpenID provider's token endpoint on loopback.

    Attributes:
        client: Client id that it knows.
        secret: That client's secret.
        seconds: What it says that a token is good for.
        broken: Whether it answers with an error.
        asked: The form of each request.
    """

    def __init__(self, issuer: Issuer, client: str = USER, secret: str = PASSWORD) -> None:
        self.client, self.secret = client, secret
        self.seconds: float = TOKEN_S
        self.broken = False
        self.asked: list[dict[str, list[str]]] = []
        self._issuer = issuer

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve until the block ends; yields the address."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = endpoint.answer(self.headers.get("Authorization", ""), form)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}/token"
            finally:
                server.shutdown()
                thread.join()

    def answer(self, authorization: str, form: str) -> tuple[int, dict[str, object]]:
        """Return status and content of the answer to a request."""
        self.asked.append(parse_qs(form))
        if self.broken:
            return 500, {}
        scheme, _, credentials = authorization.partition(" ")
        client, _, secret = base64.b64decode(credentials).decode().partition(":")
        if (scheme, unquote_plus(client), unquote_plus(secret)) != ("Basic", self.client, self.secret):
            return 401, {"error": "invalid_client"}
        return 200, {"access_token": self._issuer.token(client, self.seconds), "expires_in": self.seconds}


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
