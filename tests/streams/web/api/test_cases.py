"""Cases over REST: lists, decisions of one and of many, who has what, and the audit log."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.cases import decided, found, id_of, match, seen
from support.examples import job
from support.inline import InlineService
from support.moderation import FILM, decide, moderated, moderator, of, problem, shown
from support.read_model import GoneItem, JobTombstone

from schemas.cases import LONGEST_NOTE, MOST_AT_ONCE, DecisionKind
from schemas.jobs import JobStatus
from schemas.policies import Action
from streams.settings import Settings
from streams.web.services import Services


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return moderated(tmp_path)


@pytest.fixture
async def client(services: Services, inline: InlineService) -> AsyncIterator[AsyncTestClient[Any]]:
    """A client of anna's, a moderator; a film and a series are found in a video."""
    async with moderator(services, inline) as client:
        yield client


async def test_a_case_is_shown_as_the_contract_has_it(client: AsyncTestClient[Any]) -> None:
    case = await shown(client)
    assert set(case) == {
        "case_id", "state", "closed_because", "action", "policy", "media_id", "library", "reference", "match",
        "matched_seconds", "retroactive", "job_id", "assignee", "opened", "updated", "version", "decisions",
    }  # fmt: skip
    assert (case["state"], case["action"], case["policy"]) == ("open", "block", "to-block")
    assert (case["match"]["media_id"], case["matched_seconds"], case["job_id"]) == ("film", 5.0, "j1")
    assert (case["assignee"], case["closed_because"], case["version"], case["decisions"]) == (None, None, 0, [])


async def test_a_decision_is_kept_under_the_name_of_the_token(client: AsyncTestClient[Any]) -> None:
    answer = await decide(client, "copy", note="the whole reel")
    assert answer.status_code == 200
    case = answer.json()
    assert (case["state"], case["version"]) == ("confirmed", 1)
    (made,) = case["decisions"]
    assert set(made) == {"who", "when", "decision", "note", "before", "after"}
    assert (made["who"], made["note"], made["before"], made["after"]) == ("anna", "the whole reel", "open", "confirmed")
    assert case == await shown(client)


@pytest.mark.parametrize(
    ("decision", "state", "action"),
    [
        ("copy", "confirmed", "block"),
        ("not_a_match", "dismissed", "block"),
        ("allow", "confirmed", "allow"),
        ("escalate", "escalated", "block"),
    ],
)
async def test_each_decision_has_its_effect_and_reopen_takes_it_back(
    client: AsyncTestClient[Any], decision: str, state: str, action: str
) -> None:
    case = (await decide(client, decision)).json()
    assert (case["state"], case["action"]) == (state, action)
    case = (await decide(client, "reopen")).json()
    assert (case["state"], case["action"], case["version"]) == ("open", "block", 2)


async def test_of_two_moderators_one_wins_and_the_other_hears_who_and_what(client: AsyncTestClient[Any]) -> None:
    seen_by_both = (await client.get(f"/api/v1/cases/{FILM}")).headers["etag"]
    tag = {"If-Match": seen_by_both}
    answers = await asyncio.gather(
        decide(client, "copy", headers={**of("anna"), **tag}),
        decide(client, "not_a_match", headers={**of("ben"), **tag}),
    )
    won, lost = sorted(answers, key=lambda one: one.status_code)
    (made,) = (await shown(client))["decisions"]
    assert won.json()["decisions"] == [made]
    said = problem(lost, 412)
    assert made["who"] in said
    assert repr(made["decision"]) in said
    assert made["when"] in said
    assert "look at the case again" in said


async def test_a_decision_names_the_decisions_that_were_there_and_no_newer_match(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    tag = (await client.get(f"/api/v1/cases/{FILM}")).headers["etag"]
    assert tag.startswith('"0-')
    inline.apply(jobs=[found("j2", {"film": Action.BLOCK}, version=2)])
    newer = (await client.get(f"/api/v1/cases/{FILM}")).headers["etag"]
    assert newer != tag
    assert (await client.get(f"/api/v1/cases/{FILM}", headers={"If-None-Match": newer})).status_code == 304
    done = await decide(client, "escalate", headers={"If-Match": tag})
    assert (done.status_code, done.headers["etag"][:3]) == (200, '"1-')
    assert (await decide(client, "copy", headers={"If-Match": done.headers["etag"]})).status_code == 200


@pytest.mark.parametrize("tag", ['"1"', "1", 'W/"1-00"', "*", None])
async def test_a_version_alone_names_a_state_and_none_means_the_newest(
    client: AsyncTestClient[Any], tag: str | None
) -> None:
    await decide(client, "escalate")
    assert (await decide(client, "copy", headers={} if tag is None else {"If-Match": tag})).status_code == 200


@pytest.mark.parametrize(("tag", "status"), [('"0"', 412), ('"7"', 412), ('"x"', 400), ('"1', 400), ('"-1"', 400)])
async def test_what_names_another_state_or_none_changes_nothing(
    client: AsyncTestClient[Any], tag: str, status: int
) -> None:
    await decide(client, "escalate", headers=of("ben"))
    said = problem(await decide(client, "copy", headers={"If-Match": tag}), status)
    assert ("ben decided 'escalate'" in said) == (tag == '"0"')
    assert (await shown(client))["version"] == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"decision": "yes"}, "copy, not_a_match, allow, escalate, reopen"),
        ({"decision": "copy", "note": "x" * (LONGEST_NOTE + 1)}, "2000 at the most"),
        ({}, "decision"),
        ({"decision": "copy", "who": "ben"}, "who"),
    ],
)
async def test_what_is_no_decision_is_refused_with_what_to_send(
    client: AsyncTestClient[Any], body: dict[str, Any], said: str
) -> None:
    assert said in problem(await client.post(f"/api/v1/cases/{FILM}/decisions", json=body), 400)
    assert (await shown(client))["version"] == 0


