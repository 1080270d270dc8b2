"""The headers that outputs carry."""

from __future__ import annotations

from schemas.cloudevents import output_headers

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_an_output_is_a_cloudevent_in_binary_mode() -> None:
    assert output_headers("AIMediaDNAComplete", "id-1", "2026-11-23T08:00:00.000Z") == [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"id-1"),
        ("ce_type", b"AIMediaDNAComplete"),
        ("ce_source", b"mediadna"),
        ("ce_time", b"2026-11-23T08:00:00.000Z"),
        ("content-type", b"application/json"),
    ]


def test_a_trace_that_came_in_goes_out() -> None:
    assert ("traceparent", TRACE.encode()) in output_headers("t", "i", "2026-11-23T08:00:00.000Z", TRACE)
