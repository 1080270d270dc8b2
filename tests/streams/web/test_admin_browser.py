"""Setting up and running the service in a real browser: libraries, policies, dead letters, and who may do what."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect
from support.browser import draw_frames, hear, new_context
from support.cases import found, item
from support.examples import job
from support.inline import InlineService
from support.people import token_of, write_tokens

from schemas.clock import utc_now
from schemas.deadletter import DeadLetterReplay, dead_letter_headers
from schemas.deliveries import DeliveryStatus
from schemas.libraries import Library, Purpose
from schemas.policies import Action, Conditions, Policy, PolicyMode
from streams.readmodel.dead_letters import DeadLetter
from streams.settings import Settings
from streams.web.auth.authenticator import COOKIE
from streams.web.server import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured]

HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe"
FILMS = Library(name="films", purpose=Purpose.ORIGINAL, creation_time="2026-11-23T08:00:00.000Z")

Enter = Callable[..., Awaitable[Page]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, web="127.0.0.1:0", tokens=write_tokens(tmp_path))


@pytest.fixture
def heard() -> list[str]:
    """What the browsers' consoles have said; a test takes out what it has caused on purpose."""
    return []


@pytest.fixture
async def enter(web: WebServer, browser: Browser, heard: list[str]) -> AsyncIterator[Enter]:
    """Opens a page as somebody of a role sees it who has logged in, in a browser of their own."""
    async with AsyncExitStack() as stack:

        async def enter(path: str, role: str = "admin") -> Page:
            context = await new_context(browser, base_url=web.address)
            stack.push_async_callback(context.close)
            page = await context.new_page()
            hear(page, heard)
            await draw_frames(page)
            await context.add_cookies([{"name": COOKIE, "value": token_of(role), "url": web.address}])
            await opened(page, path)
            return page

        yield enter
    # Of a login form Chromium wishes that it had a name beside the secret: tokens have none.
    assert [one for one in heard if not one.startswith("[DOM] Password forms")] == []


async def opened(page: Page, path: str) -> None:
    """Open a page, and wait until it follows along."""
    await page.goto(path)
    await expect(page.locator("#connection")).to_have_text("live")


def refusals(heard: list[str]) -> list[str]:
    """Take out what a browser says of every answer that refuses something."""
    said = [one for one in heard if one.startswith("Failed to load resource")]
    heard[:] = [one for one in heard if one not in said]
    return said


# ---- libraries


async def test_a_library_is_made_filled_and_taken_apart_again(enter: Enter, inline: InlineService) -> None:
    page = await enter("/libraries")
    await page.locator("#create > summary").click()
    await page.get_by_label("Name", exact=True).fill("works")
    await page.locator("[name=purpose]").select_option("original")
    await page.get_by_label("similarity").fill("0.7")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("heading", name="works")).to_be_visible()
    await expect(page.get_by_text("70 % sure")).to_be_visible()

    await page.locator("#add > summary").click()
    await page.get_by_label("Address of the file").fill("file:///media/a%20film.mp4")
    await page.get_by_label("Metadata").fill('{"title": "A film"}')
    await expect(page.locator("#add-item [name=media_id]")).to_have_value("a film")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("is being fingerprinted")).to_be_visible()
    await inline.work()
    row = page.get_by_role("row", name=re.compile("a film"))
    await expect(row).to_contain_text("title: A film")

    await row.get_by_role("button", name="Disable").click()
    await expect(row.get_by_role("button", name="Enable")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(row.get_by_role("button", name="Disable")).to_be_visible()

    await row.get_by_role("button", name="Metadata").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("[]")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_role("alert")).to_contain_text("write a JSON object")
    await page.get_by_role("dialog").get_by_role("textbox").fill('{"title": "Another"}')
    await page.get_by_role("button", name="Save").last.click()
    await expect(row).to_contain_text("title: Another")

    await row.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(row).to_be_visible()
    await row.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("Nothing is stored here")).to_be_visible()

    await page.get_by_role("button", name="Delete…").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("work")
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("this is not its name")
    await page.get_by_role("dialog").get_by_role("textbox").fill("works")
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("heading", name="Libraries")).to_be_visible()
    assert inline.model.libraries.get("works") is None


async def test_emptying_names_how_many_would_go_and_a_reason_is_lifted(enter: Enter, inline: InlineService) -> None:
    inline.apply(libraries=[FILMS])
    await inline.store("one", "films")
    await inline.store("two", "films")
    kept = inline.model.libraries.item("films", "one")
    assert kept is not None
    inline.apply(items=[item("one", quarantined="it matched 60 media items", version=kept.version)])
    page = await enter("/libraries/films?marked=quarantined")
    await expect(page.get_by_text("it matched 60 media items")).to_be_visible()
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await page.get_by_role("button", name="Empty…").click()
    await expect(page.get_by_role("dialog")).to_contain_text("2 items would be removed for good")
    await page.get_by_role("button", name="Remove 2 items").click()
    await page.get_by_role("link", name="Show all items").click()
    await expect(page.get_by_text("Nothing is stored here")).to_be_visible()


