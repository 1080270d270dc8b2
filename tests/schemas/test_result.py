"""The complete event and the result in it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ErrorCode
from schemas.jobs import Job, JobRequest, JobStatus, Metrics
from schemas.matches import Interval, Match, Track
from schemas.policies import Action, Ruling
from schemas.result import MediaDNAResult, complete_event, matches_of, result_of, rulings_of, verdict_of
from schemas.verdicts import Because, Reason, Verdict, VerdictKind

times = st.floats(0, 360_000).map(lambda value: round(value, 3))
shares = st.floats(0, 1).map(lambda value: round(value, 4))
tracks = st.sampled_from(Track)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    input_start, input_end = sorted((draw(times), draw(times)))
    reference_start, reference_end = sorted((draw(times), draw(times)))
    return Interval(
        input_start=input_start,
        input_end=input_end,
        reference_start=reference_start,
        reference_end=reference_end,
        similarity=draw(shares),
        track=draw(tracks),
        speed=draw(st.floats(0.1, 10).map(lambda value: round(value, 4))),
        transforms=tuple(draw(st.lists(st.sampled_from(["mirrored", "rotated:90", "cropped"]), unique=True))),
    )


matches = st.builds(
    Match,
    media_id=st.text(min_size=1, max_size=20),
    library=st.sampled_from(["default", "ads"]),
    similarity=shares,
    track=tracks,
    input_coverage=shares,
    reference_coverage=shares,
    intervals=st.lists(intervals(), max_size=3).map(tuple),
)

MATCH = Match(
    media_id="original",
    similarity=0.98,
    track=Track.BOTH,
    input_coverage=0.61,
    reference_coverage=0.13,
    intervals=(
        Interval(
            input_start=2.0,
            input_end=14.0,
            reference_start=31.5,
            reference_end=43.5,
            similarity=0.97,
            track=Track.BOTH,
            transforms=("mirrored",),
        ),
    ),
)


def job(*found: Match, **changes: Any) -> Job:
    request = JobRequest(job_id="0" * 32, media_id="copy", file_url="http://vod/copy.mp4", extend='{"a": 1}')
    ended = Job(
        job_id="0" * 32,
        media_id="copy",
        status=JobStatus.SUCCESS,
        request=request,
        creation_time="2026-11-23T08:00:00.000Z",
        update_time="2026-11-23T08:00:09.000Z",
        complete_time="2026-11-23T08:00:09.000Z",
        message="OK",
        matches=found,
        digest="c0ffee",
        algorithm="mediadna-1",
        metrics=Metrics(duration=19.6),
    )
    return msgspec.structs.replace(ended, **changes)


def test_the_result_is_written_as_the_contract_shows_it() -> None:
    assert result_of(job(MATCH)).to_json() == (
        '{"VideoDNA":[{"PrimaryKey":"original","Similarity":"0.98",'
        '"Detail":[{"Input":{"Start":"2.0","Duration":"12.0"},"Duplication":{"Start":"31.5","Duration":"12.0"},'
        '"Similarity":"0.97","Track":"both","Speed":"1.0","Transform":"mirrored"}],'
        '"Library":"default","InputCoverage":"0.61","DuplicationCoverage":"0.13","Track":"both"}],'
        '"Fingerprint":{"Algorithm":"mediadna-1","Digest":"c0ffee","Duration":"19.6"}}'
    )


def test_nothing_found_is_an_empty_list_that_is_there() -> None:
    assert json.loads(result_of(job()).to_json())["VideoDNA"] == []


def test_a_job_without_a_fingerprint_has_none_in_its_result() -> None:
    assert result_of(job(digest="")).to_json() == '{"VideoDNA":[],"Action":"allow"}'


def test_every_interval_has_every_field() -> None:
    plain = msgspec.structs.replace(MATCH.intervals[0], transforms=())
    found = msgspec.structs.replace(MATCH, intervals=(plain,))
    (item,) = json.loads(result_of(job(found)).to_json())["VideoDNA"]
    assert item["Detail"][0]["Transform"] == ""
    assert item["Detail"][0]["Speed"] == "1.0"


@given(st.lists(matches, max_size=4))
def test_the_most_certain_match_comes_first_and_equals_in_one_order(found: list[Match]) -> None:
    forwards, backwards = result_of(job(*found)), result_of(job(*found[::-1]))
    certainties = [float(item.similarity) for item in forwards.video_dna]
    assert certainties == sorted(certainties, reverse=True)
    keys = [(item.similarity, item.library, item.primary_key) for item in backwards.video_dna]
    assert keys == [(item.similarity, item.library, item.primary_key) for item in forwards.video_dna]


@given(st.lists(matches, max_size=4))
def test_what_is_written_is_read_again_without_loss(found: list[Match]) -> None:
    result = result_of(job(*found))
    read = matches_of(MediaDNAResult.from_json(result.to_json()))
    in_order = sorted(found, key=lambda one: (-one.similarity, -one.input_coverage, one.library, one.media_id))
    assert read == tuple(in_order)


@given(st.floats(0, 1e7), st.floats(0, 1e7), st.floats(0, 1))
def test_numbers_are_plain_decimals_and_no_further_off_than_rounding(start: float, length: float, share: float) -> None:
    interval = msgspec.structs.replace(
        MATCH.intervals[0], input_start=start, input_end=start + length, similarity=share
    )
    found = msgspec.structs.replace(MATCH, intervals=(interval,))
    (item,) = json.loads(result_of(job(found)).to_json())["VideoDNA"]
    (detail,) = item["Detail"]
    for text in (detail["Input"]["Start"], detail["Input"]["Duration"], detail["Similarity"]):
        whole, _, fraction = text.partition(".")
        assert whole.isdigit()
        assert fraction.isdigit()
    assert abs(float(detail["Input"]["Start"]) - start) <= 0.00051
    end = float(detail["Input"]["Start"]) + float(detail["Input"]["Duration"])
    assert abs(end - (start + length)) <= 0.00051
    assert abs(float(detail["Similarity"]) - share) <= 0.000051


def test_a_result_of_the_vendor_is_read_too() -> None:
    text = (
        '{"VideoDNA":[{"Similarity":"0.99","PrimaryKey":"7a1d",'
        '"Detail":[{"Input":{"Start":"0.0","Duration":"14.0"},"Duplication":{"Start":"0.5","Duration":"14.4"}}]}]}'
    )
    (match,) = matches_of(MediaDNAResult.from_json(text))
    assert (match.media_id, match.similarity) == ("7a1d", 0.99)
    assert (match.intervals[0].reference_start, match.intervals[0].reference_end) == (0.5, 14.9)


def test_the_event_carries_the_result_as_a_string() -> None:
    event = complete_event(job(MATCH))
    sent = json.loads(msgspec.json.encode(event))
    assert isinstance(sent["Data"], str)
    assert json.loads(sent["Data"])["VideoDNA"][0]["PrimaryKey"] == "original"
    assert event.result() == json.loads(sent["Data"])
    assert sent == {
        "EventType": "AIMediaDNAComplete",
        "EventTime": "2026-11-23T08:00:09.000Z",
        "JobId": "0" * 32,
        "MediaId": "copy",
        "Status": "success",
        "Code": "0",
        "Message": "OK",
        "CompleteTime": "2026-11-23T08:00:09.000Z",
        "Extend": '{"a": 1}',
        "Data": sent["Data"],
    }


def test_a_failed_job_says_why() -> None:
    failed = job(status=JobStatus.FAIL, code=ErrorCode.RESOURCE_CONTENT_BAD, message="it does not decode", digest="")
    event = complete_event(failed)
    assert (event.status, event.code, event.message) == (
        "fail",
        "InvalidParameter.ResourceContentBad",
        "it does not decode",
    )
    assert event.data == '{"VideoDNA":[]}'


def test_a_cancelled_job_counts_as_failed() -> None:
    assert complete_event(job(status=JobStatus.CANCELLED, code=ErrorCode.CANCELLED)).status == "fail"


def test_the_event_is_the_same_to_the_byte_when_it_is_sent_again() -> None:
    assert msgspec.json.encode(complete_event(job(MATCH))) == msgspec.json.encode(complete_event(job(MATCH)))


def test_what_the_input_asked_to_have_echoed_comes_back_as_it_came() -> None:
    extend = json.dumps({"note": "ü" * 600})
    request = msgspec.structs.replace(job().request, extend=extend)
    assert complete_event(job(request=request)).extend == extend


verdicts = st.builds(
    Verdict,
    kind=st.sampled_from(VerdictKind),
    own_share=shares,
    of=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    transforms=st.lists(st.sampled_from(["mirrored", "rotated:90"]), unique=True).map(tuple),
)


@given(verdicts)
def test_a_verdict_is_read_back_as_it_was_told(verdict: Verdict) -> None:
    told = MediaDNAResult.from_json(result_of(job(verdict=verdict)).to_json())
    assert verdict_of(told, None) == verdict


def test_the_reasons_of_a_verdict_are_those_of_the_matches_that_were_told() -> None:
    reasons = (Reason(because=Because.COVERS, reference="original", share=0.61),)
    verdict = Verdict(kind=VerdictKind.PARTIAL_COPY, own_share=0.39, of=("original",))
    told = MediaDNAResult.from_json(result_of(job(MATCH, verdict=verdict)).to_json())
    found = msgspec.structs.replace(verdict, own_share=0.4, reasons=reasons)
    assert verdict_of(told, found) == msgspec.structs.replace(verdict, reasons=reasons)


def test_a_result_of_before_there_were_verdicts_has_none() -> None:
    told = MediaDNAResult.from_json(result_of(job(MATCH)).to_json())
    assert told.verdict is None
    assert verdict_of(told, Verdict(kind=VerdictKind.ORIGINAL, own_share=1.0)) is None


def test_only_a_younger_reference_is_marked_as_such() -> None:
    rulings = tuple(
        Ruling(library="default", reference=name, action=Action.TRACK, younger=name == "late")
        for name in ("original", "late")
    )
    found = job(MATCH, msgspec.structs.replace(MATCH, media_id="late"), rulings=rulings)
    items = json.loads(result_of(found).to_json())["VideoDNA"]
    assert {item["PrimaryKey"]: item.get("Younger") for item in items} == {"original": None, "late": True}
    told = MediaDNAResult.from_json(result_of(found).to_json())
    assert {one.reference: one.younger for one in rulings_of(told)} == {"original": False, "late": True}
