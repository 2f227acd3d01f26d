"""The move of a store on the owners' page in Chromium, with its proof."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from chalicelib.platform.enums import DatabaseType
from infra.local import chromium
from tests.end_to_end.owner_tabs import (
    Drain,
    OwnedStore,
    accessible,
    desk,
    fill_server,
    open_screen,
    open_store,
    owned_store,
    tab,
)
from tests.end_to_end.test_browser import browser
from tests.platform.conftest import own_mysql, own_postgresql, shared_server
from tests.platform.moves import run_move_to_end
from tests.platform.store_servers import ServerOfTest

__all__ = ["browser", "desk", "own_mysql", "own_postgresql", "shared_server", "tab"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


@pytest.fixture
def store(api: httpx2.Client, shared_server: ServerOfTest) -> OwnedStore:
    """A store with two products on a shared server."""
    owned = owned_store(api, shared_server.body)
    rows = [{"name": f"{kind} tea", "slug": kind.lower(), "sku": kind} for kind in ("Green", "Black")]
    owned.create_rows("products", *rows)
    return owned


def move_to_mysql(tab: Page, server: ServerOfTest, **fields: str) -> None:
    """Choose the owner's MariaDB, by the keyboard, and begin the move."""
    tab.get_by_label("MySQL or MariaDB").focus()
    tab.keyboard.press("Space")
    fill_server(tab, server, **fields)
    tab.get_by_role("button", name="Move the store").press("Enter")
    dialog = tab.get_by_role("dialog", name="Move the store?")
    dialog.get_by_role("button", name="Move the store").press("Enter")
    expect(dialog).to_have_count(0)


def test_a_store_moves_and_the_proof_is_shown(
    tab: Page, api_url: str, drain: Drain, store: OwnedStore, own_mysql: ServerOfTest
) -> None:
    open_store(tab, api_url, store)
    tab.get_by_role("link", name="Move", exact=True).click()
    expect(tab.get_by_text("Current database: Shared")).to_be_visible()
    move_to_mysql(tab, own_mysql)
    expect(tab.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    accessible(tab)
    run_move_to_end(store.row.active_job or "")
    expect(tab.get_by_role("heading", name="The store has moved")).to_be_focused()
    proof = tab.get_by_role("table", name="Both copies are equal")
    expect(proof.get_by_role("row", name="products 2 1")).to_be_visible()
    accessible(tab)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download the proof").click()
    assert '"products"' in Path(download.value.path()).read_text()
    tab.get_by_role("link", name="To the store").click()
    expect(tab.get_by_text("MySQL or MariaDB at")).to_be_visible()
    assert store.row.database_type is DatabaseType.MYSQL
    tab.get_by_role("link", name="Rows").click()
    expect(tab.get_by_role("button", name="Green tea")).to_be_visible()
    open_screen(tab, store, "move")
    tab.get_by_role("button", name="Show the proof").click()
    dialog = tab.get_by_role("dialog", name="The proof of the move")
    expect(dialog.get_by_role("row", name="products 2 1")).to_be_visible()
    accessible(tab)


def test_a_failed_move_leaves_the_store_where_it_is_and_can_be_given_up(
    desk: Page, api_url: str, drain: Drain, store: OwnedStore, own_mysql: ServerOfTest
) -> None:
    open_store(desk, api_url, store, "move")
    move_to_mysql(desk, own_mysql, password="wrong")
    expect(desk.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    drain()
    expect(desk.get_by_role("heading", name="The job failed")).to_be_focused()
    expect(desk.get_by_text("The server refuses this user and password")).to_be_visible()
    accessible(desk)
    desk.get_by_role("button", name="Give up the move").press("Enter")
    expect(desk.get_by_role("heading", name="Canceling")).to_be_visible()
    assert drain() == []
    expect(desk.get_by_role("heading", name="The move is cancelled")).to_be_visible()
    desk.get_by_role("button", name="Choose a database").press("Enter")
    expect(desk.get_by_role("group", name="Which kind of database?")).to_be_visible()
    open_screen(desk, store, "rows/products")
    expect(desk.get_by_role("button", name="Green tea")).to_be_visible()
    assert store.row.database_type is DatabaseType.SHARED


def test_a_new_store_takes_over_the_rows_of_an_existing_one(
    desk: Page, api: httpx2.Client, api_url: str, shared_server: ServerOfTest, own_postgresql: ServerOfTest
) -> None:
    own_postgresql.query("CREATE SCHEMA old")
    own_postgresql.query("CREATE TABLE old.products (id INT PRIMARY KEY, store_id INT, name TEXT, slug TEXT, sku TEXT)")
    own_postgresql.query("INSERT INTO old.products VALUES (1, 7, 'Sencha', 'sencha', 'S'), (2, 7, '', 'empty', 'E')")
    store = owned_store(api)
    open_store(desk, api_url, store, "database")
    desk.get_by_role("link", name="Take over the rows").press("Enter")
    desk.get_by_label("PostgreSQL").focus()
    desk.keyboard.press("Space")
    fill_server(desk, own_postgresql)
    desk.get_by_label("Schema", exact=True).fill("old")
    desk.get_by_label("Value of store_id").fill("7")
    accessible(desk)
    desk.get_by_role("button", name="Next").press("Enter")
    expect(desk.get_by_role("heading", name="Where do the rows go?")).to_be_focused()
    desk.get_by_label("Shared").focus()
    desk.keyboard.press("Space")
    desk.get_by_role("button", name="Take over the rows").press("Enter")
    expect(desk.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    run_move_to_end(store.row.active_job or "")
    expect(desk.get_by_role("heading", name="The store has moved")).to_be_focused()
    expect(
        desk.get_by_role("table", name="Both copies are equal").get_by_role("row", name="products 1 1")
    ).to_be_visible()
    rejected = desk.get_by_role("table", name="Rejected rows")
    expect(rejected.get_by_role("row", name="products 2")).to_be_visible()
    accessible(desk)