async def test_what_the_service_refuses_stands_beside_the_field_it_is_about(
    enter: Enter, inline: InlineService, heard: list[str]
) -> None:
    inline.apply(libraries=[FILMS])
    page = await enter("/libraries")
    await page.locator("#create > summary").click()
    await page.get_by_label("Name", exact=True).fill("films")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("alert")).to_contain_text("films")
    await page.locator("#create-library").evaluate("form => { form.noValidate = true; }")
    await page.get_by_label("similarity").fill("7")
    await page.get_by_role("button", name="Create").click()
    field = page.get_by_label("similarity")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_be_focused()
    await expect(page.get_by_role("alert")).to_have_count(1)
    assert len(refusals(heard)) == 2


async def test_properties_that_somebody_else_has_changed_meanwhile_stay_as_they_are(
    enter: Enter, inline: InlineService
) -> None:
    inline.apply(libraries=[FILMS])
    page = await enter("/libraries/films")
    await page.locator("#change > summary").click()
    await inline.libraries.update("films", match_threshold=0.9)
    await page.get_by_label("Description").fill("all of them")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved:")).to_be_visible()
    library = inline.model.libraries.get("films")
    assert library is not None
    assert (library.description, library.match_threshold) == ("all of them", 0.9)


async def test_pictures_of_a_blocklist_are_seen_by_who_asks_and_stay_so_when_the_list_changes(
    enter: Enter, inline: InlineService
) -> None:
    inline.apply(libraries=[Library(name="forbidden", purpose=Purpose.BLOCKLIST)])
    inline.apply(items=[item("bad", library="forbidden", duration=20.0)])
    page = await enter("/libraries/forbidden", "moderator")
    thumb = page.get_by_role("button", name="Show the picture of bad")
    await expect(thumb.locator("img")).to_have_count(1)
    await expect(thumb).to_have_class("thumb veiled")
    await thumb.click()
    await expect(thumb).to_have_class("thumb")
    inline.apply(items=[item("worse", library="forbidden", job_id="other")])
    await expect(page.get_by_role("link", name="worse")).to_be_visible()
    await expect(thumb).to_have_class("thumb")
    await expect(thumb.locator("img")).to_have_count(1)


async def test_a_picture_that_cannot_be_had_leaves_a_word_in_its_place(
    enter: Enter, inline: InlineService, heard: list[str]
) -> None:
    inline.apply(libraries=[FILMS])
    page = await enter("/libraries/films", "moderator")
    await page.route("**/frame?*", lambda route: route.fulfill(status=404))
    inline.apply(items=[item("reel")])
    await expect(page.locator(".thumb.missing")).to_have_count(1)
    assert len(refusals(heard)) == 1


# ---- policies


def policies() -> list[Policy]:
    first = Policy(name="first", library="films", position=10, action=Action.REVIEW, created="2026-11-23")
    of_all = Policy(name="of-all", purpose=Purpose.ORIGINAL, position=15, action=Action.TRACK)
    return [first, of_all, Policy(name="second", library="films", position=20, action=Action.BLOCK)]


