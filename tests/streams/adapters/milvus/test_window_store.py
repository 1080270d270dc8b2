"""An answer of Milvus that lacks something is asked for again: it must not read as "nothing alike"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from schemas.matches import Track
from streams.adapters.milvus.connection import MilvusConnection
from streams.adapters.milvus.names import CollectionNames
from streams.adapters.milvus.window_store import EXACT, MilvusVectors
from streams.ports.errors import Neighbour, NeighbourAwayError


class Client:
    """Answers fewer searches than it is asked."""

    def has_collection(self, name: str, **_: Any) -> bool:
        return bool(name)

    def list_indexes(self, name: str, **_: Any) -> list[str]:
        return [name]

    def load_collection(self, name: str, **_: Any) -> None:
        assert name

    def search(self, name: str, data: list[Any], **_: Any) -> list[list[Any]]:
        assert name
        return [[] for _ in data[1:]]


class Connection:
    """Calls the client above once."""

    def __init__(self) -> None:
        self.loaded: set[str] = set()

    def call(self, function: Callable[[Any], Any]) -> Any:
        return function(Client())


def test_fewer_answers_than_searches_are_a_neighbour_that_does_not_answer() -> None:
    store = MilvusVectors(cast("MilvusConnection", Connection()), CollectionNames("test"), EXACT)
    with pytest.raises(NeighbourAwayError, match="2 of 3 searches") as caught:
        store.search(Track.PICTURE, np.eye(3, dtype=np.float32), libraries={"films": ()}, limit=5)
    assert caught.value.neighbour is Neighbour.MILVUS
