"""The operator's console about stores in Chromium: stores, jobs, migrations and the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chalicelib.kit import clock
from chalicelib.kit.auth import Account, Role
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.enums import DatabaseStatus, DatabaseType
from chalicelib.platform.models import AuditLog, RevenueReport, Store
from chalicelib.platform.service import audit
from infra.local import chromium
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import CONTRASTS, DESK, PHONE, browser
from tests.end_to_end.test_browser_console import ARABIC, LONG
from tests.end_to_end.test_browser_kit import SMALL_TARGETS
from tests.end_to_end.test_browser_operator import open_console
from tests.infra.ops.test_measures import add_metric
from tests.platform.clients import PlatformClient, new_account
from tests.platform.conftest import own_mysql, own_postgresql
from tests.platform.moves import move, run_move_to_end
from tests.platform.provisioning import owner_api, provision
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store

__all__ = ["browser", "own_mysql", "own_postgresql"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

ENDPOINT = "/v1/store/{table} products"
Drain = Callable[[], list[dict[str, Any]]]


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def tab(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    with browser_tab(browser, *request.param) as page:
        yield page


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    with browser_tab(browser, *DESK) as page:
        yield page


def store_in_use(**columns: Any) -> Store:
    """Return a store with a database that no test connects to."""
    return new_store(
        database_type=DatabaseType.MYSQL,
        database_status=DatabaseStatus.ACTIVE,
        database_host="db.example.com",
        database_name="shop",
        schema_revision="0001",
        **columns,
    )


def failed_job(api: httpx2.Client, server: ServerOfTest, drain: Drain) -> tuple[Store, str]:
    """Return a store whose first job failed, because the server refuses the password, and the job's id."""
    store = new_store(name="Harbour")
    answer = owner_api(api, store).post("provision", {"database": {**server.body, "password": "wrong"}})
    drain()
    return store, answer.json()["job_id"]


def add_report(period: str, total: Decimal) -> None:
    """Add the revenue report of a month."""
    row = RevenueReport(period, total_revenue=total, new_stores=2, churned_stores=1, generated_at=clock.now())
    row.by_currency, row.by_plan = {"USD": str(total), "EUR": "3"}, {"starter": "34.5", "professional": "1200"}
    row.save()


def go(tab: Page, api_url: str, screen: str) -> None:
    """Open a screen of the console by its address."""
    tab.goto(f"{api_url}/operator/app#{screen}")


def rows(tab: Page) -> Locator:
    """Return the rows of the tables, without their headings."""
    return tab.get_by_role("row").filter(has=tab.get_by_role("rowheader"))


def accessible(tab: Page) -> None:
    """Fail if the page scrolls sideways, has a small target, or too little contrast."""
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate(SMALL_TARGETS) == []
    assert tab.evaluate(CONTRASTS) == []