async def test_a_policy_is_tried_made_and_changed(enter: Enter, inline: InlineService) -> None:
    inline.apply(libraries=[FILMS], items=[item("reel")])
    inline.apply(jobs=[found("j1", {"reel": Action.TRACK}, media_id=HOSTILE, time=utc_now())])
    page = await enter("/policies?library=films")
    await page.locator("#create > summary").click()
    await page.get_by_label("Name", exact=True).fill("block-all")
    await page.get_by_label("Leads to").select_option("block")
    await page.get_by_role("button", name="Preview").click()
    effect = page.locator("#effect")
    await expect(effect).to_contain_text("Of 1 match of 1 media item in the last 7 days, 1 would lead")
    await expect(effect.get_by_role("row", name=re.compile("^block"))).to_contain_text("+1")
    await expect(effect.get_by_role("link", name=HOSTILE)).to_have_attribute("href", "/jobs/j1")
    await expect(effect.get_by_role("link", name="case")).to_have_count(1)
    await effect.get_by_text("The cases that change: 1").click()
    assert inline.model.policies.all() == []

    await page.get_by_role("button", name="Create").click()
    row = page.get_by_role("row", name=re.compile("block-all"))
    await expect(row).to_contain_text("any match")
    await row.get_by_role("link", name="block-all").click()
    await page.get_by_label("Similarity at least").fill("0.95")
    await page.get_by_label("Mode").select_option("shadow")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("dl.facts")).to_contain_text("at least 95 % sure")
    await page.get_by_role("button", name="Preview").click()
    await expect(effect).to_contain_text("0 would lead to something else")
    made = inline.model.policies.get("block-all")
    assert made is not None
    assert (made.when, made.mode, made.library) == (Conditions(similarity=0.95), PolicyMode.SHADOW, "films")

    await page.get_by_role("button", name="Delete…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("No policies")).to_be_visible()


async def test_who_comes_second_sees_what_the_first_one_has_set_and_chooses(
    enter: Enter, inline: InlineService, heard: list[str]
) -> None:
    inline.apply(libraries=[FILMS], policies=policies())
    first, second = await enter("/policies/first"), await enter("/policies/first")
    for page, position in ((first, "11"), (second, "12")):
        await page.get_by_label("Position").fill(position)
    await first.get_by_label("Leads to").select_option("allow")
    await first.get_by_role("button", name="Save").click()
    await expect(first.get_by_text("Saved:")).to_be_visible()
    await second.get_by_role("button", name="Save").click()
    await expect(second.get_by_role("alert")).to_contain_text("somebody else has changed this policy meanwhile")
    await expect(second.locator("small.now")).to_have_text(["now: allow", "now: 11"])
    await expect(second.get_by_label("Position")).to_have_value("12")
    await second.get_by_role("button", name="Take what is there").click()
    await expect(second.get_by_label("Position")).to_have_value("11")
    await second.get_by_label("Position").fill("13")
    await second.get_by_role("button", name="Save").click()
    await expect(second.get_by_text("Saved:")).to_be_visible()
    kept = inline.model.policies.get("first")
    assert kept is not None
    assert (kept.position, kept.action) == (13, Action.ALLOW)
    assert len(refusals(heard)) == 1


async def test_policies_are_put_in_order_by_keyboard_among_those_that_are_not_shown(
    enter: Enter, inline: InlineService
) -> None:
    inline.apply(libraries=[FILMS], policies=policies())
    page = await enter("/policies")
    button = page.get_by_role("button", name="Move second up")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Move second up")).to_be_disabled()
    assert [one.name for one in inline.model.policies.all()] == ["second", "first", "of-all"]
    await page.get_by_role("button", name="Move second down").press("Enter")
    await expect(page.get_by_role("button", name="Move second down")).to_be_disabled()
    await expect(page.get_by_role("button", name="Move second up")).to_be_enabled()
    assert [one.name for one in inline.model.policies.all()] == ["first", "second", "of-all"]


async def test_what_a_policy_in_shadow_would_have_done_stands_beside_what_was_done(
    enter: Enter, inline: InlineService
) -> None:
    tried = Policy(name="tried", library="films", position=1, mode=PolicyMode.SHADOW, action=Action.BLOCK)
    inline.apply(libraries=[FILMS], items=[item("reel")], policies=[tried])
    ended = found("j1", {"reel": Action.TRACK}, time=utc_now())
    (ruling,) = ended.rulings
    shadowed = msgspec.structs.replace(ruling, shadow_action=Action.BLOCK, shadow_policy="tried")
    inline.apply(jobs=[msgspec.structs.replace(ended, rulings=(shadowed,))])
    page = await enter("/policies", "reader")
    await page.get_by_role("button", name="Compare").click()
    shadows = page.locator("#shadows")
    await expect(shadows.get_by_role("row", name=re.compile("^block"))).to_contain_text("+1")
    await expect(shadows.get_by_role("row", name=re.compile("^track"))).to_contain_text("-1")


# ---- running it


def letter(offset: int, topic: str = "mediadna.transcode-complete", reason: str = "wrong") -> DeadLetter:
    time = f"2026-11-23T08:00:{offset:02}.000Z"
    headers = dead_letter_headers(
        [], topic=topic, partition=0, offset=offset, code="InvalidEvent", reason=reason, time=time
    )
    return DeadLetter(key=b"video", value=b"{", headers=tuple(headers))


async def test_dead_letters_are_sent_again_each_with_what_became_of_it(
    enter: Enter, inline: InlineService, heard: list[str]
) -> None:
    inline.apply(dead_letters=[letter(1), letter(2, topic="somebody.elses"), letter(3)])
    page = await enter("/dead-letters")
    inline.apply(dead_letters=[letter(4)])
    await expect(page.get_by_role("checkbox")).to_have_count(4)
    await page.get_by_role("button", name="Choose all on this page").click()
    await expect(page.get_by_text("4 chosen")).to_be_visible()
    await page.get_by_role("button", name="Send chosen ones again").click()
    await expect(page.get_by_text("3 of 4 sent again, 1 refused")).to_be_visible()
    await expect(page.get_by_role("checkbox")).to_have_count(1)
    await expect(page.locator(".fault:visible")).to_contain_text("which is no topic of this service")
    assert [one[0] for one in inline.replays] == ["mediadna.transcode-complete"] * 3
    assert len(refusals(heard)) == 1


async def test_one_that_another_person_sends_meanwhile_is_not_sent_twice(
    enter: Enter, inline: InlineService, heard: list[str]
) -> None:
    inline.apply(dead_letters=[one := letter(1, reason=HOSTILE)])
    page = await enter(f"/dead-letters/{one.id}")
    await page.route("**/dead-letters/*?rows=*", lambda _: None)  # it has not heard of it yet
    inline.apply(replays=[DeadLetterReplay(letter_id=one.id, replay_time=utc_now())])
    await page.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("was sent again at")).to_be_visible()
    assert inline.replays == []
    assert len(refusals(heard)) == 1


