"""Tabs of owners on their page, and owners with a password and a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.integrations import storage
from chalicelib.kit import config, ids
from chalicelib.platform.models import Store
from chalicelib.platform.repository.stores import get_store
from tests.end_to_end.member_tabs import DESK, PASSWORD, PHONE, member_tab, password_hash
from tests.end_to_end.test_browser import CONTRASTS
from tests.end_to_end.test_browser_kit import SMALL_TARGETS
from tests.platform.owners import new_user
from tests.platform.provisioning import OwnerApi, owner_api, provision
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

Drain = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class OwnedStore:
    """A store, the API as its owner calls it, and the address with which the owner signs in."""

    email: str
    owner: OwnerApi

    @property
    def id(self) -> str:
        return self.owner.store.id

    @property
    def row(self) -> Store:
        """The present row."""
        return get_store(self.id)

    def create_rows(self, table: str, *rows: dict[str, Any]) -> None:
        """Create rows by the data API, with the owner's rights."""
        token = self.owner.post("token").json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.owner.api.post(f"/v1/store/{table}", json=list(rows), headers=headers)
        assert answer.status_code == 201, answer.text


def owned_store(api: httpx2.Client, database: dict[str, Any] | None = None, **columns: Any) -> OwnedStore:
    """Return a new owner's store; with a database, the job that makes it has ended."""
    email = f"{ids.new()}@example.com"
    user = new_user(email, password_hash=password_hash())
    store = OwnedStore(email, owner_api(api, new_store(user.id, **columns)))
    if database:
        provision(store.owner, database)
    return store


@contextmanager
def owner_tab(browser: Browser, api_url: str, size: tuple[int, int]) -> Iterator[Page]:
    """Open a tab; fail if a request leaves the page's origin and the bucket of the files."""
    buckets = storage.origins(config.settings().images_bucket).split()
    with member_tab(browser, api_url, size, *(f"{origin}/" for origin in buckets)) as tab:
        yield tab


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def tab(request: pytest.FixtureRequest, browser: Browser, api_url: str) -> Iterator[Page]:
    """An owner's tab on a phone and at a desk."""
    with owner_tab(browser, api_url, request.param) as page:
        yield page


@pytest.fixture
def desk(browser: Browser, api_url: str) -> Iterator[Page]:
    """An owner's tab at a desk."""
    with owner_tab(browser, api_url, DESK) as page:
        yield page


def open_store(tab: Page, api_url: str, store: OwnedStore, part: str = "") -> None:
    """Sign in as the store's owner and open a screen of the store."""
    tab.goto(f"{api_url}/platform/app")
    tab.get_by_label("E-mail").fill(store.email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("link", name=store.owner.store.name)).to_be_visible()
    open_screen(tab, store, part)


def open_screen(tab: Page, store: OwnedStore, part: str = "") -> None:
    """Open a screen of the store by its address."""
    address = f"#store/{store.id}" + (part and f"/{part}")
    tab.evaluate("address => { location.hash = address }", address)


def fill_server(tab: Page, server: ServerOfTest, **fields: str) -> None:
    """Fill the form of a server; other values may be given by the name of the field."""
    for name in ("host", "port", "database", "username", "password"):
        label = {"username": "User"}.get(name, name.capitalize())
        tab.get_by_label(label, exact=True).fill(str(fields.get(name, server.body[name])))


def accessible(tab: Page) -> None:
    """Fail if the page scrolls sideways, has a small target, or too little contrast."""
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate(SMALL_TARGETS) == []
    assert tab.evaluate(CONTRASTS) == []
