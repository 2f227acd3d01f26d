"""The owners' page in Chromium: from sign-up to rows in a store's database, on a phone and by keyboard at a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local import chromium
from infra.local.engine import Engine
from tests.end_to_end.member_tabs import DESK, PHONE, member_tab
from tests.end_to_end.owner_tabs import accessible, fill_server
from tests.end_to_end.test_browser import browser
from tests.platform.conftest import own_postgresql, shared_server
from tests.platform.store_servers import REGION, ServerOfTest
from tests.together.accounts import Mailbox

__all__ = ["browser", "own_postgresql", "shared_server"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

PASSWORD = "nine grey geese over the harbour"
Drain = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def mailbox(engine: Engine, drain: Drain) -> Mailbox:
    return Mailbox(engine, drain)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def tab(request: pytest.FixtureRequest, browser: Browser, api_url: str) -> Iterator[Page]:
    with member_tab(browser, api_url, request.param) as page:
        yield page


@pytest.fixture
def desk(browser: Browser, api_url: str) -> Iterator[Page]:
    with member_tab(browser, api_url, DESK) as page:
        yield page


def sign_up(tab: Page, api_url: str, mailbox: Mailbox, email: str) -> None:
    """Sign up, verify by the link of the mail, and sign in."""
    tab.goto(f"{api_url}/platform/app")
    tab.get_by_role("button", name="Create an account").click()
    tab.get_by_label("Your name").fill("Olga")
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_label("I accept the terms of use.").check()
    tab.get_by_role("button", name="Create the account").click()
    expect(tab.get_by_role("heading", name="Check your mail")).to_be_visible()
    tab.goto("about:blank")
    tab.goto(f"{api_url}/platform/app#verify={mailbox.token(email, 'verify')}")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Verify", exact=True).click()
    expect(tab.get_by_text("Your address is verified.")).to_be_visible()
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_text("No stores yet")).to_be_visible()


def new_store(tab: Page, name: str) -> None:
    """Create a store and come to the choice of its database."""
    tab.get_by_role("link", name="New store").click()
    tab.get_by_label("Name", exact=True).fill(name)
    expect(tab.get_by_label("Short name")).to_have_value(name.lower().replace(" ", "-"))
    tab.get_by_label("Region").fill(REGION)
    tab.get_by_role("button", name="Create the store").click()
    expect(tab.get_by_role("group", name="Which kind of database?")).to_be_visible()


def test_an_owner_makes_a_store_and_edits_its_rows(
    tab: Page, api_url: str, mailbox: Mailbox, drain: Drain, shared_server: ServerOfTest
) -> None:
    sign_up(tab, api_url, mailbox, "olga@example.com")
    new_store(tab, "Tea House")
    tab.get_by_label("Shared").check()
    accessible(tab)
    tab.get_by_role("button", name="Make the database").click()
    expect(tab.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    assert drain() == []
    expect(tab.get_by_role("heading", name="The database is ready")).to_be_visible()
    tab.get_by_role("link", name="To the store").click()
    expect(tab.get_by_role("heading", name="Tea House")).to_be_visible()
    accessible(tab)
    tab.get_by_role("link", name="Rows").click()
    expect(tab.get_by_role("heading", name="No rows")).to_be_visible()
    tab.get_by_role("button", name="New row").click()
    form = tab.get_by_role("form")
    form.get_by_label("name").fill("Green tea")
    form.get_by_label("slug").fill("green-tea")
    form.get_by_label("sku").fill("GT-1")
    form.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("button", name="Green tea")).to_be_visible()
    tab.get_by_label("Value").fill("black")
    tab.get_by_role("button", name="Show", exact=True).click()
    expect(tab.get_by_role("heading", name="No rows")).to_be_visible()
    tab.get_by_label("Value").fill("green")
    tab.get_by_role("button", name="Show", exact=True).click()
    expect(tab.get_by_role("button", name="Green tea")).to_be_visible()
    accessible(tab)
    tab.get_by_role("button", name="Green tea").click()
    form.get_by_label("name").fill("Sencha")
    form.get_by_label("sku").fill("")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("Please fill this in.")).to_be_visible()
    form.get_by_label("sku").fill("GT-2")
    form.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    tab.get_by_label("Value").fill("")
    tab.get_by_role("button", name="Show", exact=True).click()
    tab.get_by_role("button", name="Sencha").click()
    tab.get_by_role("button", name="Delete this row").click()
    tab.get_by_role("button", name="Delete", exact=True).click()
    expect(tab.get_by_role("heading", name="No rows")).to_be_visible()


def test_a_failure_is_said_in_words_and_can_be_retried_by_keyboard(
    desk: Page, api_url: str, mailbox: Mailbox, drain: Drain, own_postgresql: ServerOfTest
) -> None:
    sign_up(desk, api_url, mailbox, "oskar@example.com")
    new_store(desk, "Harbour")
    desk.get_by_label("PostgreSQL").focus()
    desk.keyboard.press("Space")
    fill_server(desk, own_postgresql, password="wrong")
    desk.get_by_role("button", name="Test the connection").press("Enter")
    expect(desk.get_by_text("The server refuses this user and password")).to_be_visible()
    desk.get_by_role("button", name="Make the database").press("Enter")
    expect(desk.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    drain()
    expect(desk.get_by_role("heading", name="The job failed")).to_be_focused()
    accessible(desk)
    desk.get_by_role("button", name="Try again").press("Enter")
    expect(desk.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    drain()
    expect(desk.get_by_role("heading", name="The job failed")).to_be_visible()
    desk.get_by_role("button", name="Choose another database").press("Enter")
    expect(desk.get_by_role("heading", name="Canceling")).to_be_visible()
    assert drain() == []
    desk.get_by_role("button", name="Choose a database").press("Enter")
    desk.get_by_label("PostgreSQL").focus()
    desk.keyboard.press("Space")
    fill_server(desk, own_postgresql)
    desk.get_by_role("button", name="Test the connection").press("Enter")
    expect(desk.get_by_text("The connection works")).to_be_visible()
    desk.get_by_role("button", name="Make the database").press("Enter")
    expect(desk.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    assert drain() == []
    expect(desk.get_by_role("heading", name="The database is ready")).to_be_visible()


def test_a_new_key_is_shown_once(desk: Page, api_url: str, mailbox: Mailbox, shared_server: ServerOfTest) -> None:
    sign_up(desk, api_url, mailbox, "olivia@example.com")
    new_store(desk, "Keys")
    store = desk.url.split("/")[-2]
    desk.goto(f"{api_url}/platform/app#store/{store}/keys")
    desk.get_by_role("button", name="New key").click()
    desk.get_by_label("Name").fill("warehouse")
    desk.get_by_label("It may").select_option("write")
    desk.get_by_role("button", name="Make the key").click()
    expect(desk.locator(".secret")).to_contain_text(f"{store}.")
    desk.get_by_role("button", name="Done").click()
    expect(desk.get_by_text("warehouse")).to_be_visible()
    expect(desk.locator(".secret")).to_have_count(0)
    desk.get_by_role("button", name="Revoke warehouse").click()
    desk.get_by_role("button", name="Revoke", exact=True).click()
    expect(desk.get_by_role("heading", name="No keys")).to_be_visible()
