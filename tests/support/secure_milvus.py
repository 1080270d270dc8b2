"""A Milvus server that asks for a token, and speaks TLS with those who have a certificate."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from streams.adapters.milvus.security import MilvusSecurity, shake_hands
from streams.ports.errors import NeighbourAwayError
from support.certificates import Authority
from support.nodes import MilvusNode

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SecureMilvusNode"]

#: Milvus's own first user, with the password that the user has at first.
FIRST_TOKEN = "root:Milvus"  # noqa: S105 (known to everybody)


class SecureMilvusNode(MilvusNode):
    """A Milvus server with `authorizationEnabled`, and TLS that asks clients for a certificate.

    Attributes:
        security: What it takes to be let in.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.uri = f"https://127.0.0.1:{self.port}"
        authority = Authority(folder / "tls")
        self._pair = authority.sign("server")
        own = authority.sign("worker", hosts=False)
        token = folder / "token"
        token.write_text(f"{FIRST_TOKEN}\n", encoding="ascii")
        self.security = MilvusSecurity(token, authority.file, own.cert, own.key)

    def arguments(self) -> list[str]:
        """Return what the node's script is told beside folder and port."""
        chosen = {
            "authorization_enabled": "true",
            "tls_mode": 2,
            "server_pem_path": self._pair.cert,
            "server_key_path": self._pair.key,
            "ca_pem_path": self.security.ca_file,
        }
        return [f"--set={name}={value}" for name, value in chosen.items()]

    def answers(self) -> bool:
        """Whether the server lets in who has token and certificate."""
        with suppress(NeighbourAwayError):
            shake_hands(self.uri, self.security)
            return True
        return False