def test_a_store_is_found_suspended_and_reactivated(tab: Page, api_url: str, drain: Drain) -> None:
    owner = new_account()
    store = store_in_use(owner_id=owner.id, slug="tea-house", name=ARABIC, product_count=21)
    new_store(database_status=DatabaseStatus.FAILED, name="Harbour")
    open_console(tab, api_url)
    tab.get_by_role("tab", name="Stores").click()
    expect(rows(tab)).to_have_count(1)
    expect(rows(tab)).to_contain_text("Harbour")
    expect(tab.get_by_role("tab", selected=True)).to_be_in_viewport()  # on a phone the tabs are one row that scrolls
    accessible(tab)
    tab.get_by_label("Or owner").fill("nobody@example.com")
    tab.get_by_label("Or owner").press("Enter")
    expect(tab.get_by_text("No owner has this e-mail address.")).to_be_visible()
    tab.get_by_label("Or owner").fill(owner.email)
    tab.get_by_label("Or owner").press("Enter")
    expect(rows(tab)).to_have_count(1)
    tab.get_by_label("Or short name").fill("tea-house")
    tab.get_by_label("Or short name").press("Enter")
    tab.get_by_role("link", name=ARABIC).click()
    expect(tab.get_by_role("heading", name=ARABIC)).to_be_visible()
    expect(tab.get_by_text("mysql on db.example.com, shop")).to_be_visible()
    expect(rows(tab).filter(has_text="Products")).to_contain_text("84 %")
    accessible(tab)
    tab.get_by_role("button", name="Suspend", exact=True).click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Suspend").click()
    expect(dialog.get_by_text("Please fill this in.")).to_be_visible()
    dialog.get_by_label("Reason").fill("The bill of March is unpaid")
    dialog.get_by_role("button", name="Suspend").click()
    expect(tab.get_by_text("Suspended: The bill of March is unpaid")).to_be_visible()
    assert not Store.get(store.id).is_active
    tab.get_by_role("button", name="Reactivate").click()
    dialog.get_by_role("button", name="Reactivate").click()
    expect(tab.get_by_role("button", name="Suspend", exact=True)).to_be_visible()
    assert Store.get(store.id).database_status is DatabaseStatus.ACTIVE
    tab.get_by_role("button", name="Show the owner").click()
    expect(dialog).to_contain_text(owner.email)
    tab.keyboard.press("Escape")
    assert drain() == []
    tab.get_by_role("link", name="Audit log of the store").click()
    expect(rows(tab)).to_have_count(2)
    expect(rows(tab).filter(has_text="platform.suspend_store")).to_contain_text("The bill of March is unpaid")
    tab.get_by_label("Scope").fill("platform")
    tab.get_by_label("Scope").press("Enter")
    expect(rows(tab).filter(has_text="platform.read_user").first).to_contain_text(f"user:{owner.id}")
    accessible(tab)


def test_a_failed_job_is_retried_and_canceled_by_keyboard(
    desk: Page, api_url: str, api: httpx2.Client, drain: Drain, own_postgresql: ServerOfTest
) -> None:
    store, job = failed_job(api, own_postgresql, drain)
    open_console(desk, api_url)
    desk.get_by_role("tab", name="Shops").focus()
    desk.keyboard.press("End")
    while desk.get_by_role("tab", selected=True).inner_text() != "Jobs":
        desk.keyboard.press("ArrowLeft")
    expect(desk.get_by_text("No job is in progress.")).to_be_visible()
    desk.get_by_label("State").select_option("failed")
    expect(rows(desk)).to_contain_text("The server refuses this user and password")
    desk.get_by_role("button", name=f"Details of job {job}").press("Enter")
    expect(desk.get_by_role("dialog")).to_contain_text("LoginRefused")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name=f"Details of job {job}")).to_be_focused()
    desk.get_by_role("button", name=f"Retry job {job}").press("Enter")
    expect(desk.get_by_text("No job failed in the last 24 hours.")).to_be_visible()
    desk.get_by_label("State").select_option("running")
    expect(rows(desk)).to_contain_text("none since")
    drain()
    desk.get_by_label("State").select_option("failed")
    desk.get_by_role("link", name=store.id).press("Enter")
    expect(desk.get_by_role("heading", name="Harbour")).to_be_visible()
    desk.get_by_role("button", name=f"Cancel job {job}").press("Enter")
    desk.get_by_role("button", name="Cancel the job").press("Enter")
    expect(desk.get_by_text("Canceling the job")).to_be_visible()
    drain()
    desk.get_by_role("button", name="Look again").press("Enter")
    expect(rows(desk).filter(has_text=job)).to_contain_text("cancelled")
    expect(desk.get_by_role("button", name=f"Retry job {job}")).to_have_count(0)


