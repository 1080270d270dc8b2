"""A case in a real browser, with real videos: players in step, decisions by keys, and what is kept from whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, expect
from support.browser import PATIENCE_MS, boxes_of, hear, new_context, scroll_to
from support.cases import decided
from support.inline import InlineService
from support.watched import INTERVALS, SHOWN, in_step, watched_case

from schemas.cases import CaseState, DecisionKind
from schemas.libraries import Purpose
from schemas.policies import Action
from streams.settings import Settings
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

#: A picture.
PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"/>'

#: Whether something was changed in the page's tree that a person was looking at.
MARK = "document.querySelectorAll('#watch video').forEach((video) => { video.marked = true; })"
MARKED = "[...document.querySelectorAll('#watch video')].every((video) => video.marked)"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests here: making previews takes long, and they are kept."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def settings(state: Path) -> Settings:
    return Settings(state=state, web="127.0.0.1:0")


@pytest.fixture
def make_case(inline: InlineService, state: Path, footage: dict[str, Path]) -> Callable[..., str]:
    def make(**fields: Any) -> str:
        return watched_case(inline, state / "media", footage["globe"], **fields)

    return make


@asynccontextmanager
async def watching(browser: Browser, web: WebServer, complaints: int = 0) -> AsyncIterator[Page]:
    """Open a page whose console stays empty, but for so many complaints of the browser's about refused requests."""
    context = await new_context(browser, base_url=web.address, viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    said: list[str] = []
    hear(page, said)
    yield page
    await context.close()
    assert len([text for text in said if "Failed to load resource" in text]) <= complaints, said
    assert [text for text in said if "Failed to load resource" not in text] == []


@pytest.fixture
async def page(browser: Browser, web: WebServer) -> AsyncIterator[Page]:
    async with watching(browser, web) as page:
        yield page


async def opened(page: Page, case_id: str, query: str = "") -> None:
    """Open a case; returns when it follows along."""
    await page.goto(f"/cases/{case_id}{query}")
    await expect(page.locator("#connection")).to_have_text("live")


async def watched(page: Page, case_id: str, query: str = "") -> None:
    """Open a case; returns when both players show the beginning of its first interval."""
    await opened(page, case_id, query)
    await standing(page)
    await expect(page.locator("[data-card]:visible")).to_have_count(0)


async def standing(page: Page, state: str = "paused") -> None:
    await expect(page.locator("#watch")).to_have_attribute("data-state", state)


async def position(page: Page, side: str = "input") -> float:
    return float(await page.evaluate(f"document.querySelector('.side.{side} video').currentTime"))


async def played(page: Page, seconds: float) -> None:
    """Wait until the input has been played for some seconds of its own."""
    end = await position(page) + seconds
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while await position(page) < end:
            await page.wait_for_timeout(50)


async def seek(page: Page, second: float) -> None:
    scrub = page.get_by_role("slider", name="Position in the input")
    await scrub.evaluate(
        "(slider, second) => { slider.value = second; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        second,
    )


async def test_the_players_are_in_step_after_ten_seconds_and_a_seek_and_at_another_speed(
    page: Page, make_case: Callable[..., str]
) -> None:
    await watched(page, make_case())
    await in_step(page, INTERVALS[0])
    await page.keyboard.press("Space")
    await played(page, 10)
    await standing(page, "playing")
    await in_step(page, INTERVALS[0])
    await seek(page, 6.5)
    await standing(page, "playing")
    await played(page, 2)
    await in_step(page, INTERVALS[0])
    await page.get_by_label("Speed").select_option("1.25")
    await played(page, 5)
    await in_step(page, INTERVALS[0])
    async with asyncio.timeout(PATIENCE_MS / 1000):  # it is other than that for a moment where one waits for the other
        while await page.evaluate("document.querySelector('.side.input video').playbackRate") != 1.25:
            await page.wait_for_timeout(50)


async def test_what_is_done_about_a_drift_grows_with_it_and_a_large_one_is_jumped_over(page: Page) -> None:
    await page.goto("/cases")  # any page of ours may load its modules
    found = await page.evaluate(
        """async () => {
          const sync = await import("/static/case/sync.js");
          const { correction, inputTime, referenceTime, speedOf, undoing, windowAround } = sync;
          const pair = { input_start: 3, input_end: 9, reference_start: 100, reference_end: 112, speed: 2 };
          const long = { input_start: 0, input_end: 1000, reference_start: 0, reference_end: 1000.5, speed: 1 };
          return {
            there: [referenceTime(pair, 5), inputTime(pair, 104)],
            speed: speedOf(long),
            corrections: [0, 0.01, 0.03, -0.03, 0.1, -0.1, 0.4, 0.6].map(correction),
            windows: [windowAround({ start: 0, end: 50 }, 20, 120), windowAround({ start: 10, end: 999 }, 500, 100)],
            undone: undoing(["rotated:90", "mirrored", "cropped"]),
          };
        }"""
    )
    assert found["there"] == [104, 5]
    assert found["speed"] == pytest.approx(1.0005)
    factors = [(one["input"], one["reference"], one["seek"]) for one in found["corrections"]]
    expected = [(1, 1), (1, 1), (1, 0.97), (1, 1.03), (1, 0.78), (0.84, 1.06), (1, 0.44), (1, 1)]
    assert [pair[:2] for pair in factors] == [pytest.approx(pair) for pair in expected]
    assert [seek for _, _, seek in factors] == [False] * 7 + [True]
    assert found["windows"] == [{"start": 0, "end": 50}, {"start": 490, "end": 590}]
    assert found["undone"] == {"flip": True, "turn": 90, "negative": False}


async def test_a_seek_in_a_pause_puts_both_where_they_belong_and_frames_are_stepped(
    page: Page, make_case: Callable[..., str]
) -> None:
    await watched(page, make_case())
    await seek(page, 12.0)
    await standing(page)
    assert await position(page) == pytest.approx(12.0, abs=0.05)
    await in_step(page, INTERVALS[0])
    before = await position(page)
    await page.keyboard.press(".")
    await standing(page)
    assert 0.01 < await position(page) - before < 0.1
    await in_step(page, INTERVALS[0])
    await page.keyboard.press(",")
    await standing(page)
    assert await position(page) == pytest.approx(before, abs=0.02)


async def test_intervals_are_chosen_by_keys_by_the_table_and_by_the_drawing(
    page: Page, make_case: Callable[..., str]
) -> None:
    await watched(page, make_case())
    await page.keyboard.press("]")
    await expect(page.locator("#watch [data-interval]")).to_have_text("2 of 2")
    await standing(page)
    await expect(page.locator("#intervals tr.chosen .times").first).to_contain_text("0:18.2")
    await page.keyboard.press("[")
    await expect(page.locator("#watch [data-interval]")).to_have_text("1 of 2")
    await page.get_by_role("button", name="Interval 2", exact=True).click()
    await expect(page.locator("#watch [data-interval]")).to_have_text("2 of 2")
    await page.locator("#timelines .band[data-interval='0'] polygon").click()
    await expect(page.locator("#watch [data-interval]")).to_have_text("1 of 2")
    await standing(page)
    (box,) = await boxes_of(page, "#timelines svg")
    await page.mouse.click(box["x"] + box["width"] * 10 / 22.2, box["y"] + 4)
    await standing(page)
    assert await page.locator("[data-position]").text_content() == "0:10.0"


async def test_a_loop_goes_back_to_the_beginning_of_the_interval(page: Page, make_case: Callable[..., str]) -> None:
    await watched(page, make_case())
    await page.keyboard.press("l")
    await seek(page, 17.0)
    await standing(page)
    await page.keyboard.press("Space")
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not 3 <= await position(page) < 10:
            await page.wait_for_timeout(50)
    await standing(page, "playing")


async def test_sides_are_heard_one_at_a_time_as_chosen(page: Page, make_case: Callable[..., str]) -> None:
    await watched(page, make_case())
    muted = "[...document.querySelectorAll('#watch video')].map((video) => video.muted)"
    heard = []
    for _ in range(4):
        heard.append(await page.evaluate(muted))
        await page.keyboard.press("s")
    assert heard == [[False, True], [True, False], [False, False], [True, True]]


async def test_the_mirrored_input_is_turned_back_and_laid_under_the_reference(
    page: Page, make_case: Callable[..., str]
) -> None:
    await watched(page, make_case())
    turned = "getComputedStyle(document.querySelector('.side.input video')).transform"
    assert await page.evaluate(turned) == "none"
    await page.keyboard.press("m")
    await expect(page.get_by_role("button", name="Undo edits")).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate(turned) == "matrix(-1, 0, 0, 1, 0, 0)"
    await page.keyboard.press("d")
    blend = "getComputedStyle(document.querySelector('.side.reference')).mixBlendMode"
    assert await page.evaluate(blend) == "difference"
    input_box, reference_box = await boxes_of(page, ".side.input video", ".side.reference video")
    assert input_box == reference_box
    await page.keyboard.press("o")
    await expect(page.get_by_role("slider", name="Reference over input")).to_be_visible()
    await page.keyboard.press("o")
    assert await page.evaluate(blend) == "normal"


async def test_cases_are_decided_by_keys_alone_from_one_to_the_next(
    page: Page, inline: InlineService, make_case: Callable[..., str]
) -> None:
    for number in range(3):
        make_case(media_id=f"upload {number}")
    first, second, third = [case.case_id for case in inline.model.cases.page().cases]

    async def arrived(case_id: str) -> None:
        await page.wait_for_url(f"**/cases/{case_id}?state=undecided&library=films")
        await expect(page.locator("#connection")).to_have_text("live")

    await opened(page, first, "?state=undecided&library=films")
    await page.keyboard.press("n")
    await page.keyboard.type("seen in full")
    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    await arrived(second)
    await expect(page.locator(".notice")).to_contain_text("a copy")
    assert await kept(inline, first) == (CaseState.CONFIRMED, "seen in full")
    await page.get_by_role("button", name="Undo", exact=True).click()
    await arrived(first)
    await expect(page.locator(".headline .state")).to_have_text("open")
    await page.keyboard.press("e")
    await arrived(second)
    await expect(page.locator(".notice")).to_contain_text("escalated")
    await page.keyboard.press("j")
    await arrived(third)
    await page.keyboard.press("k")
    await arrived(second)
    await page.keyboard.press("x")
    await arrived(third)
    await page.keyboard.press("w")  # the last one: there is nowhere to go on to
    await expect(page.locator(".headline .state")).to_have_text("confirmed")
    states = [(await kept(inline, case_id))[0] for case_id in (first, second, third)]
    assert states == [CaseState.ESCALATED, CaseState.DISMISSED, CaseState.CONFIRMED]
    await page.keyboard.press("?")
    for key in ("J", "K", "[", "]", "Space", "A", "X", "W", "E", "U"):
        await expect(page.locator("dialog.keys").get_by_text(key, exact=True)).to_be_visible()


async def kept(inline: InlineService, case_id: str) -> tuple[CaseState, str]:
    case = await asyncio.to_thread(inline.model.cases.get, case_id)
    assert case is not None
    return case.state, case.decisions[-1].note


async def test_who_comes_for_one_case_stays_and_takes_a_decision_back(
    page: Page, inline: InlineService, make_case: Callable[..., str]
) -> None:
    case_id = make_case()
    make_case(media_id="another")
    await opened(page, case_id)
    for key, word, state in (
        ("x", "not a match", "dismissed"),
        ("u", "taken back", "open"),
        ("w", "allowed", "confirmed"),
    ):
        await page.keyboard.press(key)
        await expect(page.locator(".notice").last).to_contain_text(word)
        await expect(page.locator(".headline .state")).to_have_text(state)
        await expect(page.locator(".decide[aria-busy=true]")).to_have_count(0)
    assert page.url.endswith(f"/cases/{case_id}")
    await expect(page.locator(".history li")).to_have_count(3)
    assert (await kept(inline, case_id))[0] is CaseState.CONFIRMED


async def test_of_two_people_the_second_reads_what_the_first_one_decided(
    browser: Browser, web: WebServer, inline: InlineService, make_case: Callable[..., str]
) -> None:
    case_id = make_case()
    async with watching(browser, web, complaints=1) as first, watching(browser, web, complaints=1) as second:
        await opened(first, case_id)
        await opened(second, case_id)
        # Both have pressed before either of the pages has heard of the other's decision.
        await asyncio.gather(first.keyboard.press("a"), second.keyboard.press("x"))
        for page in (first, second):
            await expect(page.locator(".notice").first).to_be_visible()
            await expect(page.locator(".headline .state")).not_to_have_text("open")
            await expect(page.locator(".history li")).to_have_count(1)
        told = [await page.locator(".notice").first.inner_text() for page in (first, second)]
    state, _ = await kept(inline, case_id)
    beaten = told[1] if state is CaseState.CONFIRMED else told[0]
    assert "decided" in beaten
    assert "look at the case again" in beaten


async def test_a_decision_of_somebody_else_shows_while_the_players_go_on(
    page: Page, inline: InlineService, make_case: Callable[..., str]
) -> None:
    case_id = make_case()
    await watched(page, case_id)
    await page.evaluate(MARK)
    await page.keyboard.press("Space")
    await played(page, 1)
    inline.apply(decisions=decided([DecisionKind.ESCALATE], "globe", media_id="holiday.mp4"))
    await expect(page.locator(".headline .state")).to_have_text("escalated")
    await played(page, 1)
    await standing(page, "playing")
    assert await page.evaluate(MARKED)


async def test_a_newer_match_is_offered_and_stops_nothing(page: Page, make_case: Callable[..., str]) -> None:
    await watched(page, make_case())
    await expect(page.locator("#newer")).to_be_hidden()
    await page.evaluate(MARK)
    make_case(intervals=INTERVALS[:1])
    await expect(page.locator("#newer")).to_be_visible()
    assert await page.evaluate(MARKED)
    await page.get_by_role("button", name="Show it").click()
    await expect(page.locator("#watch [data-interval]")).to_have_text("1 of 1")


async def test_what_is_on_a_blocklist_is_blurred_and_silent_until_it_is_revealed_and_again_in_the_next_case(
    page: Page, make_case: Callable[..., str]
) -> None:
    cases = [make_case(media_id=name, purpose=Purpose.BLOCKLIST) for name in ("one", "two")]
    await watched(page, cases[0])
    blur = "getComputedStyle(document.querySelector('.side.input video')).filter"
    thumbnails = "[...document.querySelectorAll('.thumbnail img')].map((one) => getComputedStyle(one).filter)"
    muted = "[...document.querySelectorAll('#watch video')].every((video) => video.muted)"
    assert "blur" in await page.evaluate(blur)
    assert all("blur" in one for one in await page.evaluate(thumbnails))
    await page.keyboard.press("s")
    assert await page.evaluate(muted)
    await page.keyboard.press("r")
    assert await page.evaluate(blur) == "none"
    assert not await page.evaluate(muted)
    await expect(page.locator("#reveal")).to_be_hidden()
    await watched(page, cases[1])
    assert "blur" in await page.evaluate(blur)
    assert await page.evaluate(muted)


async def test_media_that_is_gone_is_said_in_words_and_tried_again(
    browser: Browser, web: WebServer, inline: InlineService, make_case: Callable[..., str]
) -> None:
    case_id = make_case(media_id="gone")
    found = inline.model.jobs.page().jobs
    job = next(one for one in found if one.media_id == "gone")
    away = msgspec.structs.replace(job.request, file_url="file:///nowhere/a.mp4")
    inline.apply(jobs=[msgspec.structs.replace(job, request=away, update_time="2026-11-24T08:00:00.000Z")])
    async with watching(browser, web, complaints=10) as page:
        await opened(page, case_id)
        await standing(page)
        again = page.locator(".side.input").get_by_role("button", name="Try again")
        await expect(again).to_be_visible()
        await expect(page.locator(".side.input [data-words]")).to_contain_text("lies below none of the folders")
        await page.keyboard.press("Space")  # the other one plays alone
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while await position(page, "reference") < SHOWN[0] + 1:
                await page.wait_for_timeout(50)
        await again.click()
        await expect(again).to_be_visible()


async def test_a_thumbnail_that_others_are_made_before_is_asked_for_again(
    browser: Browser, web: WebServer, make_case: Callable[..., str]
) -> None:
    refused: set[str] = set()

    async def answer(route: Route) -> None:
        if route.request.url in refused:
            await route.fulfill(body=PIXEL, content_type="image/svg+xml")
            return
        refused.add(route.request.url)
        await route.fulfill(status=503, headers={"Retry-After": "1"})

    async with watching(browser, web, complaints=20) as page:
        await page.route("**/frame?*", answer)
        await opened(page, make_case())
        shown = "[...document.querySelectorAll('#intervals .thumbnail img')].filter((one) => one.naturalWidth).length"
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while await page.evaluate(shown) < 2 * 2 * len(INTERVALS):
                await scroll_to(page, "#intervals")
                await page.wait_for_timeout(100)
        assert refused


async def test_pictures_that_take_their_time_leave_the_browsers_connections_to_what_changes_and_is_decided(
    page: Page, inline: InlineService, make_case: Callable[..., str]
) -> None:
    asked: list[Route] = []

    async def hold(route: Route) -> None:
        asked.append(route)

    await page.route("**/frame?*", hold)
    case_id = make_case()
    await watched(page, case_id)
    await scroll_to(page, "#intervals")
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while len(asked) < 2:
            await page.wait_for_timeout(50)
    await page.get_by_role("button", name="Copy").first.click()
    await expect(page.locator(".headline .state")).to_have_text("confirmed")
    assert (await kept(inline, case_id))[0] is CaseState.CONFIRMED
    assert len(asked) == 2, "of a page's eight pictures two are asked for at a time"
    for route in asked:
        await route.fulfill(body=PIXEL, content_type="image/svg+xml")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_nothing_is_wider_than_the_window_and_every_control_has_a_name(
    page: Page, make_case: Callable[..., str], width: int, scheme: str
) -> None:
    hostile = "<img src=x onerror=alert(1)>-a-name-without-any-space-in-it-" * 3
    short = [
        msgspec.structs.replace(
            INTERVALS[0], input_start=n, input_end=n + 1.0, reference_start=n, reference_end=n + 1.25
        )
        for n in range(20)
    ]
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await opened(page, make_case(media_id=hostile, intervals=short, action=Action.REVIEW))
    await expect(page.locator("#more-intervals summary")).to_have_text("12 more")
    await page.locator("#more-intervals summary").click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = await page.evaluate(
        "[...document.querySelectorAll('button, input, select, textarea, video')].filter((one) => one.checkVisibility()"
        " && !(one.ariaLabel || one.innerText?.trim() || one.labels?.[0]?.innerText.trim()))"
        ".map((one) => one.outerHTML)"
    )
    assert nameless == []


class TestReader:
    """Somebody who may look, and neither watch nor decide."""

    @pytest.fixture
    def settings(self, state: Path, tmp_path: Path) -> Settings:
        tokens = tmp_path / "tokens"
        tokens.write_text("look-at-this-token reader rita\n")
        tokens.chmod(0o600)
        return Settings(state=state, web="127.0.0.1:0", tokens=tokens)

    async def test_reads_everything_and_is_told_what_watching_and_deciding_take(
        self, page: Page, make_case: Callable[..., str]
    ) -> None:
        case_id = make_case()
        await page.set_extra_http_headers({"Authorization": "Bearer look-at-this-token"})
        await opened(page, case_id)
        await expect(page.locator("#watch")).to_contain_text("Watching needs the role moderator; yours is reader.")
        await expect(page.locator(".decide")).to_contain_text("Deciding needs the role moderator; yours is reader.")
        await expect(page.locator("#intervals tbody tr")).to_have_count(2)
        assert await page.locator("video, img, [data-decide]").count() == 0
        await page.keyboard.press("a")  # a key without a meaning
        await expect(page.locator(".notice")).to_have_count(0)
