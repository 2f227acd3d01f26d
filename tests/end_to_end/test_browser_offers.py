"""The operator's console for the couples app in Chromium: perks, partners, bookings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.kit import auth, clock, ids, secrets
from chalicelib.kit.auth import Role
from chalicelib.together.domain import sealed_columns
from chalicelib.together.enums import PartnerKind, PerkKind, PerkStatus
from chalicelib.together.models import Booking, Partner, Perk
from infra.local import chromium
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import CONTRASTS, browser
from tests.end_to_end.test_browser_kit import SMALL_TARGETS

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

ADDRESS = "Ada <b>Byron</b>\n1 Long Lane"


@pytest.fixture(params=[(360, 740), (1280, 800)], ids=["phone", "desk"])
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser_tab(browser, *request.param) as tab:
        yield tab


def open_tab(tab: Page, api_url: str, key: str, role: Role = Role.OPERATOR) -> None:
    tab.goto(f"{api_url}/operator/app")
    tab.evaluate("token => sessionStorage.setItem('token', token)", auth.mint(role, "1"))
    tab.goto("about:blank")
    tab.goto(f"{api_url}/operator/app#{key}")


def expect_readable(tab: Page) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth") <= tab.viewport_size["width"]  # type: ignore[index]
    assert tab.evaluate(CONTRASTS) == []
    assert tab.evaluate(SMALL_TARGETS) == []


def new_perk(user_id: str) -> str:
    perk, now = "surprise_box#2026-11#premium_plus", clock.now()
    Perk(
        user_id,
        perk,
        kind=PerkKind.SURPRISE_BOX,
        address=secrets.encrypt(ADDRESS, sealed_columns.address_context(user_id, perk)),
        created_at=now,
        updated_at=now,
    ).save()
    return perk


def test_an_operator_ships_a_box_and_support_only_reads(tab: Page, api_url: str) -> None:
    user_id = ids.new()
    perk = new_perk(user_id)
    open_tab(tab, api_url, "perks", Role.SUPPORT)
    expect(tab.get_by_text("Surprise box")).to_be_visible()
    expect(tab.get_by_role("button", name=re.compile("Fulfil"))).to_have_count(0)
    open_tab(tab, api_url, "perks")
    tab.get_by_role("button", name=f"Fulfil the perk of {user_id}").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("1 Long Lane"))).to_be_visible()
    assert dialog.locator("pre").inner_text() == ADDRESS
    dialog.get_by_label("Status").select_option("shipped")
    dialog.get_by_label("Tracking").fill("TRACK-1")
    expect_readable(tab)
    dialog.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("The perk is saved.")).to_be_visible()
    row = Perk.get(user_id, perk)
    assert (row.status, row.tracking) == (PerkStatus.SHIPPED, "TRACK-1")
    expect(tab.get_by_role("heading", name="No perks")).to_be_visible()


def test_an_operator_adds_a_partner_and_imports_its_report(tab: Page, api_url: str, tmp_path: Path) -> None:
    open_tab(tab, api_url, "partners")
    tab.get_by_role("button", name="Add a partner").click()
    form = tab.get_by_role("form", name="Add a partner")
    values = {"Id": "trattoria", "Name": "Trattoria", "City": "Bonn", "Country": "de"}
    for label, value in values.items():
        form.get_by_label(label, exact=True).fill(value)
    form.get_by_label("Link").fill("http://example.com/?c={click_id}")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Link")).to_have_attribute("aria-invalid", "true")  # https only
    form.get_by_label("Link").fill("https://example.com/?c={click_id}")
    form.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("The partner is saved.")).to_be_visible()
    partner = Partner.get("trattoria")
    assert (partner.kind, partner.city, partner.country) == (PartnerKind.RESTAURANT, "Bonn", "DE")
    tab.get_by_label("City").fill("Bonn")
    tab.get_by_label("City").press("Enter")
    expect(tab.get_by_role("button", name="Edit Trattoria")).to_be_visible()
    expect_readable(tab)
    _import_report(tab, api_url, tmp_path)


def _import_report(tab: Page, api_url: str, folder: Path) -> None:
    user_id, now = ids.new(), clock.now()
    click = Booking(ids.new(), partner_id="trattoria", user_id=user_id, created_at=now, updated_at=now)
    click.save()
    line = {"click_id": click.id, "external_id": "T-1", "status": "confirmed", "at": clock.iso(now)}
    report = folder / "report.jsonl"
    report.write_text(json.dumps(line | {"amount": "80", "currency": "EUR"}) + "\nnot JSON\n")
    open_tab(tab, api_url, "bookings")
    tab.get_by_role("button", name="Import a report").click()
    form = tab.get_by_role("form", name="Import a partner's report")
    form.get_by_label("Partner's id").fill("trattoria")
    form.get_by_label("Report").set_input_files(report)
    form.get_by_role("button", name="Import").click()
    expect(tab.get_by_text("1 changed, 0 unchanged, 1 refused.")).to_be_visible()
    tab.get_by_role("dialog").get_by_role("button", name="Close").click()
    tab.get_by_label("Member's id").fill(user_id)
    tab.get_by_label("Member's id").press("Enter")
    expect(tab.get_by_text("confirmed")).to_be_visible()
    expect_readable(tab)
