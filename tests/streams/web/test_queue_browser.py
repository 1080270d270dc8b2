"""The queue in a real browser: decided by keyboard, by one and by many, while others do so too, and nothing moves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect
from support.browser import boxes_of, draw_frames, hear, new_context, scroll_to
from support.cases import found, id_of, item, match
from support.inline import InlineService

from schemas.cases import CaseState, DecisionKind
from schemas.libraries import Library, Purpose
from schemas.policies import Action
from streams.services.cases import DecisionRequest
from streams.settings import Settings
from streams.web.auth.authenticator import COOKIE
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

TOKENS = {"anna": "moderator", "ben": "moderator", "carl": "reader"}
#: What a browser itself says of a picture that is not there.
NOT_THERE = "Failed to load resource: the server responded with a status of 404 (Not Found)"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 800}

Opened = Callable[..., Awaitable[Page]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tokens").write_text("".join(f"the-token-of-{name} {role} {name}\n" for name, role in TOKENS.items()))
    (tmp_path / "tokens").chmod(0o600)
    return Settings(state=tmp_path, web="127.0.0.1:0", tokens=tmp_path / "tokens")


@pytest.fixture
def complaints() -> list[str]:
    """What browsers complained of: a test takes out what it brought about itself."""
    return []


@pytest.fixture
async def opened(web: WebServer, browser: Browser, complaints: list[str]) -> AsyncIterator[Opened]:
    """Opens a page in a browser of somebody's own; returns when it follows along."""

    async def opened(name: str = "anna", path: str = "/cases", **options: Any) -> Page:
        context = await new_context(browser, base_url=web.address, **{"viewport": WIDE, **options})
        await context.add_cookies([{"name": COOKIE, "value": f"the-token-of-{name}", "url": web.address}])
        page = await context.new_page()
        hear(page, complaints)
        await draw_frames(page)
        await page.goto(path)
        await expect(page.locator("#connection")).to_have_text("live")
        await page.evaluate("window.marked = true")
        return page

    yield opened
    for context in browser.contexts:
        await context.close()
    assert complaints == []


def give(inline: InlineService, *media: str, similarity: float = 0.9, **fields: Any) -> None:
    """Let a film be found in media: each has a case, the first one on top."""
    inline.apply(items=[item("film")])
    for place, one in enumerate(media):
        seen = match("film", similarity=similarity - place / 1000)
        inline.apply(jobs=[found(f"job-{one}", {"film": Action.BLOCK}, media_id=one, matches=(seen,), **fields)])


def uploads(number: int) -> list[str]:
    return [f"upload-{place:02}" for place in range(number)]


def row(page: Page, media: str) -> Locator:
    return page.locator(f"#row-{id_of('film', media)}")


def state(inline: InlineService, media: str) -> CaseState:
    case = inline.model.cases.get(id_of("film", media))
    assert case is not None
    return case.state


async def decide(inline: InlineService, media: str, decision: str = "copy", who: str = "ben") -> None:
    """Let somebody decide elsewhere."""
    await inline.cases.decide(DecisionRequest(case_id=id_of("film", media), decision=decision), who=who)


async def places(page: Page, media: list[str]) -> list[dict[str, float]]:
    """Return where rows are in the window."""
    return await boxes_of(page, *(f"#row-{id_of('film', one)}" for one in media))


def steps(boxes: list[dict[str, float]]) -> list[float]:
    """Return how far below the first one each is."""
    return [box["y"] - boxes[0]["y"] for box in boxes]


async def assert_chosen(page: Page, media: str) -> None:
    await expect(page.locator("tr.chosen a.open .input")).to_have_text(media)
    await expect(row(page, media).locator("a.open")).to_be_focused()


async def test_a_new_case_is_kept_back_and_moves_nothing_until_it_is_asked_for(
    opened: Opened, inline: InlineService
) -> None:
    media = uploads(20)
    give(inline, *media)
    page = await opened()
    await page.evaluate("window.scrollTo(0, 600)")
    before = await places(page, media)
    give(inline, "more-severe", similarity=0.99)
    button = page.locator("#arrivals")
    await expect(button).to_have_text("1 new: show")
    await expect(page.locator("#left b")).to_have_text("21 left")
    assert await places(page, media) == before
    await expect(row(page, "more-severe")).to_have_count(0)
    await button.click()
    await expect(page.locator("tbody tr").first.locator(".input")).to_have_text("more-severe")
    await expect(button).to_be_hidden()
    assert await page.evaluate("window.marked") is True


