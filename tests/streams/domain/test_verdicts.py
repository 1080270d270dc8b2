"""Original or copy: made-up results against a table of what they are, and what holds of all of them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import job

from fingerprint.intervals import covered_s
from schemas.boilerplate import SharedSpan
from schemas.jobs import JobStatus, Metrics, SaveType
from schemas.matches import Interval, Match, Track
from schemas.policies import Action, Ruling
from schemas.verdicts import MOST_NAMED, MOST_REASONS, Because, Reason, Verdict, VerdictKind, as_sentence
from streams.domain.verdicts import judged, verdict_on

#: How long the inputs of the table are, seconds; places in it are in twentieths of that.
DURATIONS = (60.0, 93.5, 600.0, 5400.0)

#: Matches, what it is, its own share, and what it is of. `A 0-9@4` are twentieths 0 to 9 of the input which show A from
#: its twentieth 4 on; `p` and `s` behind that are picture and sound alone; `!` before a name says that the reference is
#: younger; `~ 0-4` are spans that many references share.
TABLE = [
    ("", "original", 1.0, ""),
    ("A 0-20@0", "copy", 0.0, "A"),
    ("A 0-18@0", "copy", 0.1, "A"),
    ("A 2-20@0", "copy", 0.1, "A"),
    ("A 1-19@40", "copy", 0.1, "A"),
    ("A 0-10@0 10-20@10", "copy", 0.0, "A"),
    ("A 0-9@0 10-20@10", "copy", 0.05, "A"),
    ("A 0-20@0p", "copy", 0.0, "A"),
    ("A 0-20@0s", "copy", 0.0, "A"),
    ("A 0-20@0p 0-20@0s", "copy", 0.0, "A"),
    ("A 0-12@0p 8-20@8s", "copy", 0.0, "A"),
    ("A 0-20@0; B 0-20@0", "copy", 0.0, "A B"),
    ("A 0-18@0; B 0-20@0", "copy", 0.0, "B A"),
    ("A 0-19@0; B 19-20@0", "copy", 0.0, "A B"),
    ("A 0-20@0; B 0-8@0", "copy", 0.0, "A B"),
    ("A 0-20@0; !B 0-20@0", "copy", 0.0, "A"),
    ("!A 0-20@0; B 0-20@0", "copy", 0.0, "B"),
    ("A 0-10@0 10-20@30; B 0-20@0", "copy", 0.0, "B A"),
    ("A 0-10@0 10-20@30; B 0-19@0", "copy", 0.0, "B A"),
    ("A 0-20@0; ~ 0-4", "copy", 0.0, "A"),
    ("A 0-20@0; B 0-4@0; ~ 0-4", "copy", 0.0, "A"),
    ("A 0-17@0", "partial_copy", 0.15, "A"),
    ("A 0-10@0", "partial_copy", 0.5, "A"),
    ("A 5-9@60", "partial_copy", 0.8, "A"),
    ("A 19-20@0", "partial_copy", 0.95, "A"),
    ("A 0-5@0 8-13@8", "partial_copy", 0.5, "A"),
    ("A 0-5@0 8-13@5", "partial_copy", 0.5, "A"),
    ("A 0-5@0 10-15@10", "partial_copy", 0.5, "A"),
    ("A 0-8@0p 4-12@4s", "partial_copy", 0.4, "A"),
    ("A 0-8@0s", "partial_copy", 0.6, "A"),
    ("A 0-10@0; B 0-10@0", "partial_copy", 0.5, "A B"),
    ("A 0-10@0; B 2-8@0", "partial_copy", 0.5, "A B"),
    ("B 0-10@0; A 2-8@0", "partial_copy", 0.5, "B A"),
    ("A 0-10@0; !B 10-20@0", "partial_copy", 0.5, "A"),
    ("A 0-10@0; B 12-14@0; ~ 12-14", "partial_copy", 0.5, "A"),
    ("A 0-10@0; ~ 0-5", "partial_copy", 0.5, "A"),
    ("A 0-4@0 4-10@4; ~ 0-4", "partial_copy", 0.7, "A"),
    ("!A 0-20@0; B 0-10@0", "partial_copy", 0.5, "B"),
    ("A 0-10@10 10-20@0", "recut", 0.0, "A"),
    ("A 0-10@0 10-20@30", "recut", 0.0, "A"),
    ("A 0-5@10 5-10@5 10-15@0", "recut", 0.25, "A"),
    ("A 0-5@0 5-10@50", "recut", 0.5, "A"),
    ("A 0-5@0 5-10@0 10-15@0", "recut", 0.25, "A"),
    ("A 0-5@20 10-15@0", "recut", 0.5, "A"),
    ("A 0-5@0 10-15@30", "recut", 0.5, "A"),
    ("A 0-10@10p 10-20@0p", "recut", 0.0, "A"),
    ("A 0-10@10s 10-20@0s", "recut", 0.0, "A"),
    ("A 0-20@0s 0-10@0p 10-20@40p", "recut", 0.0, "A"),
    ("A 0-10@10 10-20@0; B 0-10@0", "recut", 0.0, "A B"),
    ("A 0-5@0 5-10@30; !B 10-20@0", "recut", 0.5, "A"),
    ("A 0-5@0 5-10@30; B 15-20@0; ~ 15-20", "recut", 0.5, "A"),
    ("A 0-10@0; B 10-20@0", "compilation", 0.0, "A B"),
    ("A 0-4@0; B 8-18@0", "compilation", 0.3, "B A"),
    ("A 0-5@0; B 5-10@0; C 10-20@0", "compilation", 0.0, "C A B"),
    ("A 0-10@0; B 5-15@0", "compilation", 0.25, "A B"),
    ("A 0-17@0; B 18-20@0", "compilation", 0.05, "A B"),
    ("A 0-10@10 10-15@0; B 15-20@0", "compilation", 0.0, "A B"),
    ("A 0-10@0s; B 10-20@0p", "compilation", 0.0, "A B"),
    ("A 0-10@0; B 10-20@0; C 0-8@0", "compilation", 0.0, "A B C"),
    ("A 0-6@0; B 6-12@0; !C 12-20@0", "compilation", 0.4, "A B"),
    ("A 0-4@0 8-12@0; B 4-8@0 12-16@0", "compilation", 0.2, "A B"),
    ("A 0-10@0; B 10-20@0; ~ 0-4", "compilation", 0.0, "A B"),
    ("!A 0-20@0", "original", 1.0, ""),
    ("!A 0-10@0; !B 10-20@0", "original", 1.0, ""),
    ("A 0-4@0; ~ 0-4", "original", 1.0, ""),
    ("A 0-4@0; B 16-20@0; ~ 0-5 15-20", "original", 1.0, ""),
    ("!A 0-20@0; B 0-4@0; ~ 0-4", "original", 1.0, ""),
    ("A 5-5@0", "original", 1.0, ""),
]


def interval(text: str, unit: float) -> Interval:
    """Read `0-9@4p`."""
    track = {"p": Track.PICTURE, "s": Track.SOUND}.get(text[-1], Track.BOTH)
    spans, _, at = text.rstrip("ps").partition("@")
    start, end = (float(one) * unit for one in spans.split("-"))
    return Interval(
        input_start=start,
        input_end=end,
        reference_start=float(at) * unit,
        reference_end=float(at) * unit + end - start,
        similarity=0.9,
        track=track,
    )


def match(name: str, *intervals: Interval, **fields: Any) -> Match:
    """Return a match; coverages that it says itself decide nothing."""
    usual = {"similarity": 0.9, "track": Track.BOTH, "input_coverage": 0.5, "reference_coverage": 0.5}
    return Match(media_id=name, intervals=intervals, **{**usual, **fields})


def made_up(text: str, duration: float) -> dict[str, Any]:
    """Read a row of the table: what `verdict_on` is asked about."""
    unit = duration / 20
    found: dict[str, Any] = {"matches": [], "duration": duration, "younger": set(), "boilerplate": []}
    for part in filter(None, text.split("; ")):
        name, *spans = part.split()
        if name == "~":
            found["boilerplate"] = [tuple(float(one) * unit for one in span.split("-")) for span in spans]
            continue
        found["matches"].append(match(name.strip("!"), *(interval(span, unit) for span in spans)))
        found["younger"] |= {name.strip("!")} if name.startswith("!") else set()
    return found


def asked(found: dict[str, Any]) -> Verdict:
    return verdict_on(found["matches"], found["duration"], younger=found["younger"], boilerplate=found["boilerplate"])


def test_the_table_has_two_hundred_results() -> None:
    assert len(TABLE) * len(DURATIONS) >= 200
    assert {kind for _, kind, _, _ in TABLE} == set(VerdictKind)


@pytest.mark.parametrize("duration", DURATIONS)
@pytest.mark.parametrize(("text", "kind", "own_share", "of"), TABLE)
def test_a_result_is_what_the_table_says(text: str, kind: str, own_share: float, of: str, duration: float) -> None:
    verdict = asked(made_up(text, duration))
    assert (verdict.kind, verdict.own_share, verdict.of) == (VerdictKind(kind), own_share, tuple(of.split()))


@pytest.mark.parametrize("text", [row[0] for row in TABLE])
def test_the_order_of_the_matches_does_not_matter(text: str) -> None:
    found = made_up(text, 600.0)
    verdicts = [asked({**found, "matches": order}) for order in permutations(found["matches"])]
    turned = [msgspec.structs.replace(one, intervals=one.intervals[::-1]) for one in found["matches"]]
    assert all(one == verdicts[0] for one in [*verdicts, asked({**found, "matches": turned})])


def reasons(text: str, because: Because, duration: float = 200.0) -> list[Reason]:
    return [one for one in asked(made_up(text, duration)).reasons if one.because is because]


@pytest.mark.parametrize("text", [row[0] for row in TABLE])
def test_every_share_of_a_reason_is_what_the_intervals_cover(text: str) -> None:
    found = made_up(text, 200.0)
    intervals = {one.media_id: one.intervals for one in found["matches"]}
    for reason in asked({**found, "boilerplate": []}).reasons:
        if reason.because is Because.COVERS:
            covered = covered_s((one.input_start, one.input_end) for one in intervals[reason.reference])
            assert reason.share == round(covered / 200.0, 4)


def test_a_recut_says_where_the_reference_goes_back_and_what_is_left_out() -> None:
    text = "A 0-5@10 5-10@0 10-15@30"
    assert reasons(text, Because.GOES_BACK) == [
        Reason(because=Because.GOES_BACK, reference="A", input_at=50.0, reference_from=150.0, reference_to=0.0)
    ]
    assert reasons(text, Because.LEAVES_OUT) == [
        Reason(because=Because.LEAVES_OUT, reference="A", input_at=100.0, reference_from=50.0, reference_to=300.0)
    ]


def test_references_that_link_nothing_are_told_with_why() -> None:
    assert reasons("!A 0-20@0; B 0-4@0; ~ 0-4", Because.YOUNGER) == [Reason(because=Because.YOUNGER, reference="A")]
    (shared,) = reasons("!A 0-20@0; B 0-4@0; ~ 0-4", Because.BOILERPLATE)
    assert shared.reference == "B"


def test_one_track_alone_is_told() -> None:
    assert reasons("A 0-20@0s", Because.SOUND_ONLY)
    assert reasons("A 0-20@0p", Because.PICTURE_ONLY)
    assert not reasons("A 0-20@0p 0-20@0s", Because.PICTURE_ONLY)


def test_a_span_that_goes_beyond_what_many_share_links() -> None:
    shared = [(0.0, 10.0)]
    assert verdict_on([match("A", interval("0-10.9@0", 1.0))], 20.0, boilerplate=shared).kind is VerdictKind.ORIGINAL
    assert verdict_on([match("A", interval("0-11.1@0", 1.0))], 20.0, boilerplate=shared).own_share == 0.445


def test_edits_are_told_those_of_most_of_the_input_first() -> None:
    first = msgspec.structs.replace(interval("0-4@0", 1.0), transforms=("cropped", "mirrored"))
    second = msgspec.structs.replace(interval("4-10@4", 1.0), transforms=("mirrored",))
    verdict = verdict_on([match("A", first, second)], 10.0)
    assert verdict.transforms == ("mirrored", "cropped")
    edits = [(one.edit, one.share) for one in verdict.reasons if one.because is Because.EDIT]
    assert edits == [("mirrored", 1.0), ("cropped", 0.4)]


def test_edits_of_what_links_nothing_are_none() -> None:
    edited = msgspec.structs.replace(interval("0-20@0", 1.0), transforms=("mirrored",))
    assert verdict_on([match("A", edited)], 20.0, younger={"A"}).transforms == ()


def test_a_media_item_in_two_libraries_is_one_reference() -> None:
    twice = [match("A", interval("0-10@0", 1.0)), match("A", interval("10-15@10", 1.0), library="other")]
    verdict = verdict_on(twice, 20.0)
    assert (verdict.kind, verdict.of, verdict.own_share) == (VerdictKind.PARTIAL_COPY, ("A",), 0.25)


def test_of_equal_references_the_surer_one_comes_first() -> None:
    sure = match("B", interval("0-20@0", 1.0), similarity=0.99)
    assert verdict_on([match("A", interval("0-20@0", 1.0)), sure], 20.0).of == ("B", "A")


def test_nine_tenths_are_what_a_match_shows_as_nine_tenths() -> None:
    almost = match("A", interval("0-17.9999@0", 1.0))
    assert verdict_on([almost], 20.0).kind is VerdictKind.COPY
    assert verdict_on([match("A", interval("0-17.99@0", 1.0))], 20.0).kind is VerdictKind.PARTIAL_COPY


@pytest.mark.parametrize("duration", [0.0, -1.0, 5.0])
def test_an_input_is_at_least_as_long_as_what_is_found_in_it(duration: float) -> None:
    assert verdict_on([match("A", interval("0-10@0", 1.0))], duration).own_share == 0.0
    assert verdict_on([match("A")], duration).kind is VerdictKind.ORIGINAL


def test_what_a_verdict_holds_is_bounded() -> None:
    many = [
        match(f"{name:04}", interval(f"{2 * name}-{2 * name + 1.5}@0", 1.0), interval(f"5000-5010@{name}", 1.0))
        for name in range(300)
    ]
    verdict = verdict_on(many, 6000.0)
    assert verdict.kind is VerdictKind.COMPILATION
    assert (len(verdict.of), len(verdict.reasons)) == (MOST_NAMED, MOST_REASONS)


shares = st.floats(0, 1)
seconds = st.floats(0, 5000).map(lambda value: round(value, 3))


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start, end = sorted((draw(seconds), draw(seconds)))
    return Interval(
        input_start=start,
        input_end=end,
        reference_start=draw(seconds),
        reference_end=draw(seconds),
        similarity=draw(shares),
        track=draw(st.sampled_from(Track)),
        speed=draw(st.floats(0.25, 4)),
        transforms=tuple(draw(st.lists(st.sampled_from(["mirrored", "cropped"]), unique=True))),
    )


found_matches = st.lists(
    st.builds(
        match, st.sampled_from("ABCDE"), library=st.sampled_from(["default", "films"]), similarity=shares
    ).flatmap(lambda one: st.lists(intervals(), max_size=4).map(
        lambda spans: msgspec.structs.replace(one, intervals=tuple(spans))
    )),
    max_size=5,
    unique_by=lambda one: (one.media_id, one.library),
)  # fmt: skip
boilerplate_spans = st.lists(st.tuples(seconds, seconds), max_size=3)


@given(found_matches, seconds, st.sets(st.sampled_from("ABCDE")), boilerplate_spans, st.randoms())
def test_what_holds_of_every_verdict(
    found: list[Match], duration: float, younger: set[str], boilerplate: list[tuple[float, float]], chance: Any
) -> None:
    verdict = verdict_on(found, duration, younger=younger, boilerplate=boilerplate)
    assert 0.0 <= verdict.own_share <= 1.0
    assert (verdict.kind is VerdictKind.ORIGINAL) == (not verdict.of)
    assert verdict.own_share == 1.0 or verdict.of
    assert not set(verdict.of) & younger
    assert verdict.kind is not VerdictKind.COMPILATION or len(verdict.of) > 1
    assert verdict.kind is not VerdictKind.COPY or verdict.own_share <= 0.1
    assert all(as_sentence(reason) for reason in verdict.reasons)
    shuffled = chance.sample(found, len(found))
    assert verdict_on(shuffled, duration, younger=younger, boilerplate=boilerplate) == verdict
    if all(one.media_id in younger for one in found):
        assert verdict.kind is VerdictKind.ORIGINAL


def ruling(reference: str, **fields: Any) -> Ruling:
    return Ruling(library="default", reference=reference, action=Action.TRACK, **fields)


def ended(*matches: Match, **fields: Any) -> Any:
    return job(matches=matches, metrics=Metrics(duration=20.0), **fields)


def test_a_job_is_judged_by_its_matches_and_what_was_ruled_on_them() -> None:
    whole = match("A", interval("0-20@0", 1.0))
    assert judged(ended(whole, rulings=(ruling("A"),))).verdict.kind is VerdictKind.COPY
    assert judged(ended(whole, rulings=(ruling("A", younger=True),))).verdict.kind is VerdictKind.ORIGINAL
    assert judged(ended(whole, rulings=(ruling("A", dismissed=True),))).verdict.reasons == ()
    shared = msgspec.structs.replace(ended(whole), boilerplate=(SharedSpan(start=0.0, end=20.0, references=9),))
    assert judged(shared).verdict.kind is VerdictKind.ORIGINAL


def test_a_media_item_is_no_copy_of_itself() -> None:
    assert judged(ended(match("video", interval("0-20@0", 1.0)))).verdict.kind is VerdictKind.ORIGINAL


def test_of_what_was_not_searched_and_what_failed_nothing_is_said() -> None:
    assert judged(ended(save_type=SaveType.ONLYSAVE)).verdict is None
    assert judged(ended(status=JobStatus.FAIL)).verdict is None
    assert judged(ended(save_type=SaveType.NOSAVE)).verdict.kind is VerdictKind.ORIGINAL
