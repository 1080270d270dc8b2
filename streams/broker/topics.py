"""The topics of the service, and how they come into being on a real broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

__all__ = ["Topics", "ensure_topics"]

#: Kafka's word for "as many copies as the broker's own setting says".
BROKERS_CHOICE = -1


@dataclass(frozen=True)
class Topics:
    """Names of all topics."""

    transcode_complete: str
    job_requests: str
    chunks: str
    chunk_results: str
    matches: str
    job_complete: str
    jobs: str
    dead_letter: str

    @classmethod
    def of(cls, prefix: str) -> Self:
        """Return the names under a prefix."""
        return cls(
            transcode_complete=f"{prefix}.transcode-complete",
            job_requests=f"{prefix}.job-requests",
            chunks=f"{prefix}.chunks",
            chunk_results=f"{prefix}.chunk-results",
            matches=f"{prefix}.matches",
            job_complete=f"{prefix}.job-complete",
            jobs=f"{prefix}.jobs",
            dead_letter=f"{prefix}.dead-letter",
        )

    def all(self) -> tuple[str, ...]:
        """Return every name."""
        return tuple(vars(self).values())


async def ensure_topics(bootstrap: str, topics: Topics, *, partitions: int) -> None:
    """Create the topics that are missing. What is there stays as the operator made it.

    Raises:
        KafkaError: The broker refuses; its message says why.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        present = set(await admin.list_topics())
        missing = [
            _new(name, partitions, compacted=name == topics.jobs) for name in topics.all() if name not in present
        ]
        if missing:
            _check(await admin.create_topics(missing))
    finally:
        await admin.close()


def _new(name: str, partitions: int, *, compacted: bool) -> NewTopic:
    configs = {"cleanup.policy": "compact"} if compacted else {}
    return NewTopic(name, num_partitions=partitions, replication_factor=BROKERS_CHOICE, topic_configs=configs)


def _check(response: object) -> None:
    for name, code, *detail in response.topic_errors:  # type: ignore[attr-defined] # aiokafka types no responses
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another worker may have been faster
            raise error(f"creating topic {name} failed: {detail}")