async def test_the_first_case_of_an_empty_queue_shows_at_once(opened: Opened, inline: InlineService) -> None:
    page = await opened()
    await expect(page.get_by_text("Nothing to decide")).to_be_visible()
    give(inline, "upload")
    await expect(row(page, "upload")).to_be_visible()
    await expect(page.locator("#views")).to_have_count(1)
    assert await page.evaluate("window.marked") is True


async def test_what_somebody_else_decides_stays_where_it_stands_and_says_so(
    opened: Opened, inline: InlineService
) -> None:
    media = uploads(6)
    give(inline, *media)
    anna, ben = await opened("anna"), await opened("ben")
    before = await places(ben, media)
    await row(anna, "upload-02").locator(".leads-to").click()
    await anna.keyboard.press("x")
    await expect(row(ben, "upload-02")).to_contain_text("decided by anna: not a match")
    await expect(ben.locator("#arrivals")).to_have_text("1 decided: tidy up")
    assert await places(ben, media) == before
    await expect(row(anna, "upload-02")).to_contain_text("decided by anna: not a match")
    await ben.locator("#arrivals").click()
    await expect(row(ben, "upload-02")).to_have_count(0)
    await expect(row(ben, "upload-03")).to_be_visible()


async def test_two_people_decide_one_case_and_the_later_one_hears_who_was_first(
    opened: Opened, inline: InlineService
) -> None:
    give(inline, "upload")
    anna, ben = await opened("anna"), await opened("ben")

    async def late(route: Route) -> None:
        await anna.keyboard.press("j")
        await anna.keyboard.press("a")
        await expect(row(anna, "upload")).to_contain_text("decided by anna: copy")
        await route.continue_()

    await ben.route("**/api/v1/decisions", late)
    await ben.keyboard.press("j")
    await ben.keyboard.press("x")
    await expect(ben.locator(".notice.bad")).to_contain_text("anna decided 'copy'")
    await expect(row(ben, "upload")).to_contain_text("decided by anna: copy")
    assert state(inline, "upload") is CaseState.CONFIRMED


async def test_five_cases_are_decided_by_keyboard_alone(opened: Opened, inline: InlineService) -> None:
    give(inline, *uploads(6))
    page = await opened()
    before = await places(page, uploads(6))
    await page.keyboard.press("j")
    await assert_chosen(page, "upload-00")
    await page.keyboard.press("a")
    await assert_chosen(page, "upload-01")
    await expect(row(page, "upload-00")).to_contain_text("decided by anna: copy")
    await page.keyboard.press("x")
    await assert_chosen(page, "upload-02")
    await expect(row(page, "upload-01")).to_contain_text("decided by anna: not a match")
    await page.keyboard.press("w")
    await assert_chosen(page, "upload-03")
    await expect(row(page, "upload-02")).to_contain_text("decided by anna: allow")
    await page.keyboard.press("e")
    await page.keyboard.type("the music alone")
    await page.keyboard.press("Control+Enter")
    await assert_chosen(page, "upload-04")
    await expect(row(page, "upload-03").locator(".notes")).to_have_attribute("title", "anna: the music alone")
    await page.keyboard.press("k")
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await assert_chosen(page, "upload-05")
    await expect(row(page, "upload-04")).to_contain_text("decided by anna: copy")
    states = [state(inline, one) for one in uploads(6)]
    confirmed, escalated = CaseState.CONFIRMED, CaseState.ESCALATED
    assert states == [confirmed, CaseState.DISMISSED, confirmed, escalated, confirmed, CaseState.OPEN]
    assert steps(await places(page, uploads(6))) == steps(before)  # it has scrolled, and no row has another height
    await page.keyboard.press("g")
    await expect(page.locator("tbody tr")).to_have_count(2)  # what was passed on is still to be decided
    await assert_chosen(page, "upload-05")


async def test_undo_takes_back_the_last_decisions_one_after_the_other(opened: Opened, inline: InlineService) -> None:
    give(inline, *uploads(3))
    page = await opened()
    await expect(page.locator(".acts.top [data-act=undo]")).to_be_disabled()
    for media in uploads(2):
        await row(page, media).locator(".leads-to").click()
        await page.keyboard.press("a")
        await expect(row(page, media)).to_contain_text("decided by anna: copy")
    await page.reload()  # what was decided in this tab can be taken back as long as it is open
    await expect(page.locator("tbody tr")).to_have_count(1)
    for media in reversed(uploads(2)):
        await page.keyboard.press("u")
        await expect(page.locator(".notice").filter(has_text=media)).to_contain_text("taken back")
    assert {state(inline, one) for one in uploads(3)} == {CaseState.OPEN}
    await expect(page.locator("#arrivals")).to_have_text("2 new: show")
    await expect(page.locator(".acts.top [data-act=undo]")).to_be_disabled()


