"""Which calls are remembered, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient
from support.inline import TOPICS, InlineService
from support.read_model import ReadModel

from schemas.keys import KeyClaim
from streams.web.aliyun.app import create_call_app
from streams.web.aliyun.nonces import FullMemoryError, NonceMemory
from streams.web.services import Services


def test_a_nonce_is_new_once_for_each_key_until_its_call_is_too_old_anyway() -> None:
    memory = NonceMemory(keep_s=10.0)
    assert memory.is_new("a", "1", now=0.0)
    assert not memory.is_new("a", "1", now=9.9)
    assert memory.is_new("b", "1", now=9.9)
    assert memory.is_new("a", "1", now=10.0)


def test_a_full_memory_refuses_rather_than_forgets_and_takes_calls_again_when_others_are_too_old() -> None:
    memory = NonceMemory(keep_s=10.0, most=2)
    assert memory.is_new("a", "1", now=0.0)
    assert memory.is_new("a", "2", now=1.0)
    with pytest.raises(FullMemoryError):
        memory.is_new("a", "3", now=2.0)
    assert not memory.is_new("a", "1", now=2.0)
    assert memory.is_new("a", "3", now=10.0)


@given(calls=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.floats(0.0, 5.0)), max_size=30))
def test_a_call_is_new_exactly_when_it_was_not_made_within_the_time(calls: list[tuple[str, str, float]]) -> None:
    memory = NonceMemory(keep_s=10.0)
    made: dict[tuple[str, str], float] = {}
    now = 0.0
    for key_id, nonce, pause in calls:
        now += pause
        known = made.get((key_id, nonce), -10.0) + 10.0 > now
        assert memory.is_new(key_id, nonce, now) is not known
        if not known:
            made[key_id, nonce] = now


class Recorder:
    """Takes a call on its way, as somebody does who listens on the network."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    async def request(self, *given: Any, **options: Any) -> Any:
        self.calls.append((given, options))
        return await self.client.request(*given, **options)


class Worker(InlineService):
    """A worker that shares the topic of claims with others, and knows what it has read of it."""

    topic: ClassVar[list[KeyClaim]]

    async def key_claim(self, claim: KeyClaim) -> None:
        self.topic.append(claim)

    async def caught_up(self, topic: str) -> None:
        if topic == TOPICS.idempotency_keys:
            self.apply(claims=list(self.topic))


@pytest.fixture
async def start(
    caller: Any, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[str], Awaitable[tuple[Recorder, ReadModel]]]]:
    """Start workers by the names of their read models: the same name is the same worker, started again."""
    assert caller
    monkeypatch.setattr(Worker, "topic", [], raising=False)
    async with AsyncExitStack() as stack:

        async def start(name: str) -> tuple[Recorder, ReadModel]:
            model = ReadModel(tmp_path / f"{name}.sqlite")
            stack.callback(model.close)
            worker = Worker(model)
            await worker.libraries.ensure()
            app = create_call_app(worker.services(services.settings))
            client = AsyncTestClient(app, base_url="http://127.0.0.1:6066")
            return Recorder(await stack.enter_async_context(client)), model

        yield start


@pytest.mark.parametrize("how", ["v1", "v3"])
async def test_a_recorded_call_that_changes_something_has_no_effect_at_another_worker_or_after_a_restart(
    caller: Any, start: Callable[[str], Awaitable[tuple[Recorder, ReadModel]]], how: str
) -> None:
    first, model = await start("one")
    made = await getattr(type(caller)(first), how)("SubmitAIJob", MediaId="file:///clip.mp4")
    assert made.status_code == 200, made.text
    assert len(model.jobs.page().jobs) == 1
    ((given, options),) = first.calls
    for name in ("one", "two", "three"):
        worker, its_model = await start(name)
        before = len(its_model.jobs.page().jobs)
        for _ in range(2):
            answer = await worker.request(*given, **options)
            assert (answer.status_code, answer.json()["Code"]) == (400, "SignatureNonceUsed")
        assert len(its_model.jobs.page().jobs) == before
    other, _ = await start("two")
    again = await getattr(type(caller)(other), how)("SubmitAIJob", MediaId="file:///clip.mp4")
    assert again.status_code == 200, again.text


async def test_a_recorded_call_that_only_looks_may_be_made_at_another_worker(
    caller: Any, start: Callable[[str], Awaitable[tuple[Recorder, ReadModel]]]
) -> None:
    first, _ = await start("one")
    await type(caller)(first).v3("ListAIJob", JobIds="a")
    ((given, options),) = first.calls
    other, _ = await start("two")
    assert (await other.request(*given, **options)).status_code == 200
    assert Worker.topic == []