def test_all_stores_are_migrated_and_the_failed_ones_are_named(tab: Page, api_url: str, drain: Drain) -> None:
    store = store_in_use()
    open_console(tab, api_url)
    tab.get_by_role("tab", name="Migrations").click()
    expect(tab.get_by_role("heading", name="No runs")).to_be_visible()
    tab.get_by_role("button", name="Migrate all stores").click()
    tab.get_by_role("dialog").get_by_role("button", name="Migrate").click()
    expect(tab.get_by_role("button", name="Stop")).to_be_visible()
    assert drain() == []
    tab.get_by_role("button", name="Look again").click()
    expect(rows(tab)).to_contain_text("The store has no database yet")
    accessible(tab)
    tab.get_by_label("Stores with the status").select_option("completed")
    expect(tab.get_by_text("No store of this run has this status.")).to_be_visible()
    tab.get_by_label("Stores with the status").select_option("failed")
    expect(tab.get_by_role("link", name=store.id)).to_be_visible()
    tab.get_by_role("link", name="Migrations").click()
    expect(rows(tab)).to_have_count(1)
    accessible(tab)


def test_entries_of_a_range_of_time_show_what_changed(desk: Page, api_url: str, drain: Drain) -> None:
    audit.publish_change(
        Account(Role.OPERATOR, "cli:olga"),
        Change(
            "platform", "platform.put_setting", "setting:sign_up", {"is_open": True}, {"is_open": False, "why": LONG}
        ),
    )
    drain()
    open_console(desk, api_url)
    go(desk, api_url, "audit")
    expect(rows(desk)).to_contain_text("true → false")
    accessible(desk)
    desk.get_by_label("Until").fill(clock.now().strftime("%Y-%m-%dT00:00"))
    desk.get_by_label("Until").press("Tab")
    expect(desk.get_by_role("heading", name="No entries")).to_be_visible()
    desk.get_by_label("Until").fill("")
    desk.get_by_label("Or account").fill("cli:olga")
    desk.get_by_label("Or account").press("Enter")
    expect(rows(desk)).to_have_count(1)


def test_a_backup_is_made_downloaded_and_restored(
    tab: Page, api_url: str, api: httpx2.Client, drain: Drain, own_postgresql: ServerOfTest
) -> None:
    store = new_store(name="Tea House")
    provision(owner_api(api, store), own_postgresql.body)
    open_console(tab, api_url)
    go(tab, api_url, f"stores/{store.id}")
    tab.get_by_role("button", name="Show the backups").click()
    expect(tab.get_by_text("The store was not backed up in the last 30 days.")).to_be_visible()
    tab.get_by_role("button", name="Back up now").click()
    expect(tab.get_by_text("The backup is being made.")).to_be_visible()
    assert drain() == []
    assert "platform.list_backups" in {entry.action for entry in AuditLog.query(store.id)}
    tab.get_by_role("button", name="Look again").click()
    tab.get_by_role("button", name="Show the backups").click()
    backup = tab.get_by_role("table", name="Backups of the last 30 days").get_by_role("row").last
    expect(backup).to_contain_text("Download")
    accessible(tab)
    url = backup.get_by_role("link", name="Download").get_attribute("href")
    assert httpx2.get(url or "").content.startswith(b"PK")
    backup.get_by_role("button", name="Restore").click()
    tab.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(tab.get_by_text("The backup is being restored.")).to_be_visible()
    run_move_to_end(Store.get(store.id).active_job or "")
    tab.get_by_role("button", name="Look again").click()
    expect(
        tab.get_by_role("table", name="Jobs of the store").get_by_role("row").filter(has_text="restore")
    ).to_contain_text("completed")


def test_the_details_of_a_move_show_its_proof(
    tab: Page, api_url: str, api: httpx2.Client, own_postgresql: ServerOfTest, own_mysql: ServerOfTest
) -> None:
    owner = owner_api(api, new_store())
    provision(owner, own_postgresql.body)
    job = move(owner, own_mysql.body)
    open_console(tab, api_url)
    go(tab, api_url, f"stores/{owner.store.id}")
    tab.get_by_role("button", name=f"Details of job {job.id}").click()
    proof = tab.get_by_role("table", name="Proven equal on both sides")
    expect(proof.get_by_role("row").filter(has_text="customers")).to_be_visible()
    accessible(tab)
    url = tab.get_by_role("link", name="Download the proof").get_attribute("href")
    assert httpx2.get(url or "").status_code == 200