async def test_a_case_that_is_decided_is_to_be_taken_back_first(client: AsyncTestClient[Any]) -> None:
    assert "no decision to take back" in problem(await decide(client, "reopen"), 409)
    await decide(client, "copy")
    assert "'reopen'" in problem(await decide(client, "not_a_match"), 409)


@pytest.mark.parametrize("way", ["get", "decide", "assign"])
async def test_a_case_that_nobody_knows_is_not_there(client: AsyncTestClient[Any], way: str) -> None:
    path = "/api/v1/cases/none"
    answer = {
        "get": lambda: client.get(path),
        "decide": lambda: decide(client, "copy", "none"),
        "assign": lambda: client.put(f"{path}/assignee", json={"assignee": "ben"}),
    }[way]()
    assert "list the cases" in problem(await answer, 404)


async def test_who_only_reads_decides_nothing_and_hears_why(client: AsyncTestClient[Any]) -> None:
    assert "moderator" in problem(await decide(client, "copy", headers=of("carl")), 403)
    answer = await client.put(f"/api/v1/cases/{FILM}/assignee", json={"assignee": "carl"}, headers=of("carl"))
    assert "moderator" in problem(answer, 403)
    assert (await client.get("/api/v1/cases", headers=of("carl"))).status_code == 200


async def test_a_case_that_is_closed_says_why_and_takes_no_decision(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(items=[GoneItem("films", "film")])
    assert "the library lacks the reference" in problem(await decide(client, "copy"), 409)
    case = await shown(client)
    assert (case["state"], case["closed_because"]) == ("closed", "the library lacks the reference")


async def test_media_that_is_deleted_closes_its_cases_and_the_log_stays(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    await decide(client, "copy")
    inline.apply(jobs=[JobTombstone("j1")])
    assert (await shown(client))["closed_because"] == "the input was deleted"
    log = (await client.get("/api/v1/decisions")).json()["decisions"]
    assert [(one["media_id"], one["reference"], one["decision"]) for one in log] == [("video", "film", "copy")]


async def test_many_decisions_have_an_outcome_each(client: AsyncTestClient[Any]) -> None:
    series = id_of("series")
    body = [
        {"case_id": FILM, "decision": "copy", "note": "one"},
        {"case_id": "none", "decision": "copy"},
        {"case_id": series, "decision": "yes"},
        {"case_id": series, "decision": "not_a_match", "if_match": '"0"'},
        {"case_id": FILM, "decision": "copy"},
        {"case_id": FILM, "decision": "allow", "if_match": "0"},
        {"case_id": FILM, "decision": "reopen", "note": "x" * (LONGEST_NOTE + 1)},
        {"case_id": FILM, "decision": "reopen"},
    ]
    answer = await client.post("/api/v1/decisions", json={"decisions": body})
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [one["case_id"] for one in results] == [one["case_id"] for one in body]
    assert [one["status"] for one in results] == [200, 404, 400, 200, 409, 412, 400, 200]
    assert [one["case"]["state"] for one in results if one["case"]] == ["confirmed", "dismissed", "open"]
    assert all(one["detail"] for one in results if one["status"] != 200)
    assert "anna decided 'copy'" in results[5]["detail"]


async def test_one_more_decision_than_can_be_asked_for_at_once_changes_nothing(client: AsyncTestClient[Any]) -> None:
    body = [{"case_id": FILM, "decision": "copy"}, *[{"case_id": "none", "decision": "copy"}] * MOST_AT_ONCE]
    answer = await client.post("/api/v1/decisions", json={"decisions": body})
    assert "500 at the most" in problem(answer, 400)
    assert (await shown(client))["version"] == 0
    accepted = await client.post("/api/v1/decisions", json={"decisions": body[:MOST_AT_ONCE]})
    assert [one["status"] for one in accepted.json()["results"]] == [200, *[404] * (MOST_AT_ONCE - 1)]


async def test_a_case_is_given_to_somebody_and_to_nobody(client: AsyncTestClient[Any]) -> None:
    path = f"/api/v1/cases/{FILM}/assignee"
    given = await client.put(path, json={"assignee": "ben"})
    assert (given.status_code, given.json()["assignee"]) == (200, "ben")
    for name, count in (("ben", 1), ("anna", 0), ("", 1)):
        listed = await client.get("/api/v1/cases", params={"assignee": name})
        assert len(listed.json()["cases"]) == count, name
    assert (await client.put(path, json={"assignee": None})).json()["assignee"] is None


@pytest.mark.parametrize("body", [{}, {"assignee": "x" * 65}, {"assignee": "a\nb"}, {"assignee": 3}, {"assignee": " "}])
async def test_what_is_no_name_has_no_case(client: AsyncTestClient[Any], body: dict[str, Any]) -> None:
    problem(await client.put(f"/api/v1/cases/{FILM}/assignee", json=body), 400)


async def test_cases_are_listed_by_what_they_are_page_by_page(client: AsyncTestClient[Any]) -> None:
    async def listed(**filters: str) -> list[str]:
        answer = await client.get("/api/v1/cases", params=filters)
        assert answer.status_code == 200, answer.text
        return [one["reference"] for one in answer.json()["cases"]]

    assert await listed() == ["film", "series"]
    assert await listed(action="review") == ["series"]
    assert await listed(reference="film", state="open", library="films", media_id="video") == ["film"]
    assert await listed(since="2026-11-23T10:00:00+01:00") == []
    assert await listed(similarity="0.9") == ["film", "series"]
    assert await listed(similarity="0.91") == []
    first = (await client.get("/api/v1/cases", params={"limit": "1", "order": "time"})).json()
    rest = (await client.get("/api/v1/cases", params={"cursor": first["next"], "order": "time"})).json()
    assert {one["reference"] for page in (first, rest) for one in page["cases"]} == {"film", "series"}
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "gone"),
        ("action", "ban"),
        ("order", "size"),
        ("since", "soon"),
        ("similarity", "1.1"),
        ("cursor", "x"),
        ("limit", "501"),
    ],
)
async def test_what_is_no_filter_is_refused(client: AsyncTestClient[Any], name: str, value: str) -> None:
    problem(await client.get("/api/v1/cases", params={name: value}), 400)


