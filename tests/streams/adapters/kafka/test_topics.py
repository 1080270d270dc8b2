"""Names of topics, and which of them are kept for good."""

from __future__ import annotations

import pytest

from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.topics import Topics, ensure_topics

TOPICS = Topics.of("vod")


def test_topics_have_the_names_that_other_systems_know_behind_the_prefix() -> None:
    assert (TOPICS.transcode_complete, TOPICS.job_requests) == ("vod.transcode-complete", "vod.job-requests")
    assert (TOPICS.chunks, TOPICS.matches) == ("vod.chunks", "vod.matches")
    assert (TOPICS.job_complete, TOPICS.jobs) == ("vod.job-complete", "vod.jobs")
    assert TOPICS.dead_letter == "vod.dead-letter"


def test_every_topic_has_a_name_of_its_own() -> None:
    assert len(set(TOPICS.all())) == len(TOPICS.all()) == 23


def test_states_are_kept_for_good_and_events_are_not() -> None:
    states = {TOPICS.jobs, TOPICS.deliveries, TOPICS.libraries, TOPICS.items, TOPICS.replays, TOPICS.deployment}
    deciding = {
        TOPICS.policies,
        TOPICS.outcomes,
        TOPICS.assignments,
        TOPICS.recurring,
        TOPICS.quarantines,
        TOPICS.backward_searches,
    }
    assert states | deciding == TOPICS.compacted


def test_nothing_that_people_decide_is_ever_dropped() -> None:
    assert {TOPICS.decisions, TOPICS.boilerplate_rulings} == TOPICS.kept


async def test_a_broker_that_is_not_there_is_an_error_that_says_what_to_set() -> None:
    with pytest.raises(ConnectionError, match="MEDIADNA_KAFKA"):
        await ensure_topics(KafkaConnection.plaintext("127.0.0.1:1"), TOPICS, partitions=1)