def test_the_deletion_of_a_store_is_undone(desk: Page, api_url: str, api: httpx2.Client) -> None:
    owner = new_account()
    store = new_store(owner.id)
    PlatformClient(api, owner.id).call("DELETE", f"platform/stores/{store.id}", {"confirm": store.slug})
    open_console(desk, api_url)
    go(desk, api_url, f"stores/{store.id}")
    expect(desk.get_by_text("Its owner deleted the store.")).to_be_visible()
    accessible(desk)
    desk.get_by_role("button", name="Undo the deletion").press("Enter")
    desk.get_by_role("button", name="Undo it").press("Enter")
    expect(desk.get_by_text("The deletion is undone.")).to_be_visible()
    expect(desk.get_by_text("Its owner deleted the store.")).to_have_count(0)
    assert Store.get(store.id).deletion_due_at is None


def test_revenue_and_performance_have_charts_with_tables(tab: Page, api_url: str) -> None:
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    for months in range(3):
        add_report(f"{now - timedelta(days=31 * months):%Y-%m}", Decimal("1234.5") - 100 * months)
    for hours in (1, 2, 5):
        add_metric(ENDPOINT, now - timedelta(hours=hours), 1000 + hours)
    open_console(tab, api_url)
    tab.get_by_role("tab", name="Revenue").click()
    chart = tab.locator("figure").filter(has_text="Payments of stores less refunds")
    expect(chart.get_by_role("img")).to_have_count(3)
    expect(rows(tab).filter(has_text=f"{now:%Y-%m}").first).to_contain_text("€3.00")
    expect(tab.get_by_role("link", name="Recurring revenue (MRR)")).to_have_attribute(
        "href", "../analytics/app#revenue"
    )
    accessible(tab)
    tab.get_by_role("tab", name="Performance").click()
    tab.get_by_label("Hour", exact=True).fill(f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}")
    tab.get_by_label("Hour", exact=True).press("Tab")
    expect(rows(tab)).to_contain_text("1,002")
    accessible(tab)
    tab.get_by_role("link", name=ENDPOINT).click()
    expect(tab.get_by_role("heading", name=ENDPOINT)).to_be_visible()
    chart = tab.locator("figure").filter(has_text="Latency by hour")
    expect(chart.get_by_role("img")).to_have_count(9)  # three hours with three values each
    chart.get_by_role("img").first.focus()
    tab.keyboard.press("ArrowDown")
    expect(chart.get_by_text("p95")).to_have_count(3)
    accessible(tab)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_support_sees_the_screens_of_stores_and_changes_nothing(
    desk: Page,
    api_url: str,
    api: httpx2.Client,
    drain: Drain,
    own_postgresql: ServerOfTest,
    width: int,
    scheme: Any,
) -> None:
    store, _ = failed_job(api, own_postgresql, drain)
    desk.set_viewport_size({"width": width, "height": 800})
    desk.emulate_media(color_scheme=scheme)
    open_console(desk, api_url, "support")
    visits = {
        "stores": "Harbour",
        f"stores/{store.id}": "The server refuses this user and password",
        "jobs": "No job is in progress.",
        "migrations": "No release has changed the stores' tables.",
        "revenue": "No store paid in these months.",
        "performance": "No store was called in this hour, or it is not computed yet.",
        f"audit/{store.id}": "platform.provision_store",
    }
    for address, text in visits.items():
        go(desk, api_url, address)
        expect(desk.get_by_text(text).first).to_be_visible()
        accessible(desk)
        names = desk.get_by_role("tabpanel").get_by_role("button").all_inner_texts()
        assert set(names) <= {"Show more", "Look again", "Show the owner", "Details"}, address