async def test_the_audit_log_is_read_page_by_page(client: AsyncTestClient[Any]) -> None:
    for decision in ("escalate", "copy", "reopen"):
        await decide(client, decision)
    first = (await client.get("/api/v1/decisions", params={"limit": "2"})).json()
    rest = (await client.get("/api/v1/decisions", params={"cursor": first["next"]})).json()
    log = [*first["decisions"], *rest["decisions"]]
    assert sorted(one["number"] for one in log) == [1, 2, 3]
    assert {(one["case_id"], one["library"], one["who"]) for one in log} == {(FILM, "films", "anna")}
    assert rest["next"] is None


async def test_the_audit_log_is_read_by_who_by_case_and_by_time_and_so_is_its_file(
    client: AsyncTestClient[Any],
) -> None:
    await decide(client, "escalate")
    for filters, number in (
        ({"who": "anna"}, 1),
        ({"who": "ben"}, 0),
        ({"case_id": FILM, "who": "anna"}, 1),
        ({"case_id": "another"}, 0),
        ({"since": "2026-01-01", "until": "9999-01-01"}, 1),
        ({"until": "2026-01-01"}, 0),
    ):
        assert len((await client.get("/api/v1/decisions", params=filters)).json()["decisions"]) == number
        file = await client.get("/api/v1/decisions", params=filters, headers={"Accept": "text/csv"})
        assert len(file.text.splitlines()) == 1 + number
    problem(await client.get("/api/v1/decisions", params={"since": "soon"}), 400)