async def test_undo_takes_back_nothing_that_somebody_has_decided_since(opened: Opened, inline: InlineService) -> None:
    give(inline, "upload")
    page = await opened()
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(row(page, "upload")).to_contain_text("decided by anna: copy")
    await decide(inline, "upload", "reopen")
    await decide(inline, "upload", "not_a_match")
    await page.keyboard.press("u")
    await expect(page.locator(".notice.bad")).to_contain_text("ben decided 'reopen'")
    assert state(inline, "upload") is CaseState.DISMISSED


async def test_many_are_decided_at_once_and_each_has_its_outcome(opened: Opened, inline: InlineService) -> None:
    give(inline, *uploads(5))
    page = await opened()

    async def meanwhile(route: Route) -> None:
        await decide(inline, "upload-03", "not_a_match")
        await route.continue_()

    await page.route("**/api/v1/decisions", meanwhile, times=1)
    await page.locator(".acts.bottom [data-act=tick-all]").click()
    await expect(page.locator(".acts.top [data-ticked]")).to_have_text("5 ticked")
    await page.locator(".acts.bottom [data-act=copy]").click()
    report = page.get_by_role("dialog")
    await expect(report).to_contain_text("4 of 5 done")
    await expect(report).to_contain_text("1 decided by others first")
    await expect(report.locator(".report").first).to_contain_text("upload-03 → film: ben decided 'not_a_match'")
    made = [state(inline, one) for one in uploads(5)]
    assert made == [CaseState.CONFIRMED] * 3 + [CaseState.DISMISSED, CaseState.CONFIRMED]
    await report.get_by_role("button", name="Undo 4").click()
    await expect(report).to_contain_text("4 of 4 done")
    await report.get_by_role("button", name="Close").click()
    made = [state(inline, one) for one in uploads(5)]
    assert made == [CaseState.OPEN] * 3 + [CaseState.DISMISSED, CaseState.OPEN]
    await expect(page.locator("input[name=tick]:checked")).to_have_count(0)


async def test_a_service_that_does_not_answer_is_told_and_nothing_is_lost(
    opened: Opened, inline: InlineService, complaints: list[str]
) -> None:
    give(inline, *uploads(2))
    page = await opened()
    await page.route("**/api/v1/decisions", lambda route: route.abort(), times=1)
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(page.locator(".notice.bad")).to_contain_text("the service does not answer")
    assert state(inline, "upload-00") is CaseState.OPEN
    await page.keyboard.press("k")
    await page.keyboard.press("a")
    await expect(row(page, "upload-00")).to_contain_text("decided by anna: copy")
    complaints.remove("Failed to load resource: net::ERR_FAILED")


async def test_more_than_one_sees_at_a_glance_are_asked_for_again(opened: Opened, inline: InlineService) -> None:
    give(inline, *uploads(21))
    page = await opened()
    await page.locator(".acts.top [data-act=tick-all]").click()
    await page.keyboard.press("x")
    question = page.get_by_role("dialog")
    await expect(question).to_contain_text("21 cases are to be marked as no match")
    await question.get_by_role("button", name="Cancel").click()
    assert {state(inline, one) for one in uploads(21)} == {CaseState.OPEN}
    await page.keyboard.press("x")
    await question.get_by_role("button", name="Yes, all 21").click()
    await expect(page.get_by_role("dialog")).to_contain_text("21 of 21 done")
    assert {state(inline, one) for one in uploads(21)} == {CaseState.DISMISSED}


