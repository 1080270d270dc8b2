"""Topics in memory in the place of a broker, with an app that puts agents on them as Faust's does."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP

from streams.ports.events import Headers

__all__ = ["Event", "FakeApp", "Message", "RegisteredAgent"]


@dataclass(frozen=True)
class Message:
    """What lies on a topic; all of them have one partition."""

    topic: str
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = field(default_factory=list)
    partition: int = 0

    @property
    def tp(self) -> TP:
        """The partition that it lies on."""
        return TP(self.topic, self.partition)


@dataclass(frozen=True)
class Event:
    """A message as agents get it."""

    message: Message


@dataclass
class Stream:
    """What an agent reads. What is acknowledged by hand is noted by its app."""

    app: FakeApp
    queue: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    by_hand: bool = False

    def noack(self) -> Stream:
        """Acknowledge nothing by itself."""
        self.by_hand = True
        return self

    async def events(self) -> AsyncIterator[Event]:
        """Yield one event after the other, without end."""
        while True:
            yield await self.queue.get()

    async def ack(self, event: Event) -> None:
        """Acknowledge an event."""
        assert self.by_hand, "Faust acknowledges by itself, before the work is done: call noack() first"
        self.app.acknowledged[event.message.topic].append(event.message.offset)
        self.app.order.append(("acknowledged", event.message.topic))
        self.app.moved.set()


@dataclass(frozen=True)
class RegisteredAgent:
    """An agent, and the topics that it is on."""

    name: str
    topics: tuple[str, ...]
    stream: Stream
    work: Callable[[Any], Awaitable[None]]


class FakeApp:
    """Takes agents, and hands them what is published to their topics.

    Attributes:
        agents: The agents, by name.
        tables: The tables, by name.
        published: What lies on each topic, in its order.
        acknowledged: The offsets of each topic that were acknowledged, in that order.
        order: What was published or acknowledged, and on which topic, one after the other.
    """

    def __init__(self) -> None:
        self.agents: dict[str, RegisteredAgent] = {}
        self.tables: dict[str, dict[bytes, bytes]] = {}
        self.published: defaultdict[str, list[Message]] = defaultdict(list)
        self.acknowledged: defaultdict[str, list[int]] = defaultdict(list)
        self.order: list[tuple[str, str]] = []
        self.moved = asyncio.Event()

    def topic(self, *names: str, **_: Any) -> tuple[str, ...]:
        """Return what `agent` is told."""
        return names

    def Table(self, name: str, **_: Any) -> dict[bytes, bytes]:  # noqa: N802 (as Faust calls it)
        """Return a table that forgets everything with the app."""
        return self.tables.setdefault(name, {})

    def agent(self, topics: tuple[str, ...], *, name: str) -> Callable[[Callable[[Any], Awaitable[None]]], None]:
        """Return what takes an agent."""

        def take(work: Callable[[Any], Awaitable[None]]) -> None:
            assert name not in self.agents, "two agents of one name would share a consumer's place"
            self.agents[name] = RegisteredAgent(name, topics, Stream(self), work)

        return take

    def held(self) -> set[TP]:
        """Return the partitions of all agents."""
        return {TP(topic, 0) for agent in self.agents.values() for topic in agent.topics}

    async def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Put a message on its topic, and before the agents that are on it."""
        message = Message(topic, len(self.published[topic]), key, value, headers)
        self.published[topic].append(message)
        self.order.append(("published", topic))
        for agent in self.agents.values():
            if topic in agent.topics:
                agent.stream.queue.put_nowait(Event(message))
        self.moved.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the agents work. One that raises ends the test: Faust would lose its event."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_forever(agent)) for agent in self.agents.values()]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def until(self, shown: Callable[[], bool]) -> None:
        """Wait until something is so: looked at whenever something was published or acknowledged."""
        async with asyncio.timeout(300):
            while not shown():
                self.moved.clear()
                await self.moved.wait()

    def agents_on(self, topics: Iterable[str]) -> Counter[str]:
        """Return how many agents are on each of these topics."""
        on = Counter(topic for agent in self.agents.values() for topic in agent.topics)
        return Counter({topic: on[topic] for topic in topics})


async def _forever(agent: RegisteredAgent) -> None:
    await agent.work(agent.stream)
    raise AssertionError(f"the agent {agent.name} has ended")
