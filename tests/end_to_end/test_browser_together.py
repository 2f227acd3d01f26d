"""The page of together in Chromium: two people from sign-up to a goal that both reached, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from chalicelib.kit import clock
from chalicelib.kit.models import Session
from chalicelib.together.models import User
from infra.local import chromium
from infra.local.engine import Engine
from tests.end_to_end.member_tabs import (
    DESK,
    PASSWORD,
    PHONE,
    check_in,
    member_tab,
    open_screen,
    password_hash,
    sign_in,
)
from tests.end_to_end.test_browser import CONTRASTS, browser
from tests.end_to_end.test_browser_kit import SMALL_TARGETS
from tests.together.accounts import Mailbox
from tests.together.mailing import new_notice
from tests.together.members import new_couple, new_member

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

SCREENS = {
    "today": "Today",
    "trend": "Trend",
    "dates": "Dates and activities",
    "goals": "Goals and challenges",
    "talks": "Talks",
    "ideas": "Ideas",
    "notices": "Notices",
    "pair": "Pair with your partner",
    "you": "You",
    "you/profile": "Profile",
    "you/security": "Sign-in and devices",
    "you/mails": "Mails and calendar",
    "you/relationship": "Relationship",
    "you/plan": "Plan and credits",
    "you/data": "Your data",
    "more": "More",
}
WITHOUT_READING = {"you", "more"}


@pytest.fixture
def phone(browser: Browser, api_url: str) -> Iterator[Page]:
    with member_tab(browser, api_url, PHONE) as tab:
        yield tab


@pytest.fixture
def desk(browser: Browser, api_url: str) -> Iterator[Page]:
    with member_tab(browser, api_url, DESK) as tab:
        yield tab


@pytest.fixture
def mailbox(engine: Engine, drain: Callable[[], list[dict[str, Any]]]) -> Mailbox:
    return Mailbox(engine, drain)


def sign_up(tab: Page, api_url: str, mailbox: Mailbox, name: str, email: str) -> None:
    """Sign up, verify by the link of the mail, and sign in."""
    tab.goto(f"{api_url}/together/app")
    tab.get_by_role("button", name="Create an account").click()
    tab.get_by_label("Your name").fill(name)
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_label("I am at least 18 years old.").check()
    tab.get_by_label("I accept the terms of use.").check()
    tab.get_by_role("button", name="Create the account").click()
    expect(tab.get_by_role("heading", name="Check your mail")).to_be_visible()
    tab.goto("about:blank")
    tab.goto(f"{api_url}/together/app#verify={mailbox.token(email, 'verify')}")
    assert "verify" not in tab.url  # the token is not in the address any more
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Verify", exact=True).click()
    expect(tab.get_by_text("Your address is verified.")).to_be_visible()
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", name="Today", level=1)).to_be_visible()


def test_two_people_sign_up_pair_check_in_and_reach_a_goal(
    phone: Page, desk: Page, api_url: str, mailbox: Mailbox
) -> None:
    sign_up(phone, api_url, mailbox, "Ada", "ada@example.com")
    sign_up(desk, api_url, mailbox, "Ben", "ben@example.com")
    open_screen(phone, "pair")
    phone.get_by_role("button", name="Make an invitation").click()
    code = phone.locator("code.code").inner_text()
    desk.get_by_role("link", name="Invite your partner").click()
    desk.get_by_label("Code").fill(code)
    desk.get_by_role("button", name="Show the invitation").click()
    expect(desk.get_by_text("Ada invites you.")).to_be_visible()
    desk.get_by_role("button", name="Accept", exact=True).click()
    expect(desk.get_by_role("heading", name="Ada")).to_be_visible()
    mailbox.drain()
    check_in(desk, 9)
    expect(desk.get_by_text("Your check-in is saved.")).to_be_visible()
    open_screen(phone, "today")
    expect(phone.get_by_text("You see the day of Ben once you have checked in, too.")).to_be_visible()
    check_in(phone, 7)
    expect(phone.get_by_role("region", name="Ben").get_by_text("9")).to_have_count(3)
    expect(phone.get_by_role("region", name="Streak")).to_contain_text("1day by both")
    _add_a_date(phone)
    _reach_a_goal(phone, desk)
    open_screen(desk, "trend")
    expect(desk.get_by_text("Nothing to show yet")).to_be_visible()


def _add_a_date(tab: Page) -> None:
    open_screen(tab, "dates")
    tab.get_by_role("button", name="Add a date").click()
    form = tab.get_by_role("form", name="Add a date")
    form.get_by_label("Title").fill("Our day")
    form.get_by_label("Date", exact=True).fill("2020-02-29")
    form.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Anniversary, February 29, 2020")).to_be_visible()


def _reach_a_goal(phone: Page, desk: Page) -> None:
    open_screen(phone, "goals")
    phone.get_by_role("button", name="Add a goal").click()
    form = phone.get_by_role("form", name="Add a goal")
    form.get_by_label("Title").fill("Two walks")
    form.get_by_label("How often (optional)").fill("2")
    form.get_by_role("button", name="Save").click()
    phone.get_by_role("button", name="One more: Two walks").click()
    expect(phone.get_by_text("1 of 2")).to_be_visible()
    open_screen(desk, "goals")
    desk.get_by_role("button", name="One more: Two walks").click()
    expect(desk.get_by_text("You reached the goal!")).to_be_visible()
    desk.get_by_text("Goals that you reached").click()
    expect(desk.get_by_role("listitem").filter(has_text="Two walks")).to_contain_text("Reached")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_screen_is_readable_empty_loading_and_failing(
    browser: Browser, api_url: str, size: tuple[int, int]
) -> None:
    user = new_member(password_hash=password_hash())
    with member_tab(browser, api_url, size) as tab:
        sign_in(tab, api_url, user.email)
        for key, title in SCREENS.items():
            _visit_empty(tab, key, title)
        _visit_failing(tab)


def _visit_empty(tab: Page, key: str, title: str) -> None:
    open_screen(tab, key)
    expect(tab.get_by_role("heading", name=title, level=1)).to_be_focused()
    expect(tab.locator("#screen [aria-busy]")).to_have_count(0)
    expect(tab.locator("#screen").get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)
    width = tab.viewport_size["width"]  # type: ignore[index]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, key
    assert tab.evaluate(CONTRASTS) == [], key
    assert tab.evaluate(SMALL_TARGETS) == [], key
    assert tab.title() == f"{title} – Together"


class FailingApi:
    """Holds the requests of a tab, and refuses them on `fail` and from then on until `hold`."""

    def __init__(self, tab: Page) -> None:
        self._held: list[Route] = []
        self._is_holding = True
        tab.route(re.compile("/v1/"), self._answer)

    def hold(self) -> None:
        self._is_holding = True

    def fail(self) -> None:
        self._is_holding = False
        while self._held:
            self._answer(self._held.pop())

    def _answer(self, route: Route) -> None:
        if self._is_holding:
            self._held.append(route)
        else:
            route.fulfill(status=500, json={"code": "InternalError"})


def _visit_failing(tab: Page) -> None:
    """Each screen shows that it loads, then the failure with a way to try again, which works."""
    api = FailingApi(tab)
    for key in sorted(SCREENS.keys() - WITHOUT_READING):
        open_screen(tab, "more")
        api.hold()
        open_screen(tab, key)
        expect(tab.locator("#screen [aria-busy] .loading").first).to_be_attached()
        api.fail()
        expect(tab.get_by_role("button", name="Try again").first).to_be_visible()
        expect(tab.locator("#screen [aria-busy]")).to_have_count(0)
    tab.unroute_all()
    while tab.get_by_role("button", name="Try again").count():
        tab.get_by_role("button", name="Try again").first.click()
        expect(tab.locator("#screen [aria-busy]")).to_have_count(0)
    expect(tab.locator("#screen").get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)


def test_a_day_by_keyboard_alone(phone: Page, api_url: str) -> None:
    user, _ = new_couple(password_hash=password_hash())
    phone.goto(f"{api_url}/together/app")
    expect(phone.get_by_role("heading", name="Sign in")).to_be_focused()
    _tab_to(phone, "E-mail")
    phone.keyboard.type(user.email)
    phone.keyboard.press("Tab")
    phone.keyboard.type(PASSWORD)
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Today", level=1)).to_be_focused()
    expect(phone.get_by_role("form", name="Check-in")).to_be_visible()
    for presses in (3, 5, 7):
        phone.keyboard.press("Tab")
        while phone.evaluate("document.activeElement.type") != "radio":
            phone.keyboard.press("Tab")
        phone.keyboard.press("Space")
        for _ in range(presses):
            phone.keyboard.press("ArrowRight")
    _tab_to(phone, "I am grateful for")
    phone.keyboard.type("Tea")
    _tab_to(phone, "Save the check-in")
    phone.keyboard.press("Enter")
    expect(phone.locator(".scores").first).to_have_text("Closeness4Mood6Contentment8")
    _tab_to(phone, "Goals", "a")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Goals and challenges")).to_be_focused()
    _tab_to(phone, "Add a goal")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("dialog").get_by_label("Title")).to_be_focused()
    phone.keyboard.type("One walk")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("button", name="Done: One walk")).to_be_visible()
    expect(phone.get_by_role("dialog")).to_have_count(0)


def _tab_to(tab: Page, name: str, tag: str = "*") -> None:
    """Press Tab until the element with this text or label has the focus."""
    for _ in range(80):
        tab.keyboard.press("Tab")
        found = tab.evaluate(
            """([name, tag]) => { const e = document.activeElement;
            return e.matches(tag) && [e.textContent.trim(), e.labels?.[0]?.textContent.trim(), e.ariaLabel].includes(name); }""",
            [name, tag],
        )
        if found:
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


def test_markup_in_names_stays_text(desk: Page, api_url: str) -> None:
    name = "<img src=x onerror=alert(1)><b>Eve"
    user, partner = new_couple(password_hash=password_hash())
    User(partner.id).update([User.display_name.set(name)])
    dialogs: list[str] = []
    desk.on("dialog", lambda dialog: dialogs.append(dialog.message))
    sign_in(desk, api_url, user.email)
    expect(desk.get_by_role("heading", name=name)).to_be_visible()
    open_screen(desk, "goals")
    desk.get_by_role("button", name="Add a goal").click()
    desk.get_by_role("dialog").get_by_label("Title").fill("<script>alert(2)</script>")
    desk.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(desk.get_by_text("<script>alert(2)</script>", exact=True)).to_be_visible()
    assert desk.evaluate("document.querySelectorAll('#screen :is(img, b, script)').length") == 0
    assert dialogs == []


def test_a_session_that_ended_leads_to_the_sign_in(desk: Page, api_url: str) -> None:
    user = new_member(password_hash=password_hash())
    sign_in(desk, api_url, user.email)
    for session in list(Session.query(f"member:{user.id}")) + list(Session.query(user.id)):
        session.delete()
    open_screen(desk, "goals")
    expect(desk.get_by_text("Your session has ended. Sign in again.").first).to_be_visible()
    expect(desk.get_by_role("heading", name="Sign in")).to_be_focused()
    expect(desk.get_by_role("navigation")).to_be_hidden()


def test_links_of_notices_and_mails_open_their_screen(desk: Page, api_url: str) -> None:
    user = new_member(password_hash=password_hash())
    new_notice(user, clock.now(), action_url="/together/app#challenges")
    sign_in(desk, api_url, user.email)
    desk.get_by_role("link", name="Notices 1 new").click()
    expect(desk.get_by_text("A date is near")).to_be_visible()
    expect(desk.get_by_role("link", name="Notices", exact=True).first).to_be_visible()  # read now
    desk.get_by_role("link", name="Open: A date is near").click()
    expect(desk.get_by_role("heading", name="Goals and challenges")).to_be_focused()
    desk.evaluate("location.hash = 'gift=GIFT-1'")
    expect(desk.get_by_label("Gift code")).to_have_value("GIFT-1")
    desk.evaluate("location.hash = 'invite=ABCDE12345'")
    expect(desk.get_by_label("Code")).to_have_value("ABCDE12345")


def test_leaving_quickly_shows_nothing_on_the_way_back(desk: Page, api_url: str) -> None:
    user = new_member("Ada Lovelace", password_hash=password_hash())
    sign_in(desk, api_url, user.email)
    open_screen(desk, "you/profile")
    expect(desk.get_by_label("Your name")).to_have_value("Ada Lovelace")
    desk.get_by_role("button", name="Leave quickly").click()
    desk.wait_for_url("about:blank")
    desk.go_back()
    expect(desk.get_by_role("button", name="Continue")).to_be_visible()
    assert desk.title() == "New tab"
    assert desk.locator("body").inner_text().strip() == "Continue"
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_role("heading", level=1)).to_be_visible()
