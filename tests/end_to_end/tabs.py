"""Tabs of the browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from tests.timeouts import LIMIT


@contextmanager
def browser_tab(browser: Browser, width: int, height: int) -> Iterator[Page]:
    """Open a tab in a context of its own; fail if a script fails or the Content-Security-Policy refuses something."""
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.set_default_timeout(LIMIT * 1000)
    tab, faults = context.new_page(), list[str]()
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    yield tab
    assert faults == []
    context.close()
