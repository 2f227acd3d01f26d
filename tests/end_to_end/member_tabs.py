"""Tabs of members on the page of together, and members with a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx2
from playwright.sync_api import Browser, Page, Request, expect

from chalicelib.kit import auth, passwords
from chalicelib.kit.auth import Role
from tests.end_to_end.tabs import browser_tab
from tests.timeouts import LIMIT

PHONE, DESK = (360, 740), (1280, 800)
PASSWORD = "four quiet herons wade"
SCORES = ("How close do you feel?", "How is your mood?", "How content are you with the two of you?")


@cache
def password_hash() -> str:
    """Return the hash of PASSWORD for the rows of members."""
    return passwords.hash_password(PASSWORD)


@cache
def warm_up(api_url: str) -> None:
    """Call the API once: the first call of a test process reads the permissions, which a slow machine does in a minute."""
    token = auth.mint(Role.MEMBER, "nobody")
    httpx2.get(f"{api_url}/v1/together/me", headers={"Authorization": f"Bearer {token}"}, timeout=LIMIT)


@contextmanager
def member_tab(browser: Browser, api_url: str, size: tuple[int, int], *others: str) -> Iterator[Page]:
    """Open the page in a context of its own; fail if a request leaves its origin. `others` are allowed beside it."""
    warm_up(api_url)
    with browser_tab(browser, *size) as tab:
        strangers: list[str] = []

        def note(request: Request) -> None:
            if not request.url.startswith((f"{api_url}/", "blob:", "data:", "about:", *others)):
                strangers.append(request.url)

        tab.context.on("request", note)
        yield tab
        assert strangers == []


def sign_in(tab: Page, api_url: str, email: str) -> None:
    """Open the page and sign in with PASSWORD."""
    tab.goto(f"{api_url}/together/app")
    fill_sign_in(tab, email)
    expect(tab.get_by_role("heading", name="Today", level=1)).to_be_visible()


def fill_sign_in(tab: Page, email: str) -> None:
    """Fill the form of the sign-in and send it."""
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()


def open_screen(tab: Page, key: str) -> None:
    """Open a screen by its address."""
    tab.evaluate("key => { location.hash = key }", key)


def rate(tab: Page, value: int = 8) -> None:
    """Choose the same value on the three scales of the check-in."""
    for label in SCORES:
        tab.get_by_role("group", name=label).get_by_role("radio", name=str(value), exact=True).check()


def check_in(tab: Page, value: int = 8) -> None:
    """Fill the check-in and save it."""
    rate(tab, value)
    tab.get_by_role("button", name="Save the check-in").click()


def wait_for_worker(tab: Page) -> None:
    """Wait until the service worker controls the page and keeps its shell."""
    tab.evaluate(
        """() => new Promise((done) => {
        if (navigator.serviceWorker.controller) done();
        else navigator.serviceWorker.addEventListener('controllerchange', () => done()); })"""
    )
