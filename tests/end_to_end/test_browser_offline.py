"""The page of together without a connection: a check-in waits on the device for its member and is sent once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from chalicelib.kit import clock
from chalicelib.kit.models import Session
from chalicelib.together.models import DailyCheckin, User
from infra.local import chromium
from tests.end_to_end.member_tabs import (
    PHONE,
    check_in,
    fill_sign_in,
    member_tab,
    password_hash,
    sign_in,
    wait_for_worker,
)
from tests.end_to_end.test_browser import browser
from tests.timeouts import eventually
from tests.together.members import new_member

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

WAITS = "waits on this device"


@pytest.fixture
def tab(browser: Browser, api_url: str) -> Iterator[Page]:
    with member_tab(browser, api_url, PHONE) as tab:
        yield tab


@pytest.fixture
def puts(tab: Page) -> list[str]:
    """The check-ins that the browser sends and that reach the API."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT" and "/checkins/" in request.url:
            sent.append(request.url)

    tab.context.on("requestfinished", note)
    return sent


def checkins(user: User) -> list[DailyCheckin]:
    return [row for row in DailyCheckin.query(str(user.relationship_id)) if row.user_id == user.id]


def save_offline(tab: Page, value: int = 8) -> None:
    """Check in without a connection, after the page was opened again without one."""
    wait_for_worker(tab)
    tab.context.set_offline(True)
    tab.reload()
    expect(tab.get_by_text("You are offline. You can still check in")).to_be_visible()
    check_in(tab, value)
    expect(tab.get_by_text(WAITS)).to_be_visible()


def test_an_offline_checkin_is_sent_once_after_the_connection_is_back(tab: Page, api_url: str, puts: list[str]) -> None:
    user = new_member(password_hash=password_hash())
    sign_in(tab, api_url, user.email)
    save_offline(tab, 6)
    check_again = tab.get_by_role("button", name="Save the check-in")
    expect(check_again).to_be_visible()
    assert checkins(user) == []
    tab.context.set_offline(False)
    expect(tab.get_by_text("Your check-in was sent.")).to_be_visible()
    expect(tab.get_by_text(WAITS)).to_have_count(0)
    (row,) = checkins(user)
    assert row.mood_score == 6
    tab.reload()
    expect(tab.locator(".scores").first).to_have_text("Closeness6Mood6Contentment6")
    assert len(puts) == 1


def test_an_offline_checkin_is_sent_when_the_page_opens_again(tab: Page, api_url: str, puts: list[str]) -> None:
    user = new_member(password_hash=password_hash())
    sign_in(tab, api_url, user.email)
    save_offline(tab)
    context = tab.context
    context.new_page()  # so that the context survives
    tab.close()
    context.set_offline(False)
    assert checkins(user) == []
    again = context.new_page()
    again.goto(f"{api_url}/together/app")
    expect(again.get_by_text("Your check-in was sent.")).to_be_visible()
    assert [row.mood_score for row in checkins(user)] == [8]
    assert len(puts) == 1


def test_an_offline_checkin_is_never_sent_for_another_account(tab: Page, api_url: str, puts: list[str]) -> None:
    first = new_member(password_hash=password_hash())
    second = new_member(password_hash=password_hash())
    sign_in(tab, api_url, first.email)
    save_offline(tab)
    for row in list(Session.scan()):
        row.delete()  # the first member's session ends elsewhere
    tab.context.set_offline(False)
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    fill_sign_in(tab, second.email)
    expect(tab.get_by_role("form", name="Check-in")).to_be_visible()
    expect(tab.get_by_text(WAITS)).to_have_count(0)
    assert (checkins(first), checkins(second), puts) == ([], [], [])
    for row in list(Session.scan()):
        row.delete()
    tab.reload()
    fill_sign_in(tab, first.email)
    eventually(lambda: len(checkins(first)) == 1, "the first member's check-in is sent")
    assert checkins(second) == []


def test_a_refused_checkin_is_shown_until_it_is_removed(tab: Page, api_url: str) -> None:
    user = new_member(password_hash=password_hash())
    sign_in(tab, api_url, user.email)
    day = (clock.now() - timedelta(days=20)).date()
    body = {
        "connection_score": 5,
        "mood_score": 5,
        "relationship_satisfaction": 5,
        "timezone": "UTC",
        "recorded_at": f"{day}T12:00:00Z",
    }
    tab.evaluate("(entry) => tg.store.keepCheckin({ ...entry, user: tg.user })", {"date": str(day), "body": body})
    tab.reload()
    alert = tab.get_by_role("alert").filter(has_text="was not accepted")
    expect(alert).to_be_visible()
    alert.get_by_role("button", name="Remove it").click()
    expect(alert).to_have_count(0)
    assert checkins(user) == []


def test_signing_out_removes_what_is_on_the_device(tab: Page, api_url: str) -> None:
    user = new_member(password_hash=password_hash())
    sign_in(tab, api_url, user.email)
    tab.route("**/v1/together/checkins/**", lambda route: route.abort("connectionreset"))
    check_in(tab)
    expect(tab.get_by_text(WAITS)).to_be_visible()
    tab.evaluate("location.hash = 'you'")
    tab.get_by_role("button", name="Sign out").click()
    tab.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert tab.evaluate("tg.store.member()") is None
    assert tab.evaluate("(user) => tg.store.checkins(user)", user.id) == []
    tab.reload()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