@pytest.mark.parametrize("note", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", 'a, "b"\nc'])
async def test_the_audit_log_is_a_file_that_no_spreadsheet_runs(client: AsyncTestClient[Any], note: str) -> None:
    await decide(client, "copy", note=note)
    answer = await client.get("/api/v1/decisions", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert row["note"] == (note if note.startswith("a") else f"'{note}")
    assert (row["who"], row["decision"], row["case_id"], row["number"]) == ("anna", "copy", FILM, "1")


async def test_the_file_of_the_audit_log_holds_all_of_it(client: AsyncTestClient[Any], inline: InlineService) -> None:
    kinds = [DecisionKind.COPY, DecisionKind.REOPEN] * 700
    inline.apply(decisions=decided(kinds, "film"))
    answer = await client.get("/api/v1/decisions", params={"limit": "10"}, headers={"Accept": "text/csv"})
    numbers = [int(row["number"]) for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    assert sorted(numbers) == list(range(1, len(kinds) + 1))


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html, */*"])
async def test_the_audit_log_is_no_file_unless_one_is_asked_for(client: AsyncTestClient[Any], accept: str) -> None:
    answer = await client.get("/api/v1/decisions", headers={"Accept": accept})
    assert answer.json() == {"decisions": [], "next": None}


async def test_a_file_from_nowhere_is_refused(client: AsyncTestClient[Any]) -> None:
    problem(await client.get("/api/v1/decisions", params={"cursor": "x"}, headers={"Accept": "text/csv"}), 400)


async def test_a_pair_that_was_dismissed_is_in_no_list_of_matches_unless_asked_for(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(jobs=[found("back", {"video": Action.TRACK}, media_id="film")])  # the other way round

    async def listed(**filters: str) -> set[tuple[str, str]]:
        answer = await client.get("/api/v1/matches", params=filters)
        return {(one["media_id"], one["reference"]) for one in answer.json()["matches"]}

    both = {("video", "film"), ("video", "series")}
    assert await listed(media_id="video") == both
    await decide(client, "not_a_match")
    assert await listed(media_id="video") == await listed(media_id="video", suppressed="no") == {("video", "series")}
    assert await listed(reference="video") == await listed(reference="film") == set()
    assert await listed(media_id="video", suppressed="yes") == both
    assert await listed(reference="video", suppressed="yes") == {("film", "video")}
    await decide(client, "reopen")
    assert await listed(media_id="video") == both
    problem(await client.get("/api/v1/matches", params={"media_id": "video", "suppressed": "perhaps"}), 400)


async def test_pages_of_matches_stay_whole_where_dismissed_pairs_are_left_out(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    names = [f"film-{number}" for number in range(9)]
    inline.apply(jobs=[found("many", dict.fromkeys(names, Action.REVIEW), media_id="upload")])
    for name in names[::2]:
        inline.apply(decisions=decided([DecisionKind.NOT_A_MATCH], name, media_id="upload"))
    params, pages = {"media_id": "upload", "limit": "2"}, []
    while True:
        page = (await client.get("/api/v1/matches", params=params)).json()
        pages.append([one["reference"] for one in page["matches"]])
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert [len(page) for page in pages] == [2, 2]
    assert {one for page in pages for one in page} == set(names[1::2])


async def test_a_case_of_a_job_that_is_under_way_is_decided_on_at_once(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    live = seen("j9", "film", Action.BLOCK, media_id="upload", match=match("film"))
    inline.apply(jobs=[job("j9", JobStatus.PROCESSING, media_id="upload")], live=[live])
    answer = await decide(client, "copy", id_of("film", "upload"))
    assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")


async def test_states_that_are_looked_at_together_are_listed_together(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(jobs=[found("j9", {"film": Action.BLOCK, "series": Action.BLOCK}, media_id="upload")])
    await decide(client, "escalate")
    await decide(client, "copy", id_of("series"))
    await decide(client, "not_a_match", id_of("series", "upload"))

    async def listed(state: str, **more: str) -> list[tuple[str, str]]:
        found, cursor = [], ""
        while cursor is not None:
            params = {"state": state, "limit": "1", **more, **({"cursor": cursor} if cursor else {})}
            page = (await client.get("/api/v1/cases", params=params)).json()
            found += [(one["media_id"], one["reference"]) for one in page["cases"]]
            cursor = page["next"]
        return found

    left = {("video", "film"), ("upload", "film")}
    for order in ("severity", "time"):
        assert set(await listed("undecided", order=order)) == left
        assert set(await listed("decided", order=order)) == {("video", "series"), ("upload", "series")}
        assert len(await listed("undecided", order=order)) == len(left)
    assert await listed("undecided", media_id="video") == [("video", "film")]


async def test_only_cases_that_are_as_sure_are_listed(client: AsyncTestClient[Any], inline: InlineService) -> None:
    weak = match("film", similarity=0.6)
    inline.apply(jobs=[found("j9", {"film": Action.BLOCK}, media_id="upload", matches=(weak,))])
    for least, media in (("0.6", {"video", "upload"}), ("0.61", {"video"}), ("0.95", set())):
        answer = await client.get("/api/v1/cases", params={"similarity": least})
        assert {one["media_id"] for one in answer.json()["cases"]} == media
    problem(await client.get("/api/v1/cases", params={"similarity": "2"}), 400)
