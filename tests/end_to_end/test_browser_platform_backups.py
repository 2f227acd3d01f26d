"""Backups, restore and deletion of a store on the owners' page in Chromium."""

from __future__ import annotations

import zipfile
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from chalicelib.platform.enums import DatabaseStatus
from infra.local import chromium
from tests.end_to_end.owner_tabs import Drain, OwnedStore, accessible, open_screen, open_store, owned_store, tab
from tests.end_to_end.test_browser import browser
from tests.platform.conftest import shared_server
from tests.platform.moves import run_move_to_end
from tests.platform.store_servers import ServerOfTest

__all__ = ["browser", "shared_server", "tab"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]


@pytest.fixture
def store(api: httpx2.Client, shared_server: ServerOfTest) -> OwnedStore:
    """A store with a product on a shared server."""
    owned = owned_store(api, shared_server.body)
    owned.create_rows("products", {"name": "Green tea", "slug": "green", "sku": "GT-1"})
    return owned


def confirm(tab: Page, title: str, verb: str) -> None:
    """Agree in a dialog, and wait until it is closed."""
    dialog = tab.get_by_role("dialog", name=title)
    dialog.get_by_role("button", name=verb, exact=True).press("Enter")
    expect(dialog).to_have_count(0)


def test_a_store_is_restored_from_its_backup(tab: Page, api_url: str, drain: Drain, store: OwnedStore) -> None:
    open_store(tab, api_url, store)
    tab.get_by_role("link", name="Backups").click()
    expect(tab.get_by_role("heading", name="No backups")).to_be_visible()
    tab.get_by_role("button", name="Make a backup").press("Enter")
    expect(tab.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    accessible(tab)
    assert drain() == []
    expect(tab.get_by_role("heading", name="The backup is ready")).to_be_focused()
    tab.get_by_role("button", name="Show the backups").press("Enter")
    expect(tab.get_by_role("link", name="Restore the backup")).to_be_visible()
    accessible(tab)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download the backup").click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert "products.csv" in archive.namelist()
    store.create_rows("products", {"name": "Black tea", "slug": "black", "sku": "BT-1"})
    tab.get_by_role("link", name="Restore the backup").click()
    expect(tab.get_by_role("table", name="Rows by table").get_by_role("row", name="products 1")).to_be_visible()
    tab.get_by_label("On the same server").check()
    accessible(tab)
    tab.get_by_role("button", name="Restore the store").press("Enter")
    confirm(tab, "Restore the store?", "Restore")
    expect(tab.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    run_move_to_end(store.row.active_job or "")
    expect(tab.get_by_role("heading", name="The store is restored")).to_be_focused()
    open_screen(tab, store, "rows/products")
    expect(tab.get_by_role("button", name="Green tea")).to_be_visible()
    expect(tab.get_by_role("button", name="Black tea")).to_have_count(0)


def test_a_store_is_deleted_by_its_short_name_and_kept_after_all(
    tab: Page, api_url: str, drain: Drain, store: OwnedStore
) -> None:
    open_store(tab, api_url, store)
    tab.get_by_role("link", name="Delete the store").click()
    expect(tab.get_by_role("button", name="Delete the store")).to_have_class("danger")
    tab.get_by_label("to confirm").fill("another-store")
    tab.get_by_role("button", name="Delete the store").press("Enter")
    expect(tab.get_by_text(f"Please type {store.row.slug}.")).to_be_visible()
    expect(tab.get_by_label("to confirm")).to_be_focused()
    accessible(tab)
    assert store.row.deletion_due_at is None
    tab.get_by_label("to confirm").fill(store.row.slug)
    tab.get_by_role("button", name="Delete the store").press("Enter")
    expect(tab.get_by_text("The store is being deleted.")).to_be_visible()
    accessible(tab)
    assert drain() == []
    assert store.row.deletion_due_at
    open_screen(tab, store, "rows/products")
    expect(tab.get_by_text("The store is being deleted")).to_be_visible()
    open_screen(tab, store)
    tab.get_by_role("link", name="Backups").click()
    expect(tab.get_by_role("link", name="Download the backup")).to_be_visible()
    expect(tab.get_by_role("link", name="Restore the backup")).to_have_count(0)
    open_screen(tab, store)
    tab.get_by_role("button", name="Keep the store").press("Enter")
    expect(tab.get_by_role("heading", name="Settings")).to_be_visible()
    assert store.row.deletion_due_at is None
    assert store.row.database_status is DatabaseStatus.ACTIVE
    open_screen(tab, store, "rows/products")
    expect(tab.get_by_role("button", name="Green tea")).to_be_visible()
