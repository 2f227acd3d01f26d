"""CSV files on the owners' page in Chromium: import, its report, and export."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import FilePayload, Page, expect

from chalicelib.integrations import storage
from chalicelib.kit import clock, config
from chalicelib.platform.domain.transfers import LEASE
from chalicelib.platform.models import Transfer
from chalicelib.platform.schemas.transfers import TransferDue
from chalicelib.platform.service.transfers.worker import transfer_rows
from infra.local import chromium
from tests.end_to_end.owner_tabs import Drain, OwnedStore, accessible, desk, open_screen, open_store, owned_store, tab
from tests.end_to_end.test_browser import browser
from tests.platform.conftest import shared_server
from tests.platform.store_servers import ServerOfTest

__all__ = ["browser", "desk", "shared_server", "tab"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

GOOD = 'sku,name,slug\r\nGT-1,Green tea,green-tea\r\nBT-1,"Black tea, strong",black-tea\r\n'
BAD = "sku,name,slug\r\nWT-1,White tea,white-tea\r\nGT-1,Green tea again,green-tea-again\r\nOT-1,,oolong\r\n"


@pytest.fixture
def store(api: httpx2.Client, shared_server: ServerOfTest) -> OwnedStore:
    return owned_store(api, shared_server.body)


def csv_file(text: str | bytes, name: str = "products.csv") -> FilePayload:
    """Return a file for a file field."""
    return {"name": name, "mimeType": "text/csv", "buffer": text if isinstance(text, bytes) else text.encode()}


def choose_file(tab: Page, text: str | bytes, mode: str = "insert", dry_run: bool = False) -> None:
    """Fill the form of an import and send it."""
    tab.get_by_label("CSV file").set_input_files(csv_file(text))
    tab.get_by_label("Rows", exact=True).select_option(mode)
    tab.get_by_label("Only check the file").set_checked(dry_run)
    tab.get_by_role("button", name="Import", exact=True).click()


def test_a_file_is_checked_then_imported_and_its_bad_rows_are_reported(
    tab: Page, api_url: str, drain: Drain, store: OwnedStore
) -> None:
    open_store(tab, api_url, store, "rows")
    tab.get_by_role("link", name="Import CSV").click()
    expect(tab.get_by_text("Columns:")).to_contain_text("sku")
    accessible(tab)
    choose_file(tab, GOOD, dry_run=True)
    expect(tab.get_by_text("Waiting for a worker")).to_be_visible()
    accessible(tab)
    assert drain() == []
    expect(tab.get_by_text("Every row is valid. Nothing was written.")).to_be_visible()
    expect(tab.get_by_role("heading", name="Import into products (check only)")).to_be_focused()
    tab.get_by_role("link", name="Import another file").click()
    choose_file(tab, GOOD)
    expect(tab.get_by_text("Waiting for a worker")).to_be_visible()
    assert drain() == []
    expect(tab.get_by_text("Every row was written.")).to_be_visible()
    tab.get_by_role("link", name="Import another file").click()
    choose_file(tab, BAD)
    expect(tab.get_by_text("Waiting for a worker")).to_be_visible()
    assert drain() == []
    expect(tab.get_by_text("3 rows read, 1 written, 2 rejected.")).to_be_visible()
    report = tab.get_by_role("table", name="Rejected rows")
    expect(report.get_by_role("row")).to_have_count(3)
    expect(report).to_contain_text("name")
    accessible(tab)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download the report").click()
    assert len(Path(download.value.path()).read_text().splitlines()) == 3
    tab.get_by_role("link", name="Show the rows").click()
    expect(tab.get_by_role("button", name="White tea")).to_be_visible()
    expect(tab.get_by_role("button", name="Black tea, strong")).to_be_visible()
    open_screen(tab, store, "csv")
    expect(tab.get_by_role("link", name="Import into products")).to_have_count(3)
    accessible(tab)


def test_the_progress_of_an_import_is_followed(
    desk: Page, api_url: str, drain: Drain, store: OwnedStore, shared_server: ServerOfTest
) -> None:
    store.create_rows("customers", {"email": "c599@example.com", "first_name": "Carla"})
    lines = "".join(f"c{n}@example.com,Carla\r\n" for n in range(700))
    open_store(desk, api_url, store, "import/customers")
    with shared_server.connect() as connection:
        connection.execute("BEGIN")
        connection.execute(f"SELECT * FROM {shared_server.schema_of(store.row)}.customers FOR UPDATE")
        choose_file(desk, f"email,first_name\r\n{lines}", mode="upsert")
        expect(desk.get_by_text("Waiting for a worker")).to_be_visible()
        drain()
        expect(desk.get_by_text("500 rows read, 500 written, 0 rejected.")).to_be_visible()
        share = desk.get_by_role("progressbar", name="Progress").evaluate("bar => bar.value")
        assert 60 <= share < 80
        accessible(desk)
        connection.execute("ROLLBACK")
    [row] = Transfer.query(store.id)
    row.update([Transfer.lease_until.set(clock.now() - LEASE)])
    transfer_rows(TransferDue(store_id=store.id, transfer_id=row.id))
    expect(desk.get_by_text("700 rows read, 700 written, 0 rejected.")).to_be_visible()
    expect(desk.get_by_text("Every row was written.")).to_be_visible()


def test_an_unusable_file_is_refused_in_words_by_keyboard(
    desk: Page, api_url: str, drain: Drain, store: OwnedStore
) -> None:
    open_store(desk, api_url, store, "import/products")
    desk.get_by_role("button", name="Import", exact=True).press("Enter")
    expect(desk.get_by_text("Please fill this in.")).to_be_visible()
    expect(desk.get_by_label("CSV file")).to_be_focused()
    desk.get_by_label("CSV file").set_input_files(csv_file(""))
    desk.get_by_role("button", name="Import", exact=True).press("Enter")
    expect(desk.get_by_text("The file is empty.")).to_be_visible()
    desk.get_by_label("CSV file").set_input_files(csv_file("sku,name\r\nGT-1,Gr\xfcn\r\n".encode("latin-1")))
    desk.get_by_role("button", name="Import", exact=True).press("Enter")
    expect(desk.get_by_text("Waiting for a worker")).to_be_visible()
    assert drain() == []
    expect(desk.get_by_text("UTF-8")).to_be_visible()
    expect(desk.get_by_role("heading", name="Import into products")).to_be_focused()
    accessible(desk)


def test_a_file_that_does_not_arrive_can_be_sent_again(
    desk: Page, api_url: str, drain: Drain, store: OwnedStore
) -> None:
    buckets = storage.origins(config.settings().images_bucket).split()
    open_store(desk, api_url, store, "import/products")
    for origin in buckets:
        desk.route(f"{origin}/**", lambda route: route.abort())
    choose_file(desk, GOOD, mode="upsert")
    expect(desk.get_by_text("The upload failed. Please try again.")).to_be_visible()
    expect(desk.get_by_label("Rows", exact=True)).to_have_value("upsert")
    desk.unroute_all()
    desk.get_by_role("button", name="Import", exact=True).press("Enter")
    expect(desk.get_by_text("Waiting for a worker")).to_be_visible()
    assert drain() == []
    expect(desk.get_by_text("Every row was written.")).to_be_visible()


def test_the_rows_of_a_filter_are_exported(tab: Page, api_url: str, drain: Drain, store: OwnedStore) -> None:
    rows = [{"name": f"{kind} tea", "slug": kind.lower(), "sku": kind} for kind in ("Green", "Black", "White")]
    store.create_rows("products", *rows)
    open_store(tab, api_url, store, "rows/products")
    tab.get_by_label("Value").fill("ee")
    tab.get_by_role("button", name="Show", exact=True).click()
    expect(tab.get_by_role("button", name="Black tea")).to_have_count(0)
    tab.get_by_role("button", name="Export CSV").click()
    expect(tab.get_by_text("Waiting for a worker")).to_be_visible()
    assert drain() == []
    expect(tab.get_by_text("Completed. 1 rows.")).to_be_visible()
    accessible(tab)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download the file").click()
    header, line = Path(download.value.path()).read_text().splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["name"] == "Green tea"