async def test_rows_are_ticked_in_a_range_and_given_to_somebody(opened: Opened, inline: InlineService) -> None:
    give(inline, *uploads(6))
    page = await opened()
    await row(page, "upload-01").locator("input").click()
    await row(page, "upload-03").locator("input").click(modifiers=["Shift"])
    await expect(page.locator("input[name=tick]:checked")).to_have_count(3)
    await page.locator(".acts.top [data-act=assign]").click()
    await page.get_by_label("Name").fill("ben")
    await page.get_by_role("button", name="Give", exact=True).click()
    await expect(page.get_by_role("dialog")).to_contain_text("3 of 3 done")
    await page.get_by_role("button", name="Close").click()
    for media in uploads(6)[1:4]:
        await expect(row(page, media).locator(".whose")).to_have_text("ben")
    await expect(row(page, "upload-04").locator(".whose")).to_have_text("")
    await row(page, "upload-05").locator(".leads-to").click()
    await page.keyboard.press("i")
    await expect(row(page, "upload-05").locator(".whose")).to_have_text("anna")
    await page.keyboard.press("t")
    await page.keyboard.press("k")
    await page.keyboard.press("Shift+T")
    await expect(page.locator("input[name=tick]:checked")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(page.locator("input[name=tick]:checked")).to_have_count(0)


async def test_ticks_and_the_chosen_row_stay_while_rows_change_under_them(
    opened: Opened, inline: InlineService
) -> None:
    give(inline, *uploads(3))
    page = await opened()
    await row(page, "upload-01").locator("input").click()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await inline.cases.assign(id_of("film", "upload-01"), "ben", who="ben")
    await expect(row(page, "upload-01").locator(".whose")).to_have_text("ben")
    await expect(row(page, "upload-01").locator("input")).to_be_checked()
    await assert_chosen(page, "upload-01")


async def test_a_connection_that_comes_back_moves_nothing_either(opened: Opened, inline: InlineService) -> None:
    media = uploads(5)
    give(inline, *media)
    page = await opened()
    before = await places(page, media)
    await page.evaluate("window.live = import('/static/desk/live.js')")
    live = inline.listeners.pop()  # changes of which the page is told nothing
    await decide(inline, "upload-01")
    give(inline, "more-severe", similarity=0.99)
    inline.listeners.append(live)
    await page.evaluate("window.live.then((live) => live.refreshWhole())")
    await expect(page.locator("#arrivals")).to_have_text("1 new, 1 decided: show")
    await expect(row(page, "upload-01")).to_contain_text("decided by ben: copy")
    assert await places(page, media) == before


async def test_a_row_whose_pictures_have_come_is_not_made_anew_where_nothing_changed(
    opened: Opened, inline: InlineService
) -> None:
    give(inline, "upload")
    page = await opened()
    await expect(row(page, "upload").locator("img")).to_have_count(2)
    await row(page, "upload").evaluate("(row) => { row.marked = true; }")
    await page.evaluate("import('/static/desk/live.js').then((live) => live.refreshWhole())")
    give(inline, "another")  # is answered later than the list before
    await expect(page.locator("#arrivals")).to_have_text("1 new: show")
    assert await row(page, "upload").evaluate("(row) => row.marked === true")


async def test_filters_are_in_the_address_and_back_comes_to_the_same_row(opened: Opened, inline: InlineService) -> None:
    give(inline, *uploads(30))
    inline.apply(items=[item("series")])
    inline.apply(jobs=[found("other", {"series": Action.REVIEW}, media_id="other")])
    page = await opened()
    await page.get_by_label("Action").select_option("block")
    await page.get_by_label("At least").select_option("0.8")
    await page.get_by_role("button", name="Filter", exact=True).click()
    await expect(page).to_have_url("**/cases?action=block&similarity=0.8".replace("**", page.url.split("/cases")[0]))
    await expect(page.locator("tbody tr")).to_have_count(30)
    await expect(page.locator("#connection")).to_have_text("live")
    await page.route("**/cases/*", lambda route: route.fulfill(body="<title>a case</title>", content_type="text/html"))
    await scroll_to(page, f"#row-{id_of('film', 'upload-24')} a.open")
    await row(page, "upload-24").locator(".leads-to").click()
    (box,) = await places(page, ["upload-24"])
    await page.keyboard.press("Enter")
    await expect(page).to_have_title("a case")
    assert page.url.endswith(f"/cases/{id_of('film', 'upload-24')}?state=undecided&action=block&similarity=0.8")
    await decide(inline, "upload-03")
    await page.go_back()
    await expect(row(page, "upload-24")).to_have_class("chosen")
    (again,) = await places(page, ["upload-24"])
    assert again["y"] == pytest.approx(box["y"], abs=1)  # windows scroll by whole pixels
    await expect(page.get_by_label("Action")).to_have_value("block")


async def test_views_are_saved_in_the_browser_and_are_addresses(
    opened: Opened, inline: InlineService, complaints: list[str]
) -> None:
    give(inline, "upload")
    page = await opened(path="/cases?action=block&similarity=0.8")
    title = "<img src=x onerror=alert(1)>"
    await page.get_by_role("button", name="Save this view…").click()
    await page.get_by_label("Name of this view").fill(title)
    await page.keyboard.press("Enter")
    link = page.locator("#saved-views a")
    await expect(link).to_have_text(title)
    await expect(link).to_have_attribute("aria-current", "page")
    await page.get_by_role("link", name="Escalated").click()
    await expect(page.get_by_text("No cases with this filter")).to_be_visible()
    await expect(link).not_to_have_attribute("aria-current", "page")
    await link.click()
    await expect(row(page, "upload")).to_be_visible()
    assert page.url.endswith("/cases?action=block&similarity=0.8")
    await page.get_by_role("button", name="Forget the view").click()
    await expect(link).to_have_count(0)
    kept = [{"title": "far", "query": "action=block&cursor=x&evil=1"}, {"title": 3}, None]
    await page.evaluate("(kept) => localStorage.setItem('mediadna-queue-views', kept)", json.dumps(kept))
    await page.reload()
    await expect(link).to_have_attribute("href", "/cases?action=block")
    await page.evaluate("localStorage.setItem('mediadna-queue-views', 'no JSON')")
    await page.reload()
    await expect(page.get_by_role("button", name="Save this view…")).to_be_visible()
    assert complaints == []


async def test_names_of_strangers_are_texts(opened: Opened, inline: InlineService) -> None:
    hostile = '\u202e"><img src=x onerror=alert(1)><script>alert(2)</script>\u202c'
    give(inline, hostile, "upload")
    page = await opened()
    await expect(page.locator("tbody tr").first.locator(".input")).to_have_text(hostile)
    await page.locator(".acts.top [data-act=tick-all]").click()
    await page.keyboard.press("a")
    await expect(page.get_by_role("dialog")).to_contain_text("2 of 2 done")
    await page.locator("summary", has_text="2 marked").click()
    await expect(page.locator(".report li bdi").first).to_have_text(hostile)
    assert await page.locator("img[src=x]").count() == 0


async def test_who_only_reads_walks_and_decides_nothing(opened: Opened, inline: InlineService) -> None:
    give(inline, *uploads(2))
    page = await opened("carl")
    await expect(page.locator("[data-act], input[type=checkbox], .frame")).to_have_count(0)
    await page.keyboard.press("j")
    await assert_chosen(page, "upload-00")
    await page.keyboard.press("a")
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    await expect(sheet).to_contain_text("next case")
    await expect(sheet).not_to_contain_text("not a match")
    assert state(inline, "upload-00") is CaseState.OPEN


async def test_all_keys_are_shown(opened: Opened, inline: InlineService) -> None:
    give(inline, "upload")
    page = await opened()
    await page.keyboard.press("?")
    keys = await page.locator("dialog.keys kbd").all_inner_texts()
    assert sorted(keys) == sorted(["J", "K", "Enter", "G", "T", "Esc", "A", "X", "W", "E", "I", "U", "/", "?"])
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.get_by_label("Input")).to_be_focused()
    await page.keyboard.type("a")  # a text, and no decision
    assert state(inline, "upload") is CaseState.OPEN


