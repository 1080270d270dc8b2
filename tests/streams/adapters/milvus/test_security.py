"""Milvus behind TLS and a token: who has both is let in, and who has not is told why."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import numpy as np
import pytest
from milvus_lite.adapter.grpc.servicer import MilvusServicer
from milvus_lite.db import MilvusLite
from pymilvus.grpc_gen import milvus_pb2_grpc
from support.certificates import Authority
from support.decoders import InlineDecoder

from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from streams.adapters.milvus import connection as module
from streams.adapters.milvus.connect import connect
from streams.adapters.milvus.security import MilvusSecurity, shake_hands
from streams.credentials.secret_file import SecretFileError
from streams.pipeline.pool.context_factory import make_context
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.settings import Settings
from streams.telemetry.neighbours import Neighbours
from streams.worker.probes import Probes, milvus_probe

pytestmark = pytest.mark.integration

#: User and password, as a token.
RIGHT = "root:Milvus, 1%"


class Asks(grpc.ServerInterceptor):  # type: ignore[misc] # grpc is not typed
    """Lets in whoever sends the token, as Milvus does with `authorizationEnabled`."""

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        sent = dict(handler_call_details.invocation_metadata).get("authorization", "")
        if sent == base64.b64encode(RIGHT.encode()).decode():
            return continuation(handler_call_details)
        return grpc.unary_unary_rpc_method_handler(
            lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure")
        )


class Server(NamedTuple):
    """A Milvus server, and what it takes to be let in."""

    uri: str
    security: MilvusSecurity
    authority: Authority


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Milvus Lite's own service behind TLS, for clients that have a certificate and the token."""
    folder = tmp_path_factory.mktemp("milvus-tls")
    authority = Authority(folder / "tls")
    pair, own = authority.sign("server"), authority.sign("worker", hosts=False)
    token = folder / "token"
    token.write_text(f"{RIGHT}\n")
    credentials = grpc.ssl_server_credentials(
        [(pair.key.read_bytes(), pair.cert.read_bytes())], authority.file.read_bytes(), require_client_auth=True
    )
    database = MilvusLite(str(folder / "data"))
    milvus = grpc.server(ThreadPoolExecutor(4), interceptors=[Asks()])
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(database), milvus)
    port = milvus.add_secure_port("127.0.0.1:0", credentials)
    milvus.start()
    security = MilvusSecurity(token, authority.file, own.cert, own.key)
    yield Server(f"https://127.0.0.1:{port}", security, authority)
    milvus.stop(None).wait()
    database.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up at the first try."""
    monkeypatch.setattr(module, "TRIES", 1)
    monkeypatch.setattr(module, "CONNECTING_S", 3.0)


def stored(server: Server, security: MilvusSecurity, folder: Path) -> int:
    """Store something and return how much of it is there."""
    rows = np.arange(5, dtype=np.int32)
    windows = Windows(rows, rows, rows, np.eye(5, 64, dtype=np.float32))
    with closing(connect(server.uri, folder, algorithm="test", security=security)) as store:
        store.upsert(ReferenceKey("default", "video", 1), Track.PICTURE, windows)
        return store.count("default", "video")


def test_who_has_certificate_and_token_is_let_in(server: Server, tmp_path: Path) -> None:
    shake_hands(server.uri, server.security)
    assert stored(server, server.security, tmp_path) == 5


def test_the_token_may_be_in_the_address(server: Server) -> None:
    host = server.uri.removeprefix("https://")
    shake_hands(f"https://root:Milvus%2C%201%25@{host}", replace(server.security, token_file=None))


def test_a_token_that_is_not_the_right_one_is_named(server: Server, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("root:guessed")
    security = replace(server.security, token_file=wrong)
    with pytest.raises(NeighbourAwayError, match="MEDIADNA_MILVUS_TOKEN_FILE"):
        shake_hands(server.uri, security)
    with pytest.raises(NeighbourAwayError, match="auth check failure"):
        stored(server, security, tmp_path)


def test_a_server_whose_authority_is_not_trusted_gets_no_token(server: Server, tmp_path: Path) -> None:
    security = replace(server.security, ca_file=Authority(tmp_path / "other").file)
    with pytest.raises(NeighbourAwayError, match=r"not trusted.*MEDIADNA_MILVUS_CA_FILE"):
        shake_hands(server.uri, security)
    with pytest.raises(NeighbourAwayError, match="CERTIFICATE_VERIFY_FAILED"):
        stored(server, security, tmp_path)


def test_an_authority_alone_is_what_is_trusted_in_place_of_grpc_s_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert MilvusSecurity(ca_file=authority.file).for_pymilvus()["server_pem_path"] == str(authority.file)


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(SecretFileError, match="MEDIADNA_MILVUS_CA_FILE"):
        MilvusSecurity(ca_file=tmp_path / "ca.pem").for_pymilvus()
    with pytest.raises(SecretFileError, match="MEDIADNA_MILVUS_TOKEN_FILE"):
        MilvusSecurity(token_file=tmp_path / "token").for_pymilvus()


def of_server(server: Server, folder: Path, token: Path | None = None) -> Settings:
    """Return the settings of a worker that is let in, unless it has another token."""
    return Settings(
        state=folder,
        milvus=server.uri,
        milvus_token_file=token or server.security.token_file,
        milvus_ca_file=server.security.ca_file,
        milvus_cert_file=server.security.cert_file,
        milvus_key_file=server.security.key_file,
    )


def test_a_worker_process_is_let_in_by_the_settings(server: Server, tmp_path: Path) -> None:
    with closing(make_context(of_server(server, tmp_path), InlineDecoder()).vectors) as vectors:
        assert vectors.count("default", "nothing") == 0


async def test_a_probe_tells_of_a_token_that_was_changed_and_of_its_new_one(server: Server, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("root:before")
    settings = of_server(server, tmp_path, token)
    neighbours = Neighbours()
    probes = Probes({Neighbour.MILVUS: milvus_probe(settings)}, neighbours)
    await probes.look()
    ((absence),) = neighbours.away()
    assert "MEDIADNA_MILVUS_TOKEN_FILE" in absence.reason
    token.write_text(RIGHT)
    await probes.look()
    assert neighbours.away() == []
