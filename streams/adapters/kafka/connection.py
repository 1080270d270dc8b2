"""The one place that makes clients of Kafka: none can be made here that forgets how Kafka is to be spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from confluent_kafka import Producer

from streams.adapters.kafka.security import KafkaSecurity

if TYPE_CHECKING:
    from streams.settings import Settings

__all__ = ["FETCH_WAIT_MS", "KafkaConnection"]

#: The port that an address means which names none.
USUAL_PORT = 9092
#: Milliseconds that a broker may keep a fetch for lack of events. Kafka answers as soon as there is one, the embedded
#: broker at the end of that time: each event on the way of a job waits for it, and whoever publishes and waits for what
#: that does.
FETCH_WAIT_MS = 100


@dataclass(frozen=True)
class KafkaConnection:
    """Where Kafka is, and how it is spoken to.

    Attributes:
        servers: Bootstrap servers, separated by commas.
        security: Protocol, credentials and certificates.
    """

    servers: str
    security: KafkaSecurity

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the Kafka that the settings name."""
        return cls(settings.kafka, KafkaSecurity.of(settings))

    @classmethod
    def plaintext(cls, servers: str) -> Self:
        """Return a Kafka that asks nobody and hides nothing, such as the embedded one, which is on loopback only."""
        return cls(servers, KafkaSecurity())

    @property
    def places(self) -> list[tuple[str, int]]:
        """Host and port of each bootstrap server."""
        parts = [urlsplit(f"//{server.strip()}") for server in self.servers.split(",")]
        return [(part.hostname or "", part.port or USUAL_PORT) for part in parts]

    async def prepare(self) -> None:
        """Get what clients will need of others: a client of librdkafka is not made without a token, and stands still.

        Raises:
            OSError: It cannot be had.
        """
        if self.security.tokens is not None:
            await self.security.tokens.token()

    def consumer(self, *topics: str, **options: Any) -> AIOKafkaConsumer:
        """Make a consumer, which is not connected yet.

        Raises:
            SecretFileError: A file of the settings cannot be used.
        """
        return AIOKafkaConsumer(*topics, bootstrap_servers=self.servers, **self.security.for_aiokafka(), **options)

    def producer(self, **options: Any) -> AIOKafkaProducer:
        """Make a producer, which is not connected yet.

        Raises:
            SecretFileError: A file of the settings cannot be used.
        """
        return AIOKafkaProducer(bootstrap_servers=self.servers, **self.security.for_aiokafka(), **options)

    def admin(self) -> AIOKafkaAdminClient:
        """Make a client for topics and groups, which is not connected yet.

        Raises:
            SecretFileError: A file of the settings cannot be used.
        """
        return AIOKafkaAdminClient(bootstrap_servers=self.servers, **self.security.for_aiokafka())

    def librdkafka_producer(self, options: dict[str, Any]) -> Producer:
        """Make a producer of librdkafka, which connects by itself.

        Args:
            options: The rest of its configuration.

        Raises:
            SecretFileError: A file of the settings cannot be used.
            KafkaException: librdkafka does not take the configuration.
        """
        return Producer({"bootstrap.servers": self.servers, **self.security.for_librdkafka(), **options})
