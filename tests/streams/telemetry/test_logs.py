"""Logs: a library that tells the same again and again is heard once in a while."""

from __future__ import annotations

import logging

from streams.telemetry.logs import REPEATED_S, Once


def record(name: str, message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "file", 1, message, arguments, None)


def test_what_a_library_repeats_is_told_once_in_a_while() -> None:
    now = 0.0
    once = Once(lambda: now)
    told = [once.filter(record("aiokafka.client", "no answer of %s", node)) for node in range(100)]
    assert told == [True] + [False] * 99
    assert once.filter(record("aiokafka.client", "something else"))
    now = REPEATED_S
    assert once.filter(record("aiokafka.client", "no answer of %s", 1))


def test_our_own_lines_are_all_told() -> None:
    once = Once(lambda: 0.0)
    assert all(once.filter(record("streams.pipeline.agents.jobs", "job_ended")) for _ in range(10))