async def test_a_picture_that_cannot_be_had_is_a_calm_place_and_a_veiled_one_waits(
    opened: Opened, inline: InlineService, complaints: list[str]
) -> None:
    inline.apply(libraries=[Library(name="films", purpose=Purpose.BLOCKLIST)])
    give(inline, "upload")
    page = await opened(path="/libraries")
    await page.route("**/frame?*", lambda route: route.fulfill(status=404), times=1)
    await page.goto("/cases")
    frames = row(page, "upload").locator(".frame")
    await expect(row(page, "upload").locator(".frame.missing")).to_have_count(1)
    await expect(frames).to_have_count(2)
    picture = row(page, "upload").locator("img")
    await expect(picture).to_have_css("filter", "blur(14px) grayscale(1)")
    await page.get_by_role("button", name="Show veiled pictures").click()
    await expect(picture).to_have_css("filter", "none")
    complaints.remove(NOT_THERE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
async def test_nothing_is_wider_than_the_window_and_the_actions_are_in_reach(
    opened: Opened, inline: InlineService, viewport: dict[str, int], scheme: str
) -> None:
    give(inline, "a-name-without-any-space-in-it-" * 4, *uploads(12))
    for media in uploads(2):
        await inline.cases.assign(id_of("film", media), "x" * 64, who="ben")
    await decide(inline, "upload-03", DecisionKind.ESCALATE, who="y" * 64)
    page = await opened(viewport=viewport, color_scheme=scheme)
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    await decide(inline, "upload-04", who="z" * 64)
    await expect(row(page, "upload-04")).to_contain_text("decided by zzz")
    await page.evaluate("window.scrollTo(0, 900)")
    assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    await expect(page.locator(".acts [data-act=copy]:visible").first).to_be_in_viewport()