async def test_a_callback_that_comes_to_its_end_shows_and_is_made_once_more(
    enter: Enter, inline: InlineService
) -> None:
    page = await enter("/deliveries")
    inline.apply(jobs=[job("j1", media_id="clip", callback_url="https://receiver.example/")])
    row = page.get_by_role("row", name=re.compile("clip"))
    await expect(row).to_contain_text("pending")
    before = inline.model.deliveries.get("j1")
    assert before is not None
    given_up = msgspec.structs.replace(before, status=DeliveryStatus.FAILED, revision=1, next_time="")
    inline.apply(deliveries=[given_up])
    await row.get_by_role("button", name="Deliver again").click()
    await expect(page.get_by_text("delivered once more")).to_be_visible()
    await expect(row).to_contain_text("pending")


async def test_the_audit_log_is_taken_along_under_its_filter(enter: Enter, inline: InlineService) -> None:
    _ = inline
    page = await enter("/audit?who=anna")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Download as CSV").click()
    download = await coming.value
    assert download.suggested_filename == "decisions.csv"
    assert (await download.path()).read_text().startswith("who,when,decision")


async def test_a_setting_is_found_by_a_part_of_what_it_is(enter: Enter) -> None:
    page = await enter("/audit")
    await page.goto("/settings")
    await page.keyboard.press("/")
    await page.keyboard.type("prefix topic")
    await expect(page.locator("#settings tbody tr:visible")).to_have_count(1)
    await page.get_by_label("Find").fill("zebra")
    await expect(page.get_by_text("No setting is called so")).to_be_visible()


async def test_a_reader_sees_everything_and_no_control_and_can_log_out(enter: Enter, inline: InlineService) -> None:
    name = "<b>films"
    inline.apply(libraries=[Library(name=name, description=HOSTILE)], items=[item(HOSTILE, library=name)])
    inline.apply(policies=policies(), dead_letters=[one := letter(1, reason=HOSTILE)])
    page = await enter("/libraries", "reader")
    await expect(page.locator("header .who bdi")).to_have_text("reader")
    places = (
        "/libraries", "/libraries/%3Cb%3Efilms", "/policies", "/policies/first", "/deliveries",
        "/dead-letters", f"/dead-letters/{one.id}", "/audit",
    )  # fmt: skip
    for place in places:
        await opened(page, place)
        acts = page.locator("main button:visible:not([data-do=download])")
        for label in await acts.all_text_contents():
            assert label in {"Show", "Find", "Filter", "Preview", "Compare"}, place
        assert await page.locator("img").count() == 0, place
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await page.goto("/libraries")
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_wider_than_a_phone(
    enter: Enter, inline: InlineService, scheme: Literal["light", "dark"]
) -> None:
    name = "a-name-without-any-space-in-it-" * 3
    library = Library(name=name, description=name * 3)
    held = item(name * 2, library=name, quarantined=name * 3, metadata={name: name})
    inline.apply(libraries=[library], items=[held], dead_letters=[one := letter(1, reason=name * 3)])
    inline.apply(policies=[Policy(name=name, library=name, action=Action.ALLOW)])
    page = await enter("/libraries")
    await page.set_viewport_size({"width": 390, "height": 800})
    await page.emulate_media(color_scheme=scheme)
    lists = ("/libraries", "/policies", "/dead-letters", "/deliveries", "/audit", "/usage", "/settings")
    for place in (*lists, f"/libraries/{name}", f"/policies/{name}", f"/dead-letters/{one.id}"):
        await page.goto(place)
        for sheet in await page.locator("details.sheet > summary").all():
            await sheet.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, place
