"""The front door, the operator's console and the API reference in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.models import StripeWebhook
from chalicelib.kit import aws, clock, ids, messages, passwords, sessions
from chalicelib.kit.accounts import rows
from chalicelib.kit.accounts.mail import link_of
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.platform.enums import UserRole
from chalicelib.platform.models import PlatformUser
from chalicelib.platform.repository.users import USERS
from chalicelib.platform.service import staff
from chalicelib.platform.service.realm import REALM
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType
from chalicelib.studio.repository.generation_queries import with_state_keys
from infra.local import chromium, owners
from infra.local.owners import PASSWORD
from tests.end_to_end.tabs import browser_tab
from tests.end_to_end.test_browser import CONTRASTS, browser
from tests.end_to_end.test_browser_console import ARABIC, LONG
from tests.end_to_end.test_browser_kit import SMALL_TARGETS
from tests.shops.factories import seed

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

QUEUE = "studio-generate_preview"


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    with browser_tab(browser, 390, 800) as tab:
        yield tab


@pytest.fixture
def shop(api_url: str) -> str:
    """A shop with two failed prints, whose errors are long and Arabic, and a failed delivery."""
    [shop] = seed(1)
    now = clock.now()
    for error in (ARABIC, LONG):
        row = Generation(
            id=ids.new(),
            shop_id=shop,
            product_id=ids.new(),
            ai_style_id=ids.new(),
            order_id="gid://shopify/Order/1",
            line_item_id="1",
            input_image_url="s3://bucket/key",
            generation_type=GenerationType.FINAL,
            status=GenerationStatus.FAILED,
            ai_prompt_used="x",
            error_message=error,
            created_at=now,
            updated_at=now,
        )
        with_state_keys(row).save()
    add_delivery(shop, DeliveryStatus.FAILED, error_message=LONG)
    return shop


def add_delivery(shop: str, status: DeliveryStatus, days_ago: int = 0, **columns: Any) -> str:
    """Add a delivery and return its id."""
    received_at = clock.now() - timedelta(days=days_ago)
    row = WebhookDelivery(
        delivery_id=ids.new(),
        shop=shop,
        app="studio",
        topic="orders/paid",
        status=status,
        payload={},
        received_at=received_at,
        expires_epoch=received_at + timedelta(days=30),
        **columns,
    )
    row.save()
    return str(row.delivery_id)


def open_console(tab: Page, api_url: str, role: str = "operator") -> None:
    tab.goto(api_url)
    tab.get_by_role("link", name="Operator's console" if role == "operator" else "Console as support").click()
    expect(tab.get_by_role("tab", name="Shops")).to_be_visible()


def test_the_front_door_leads_to_dead_letters_that_are_moved_back_by_keyboard(tab: Page, api_url: str) -> None:
    for number in range(2):
        url = messages.queue_url(f"{QUEUE}-dead")
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=f'{{"email": "her@example.com", "number": {number}}}')
    tab.goto(api_url)
    tab.get_by_role("link", name="Operator's console").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("tab", name="Shops").focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    expect(tab.get_by_role("tab", name="Dead letters")).to_be_focused()
    tab.get_by_role("table", name="Queues with dead letters").get_by_role("link", name=QUEUE).focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("her@example.com")).to_have_count(0)
    tab.get_by_role("button", name="Redrive all").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("dialog").get_by_role("button", name="Redrive").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("2 messages were moved back.")).to_be_visible()
    expect(tab.get_by_role("heading", name="No dead letters")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_support_sees_every_tab_and_no_button_that_changes_something(
    tab: Page, api_url: str, shop: str, width: int, scheme: Any
) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=scheme)
    open_console(tab, api_url, "support")
    visits = {
        "shops": "Download as CSV",
        f"deliveries/{shop}": LONG[:60],
        "stripe": "Every event was processed.",
        "dead-letters": "Every message was handled.",
        "generations": "No generation is stuck.",
        "retention": "shops/sessions",
        "privacy": "There is none like this.",
        "sizes": "Not counted yet.",
    }
    for address, text in visits.items():
        tab.goto(f"{api_url}/operator/app#{address}")
        expect(tab.get_by_text(text).first).to_be_visible()
        if address == "generations":
            tab.get_by_label("State", exact=True).select_option("failed")
            expect(tab.get_by_text(ARABIC)).to_be_visible()
            expect(tab.get_by_text(LONG.strip())).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, address
        assert tab.evaluate(CONTRASTS) == [], address
        assert tab.evaluate(SMALL_TARGETS) == [], address
        names = tab.get_by_role("tabpanel").get_by_role("button").all_inner_texts()
        assert set(names) <= {"Download as CSV", "Count", "Show more"}, address


@pytest.fixture
def admin(api: httpx2.Client) -> tuple[str, pyotp.TOTP]:
    """The e-mail of an admin who has the owners' password of the local stack, and their authenticator app."""
    email = f"{ids.new()}@example.com"
    setup = staff.add_staff(email, UserRole.ADMIN, "Ada")
    row = rows.find_account(USERS, setup.user_id)
    assert row is not None
    PlatformUser(row.id).update([PlatformUser.password_hash.set(passwords.hash_password(PASSWORD))])
    return email, pyotp.TOTP(setup.totp_secret)


def sign_in(tab: Page, email: str, password: str = PASSWORD) -> None:
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password", exact=True).fill(password)
    tab.get_by_role("button", name="Sign in").click()


def test_an_admin_signs_in_with_a_code_and_replays_a_delivery(
    tab: Page, api_url: str, shop: str, admin: tuple[str, pyotp.TOTP]
) -> None:
    email, totp = admin
    tab.goto(f"{api_url}/operator/app#deliveries/{shop}")
    sign_in(tab, email, "a wrong password")
    expect(tab.get_by_text("The e-mail or the password is wrong, or")).to_be_visible()
    sign_in(tab, email)
    expect(tab.get_by_role("heading", name="Enter your code")).to_be_focused()
    taken = {totp.at(clock.now(), counter_offset=offset) for offset in range(-2, 4)}
    tab.get_by_label("Code", exact=True).fill(
        next(code for code in ("000000", "111111", "222222") if code not in taken)
    )
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_text("This code is wrong, or it was used already.")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert (tab.evaluate(CONTRASTS), tab.evaluate(SMALL_TARGETS)) == ([], [])
    tab.get_by_label("Code", exact=True).fill(totp.now())
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("tab", name="Deliveries")).to_be_focused()
    tab.get_by_role("button", name=re.compile("Replay delivery")).click()
    expect(tab.get_by_role("dialog").or_(tab.get_by_role("status").filter(has_text="again")).first).to_be_visible()
    assert tab.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    tab.reload()
    expect(tab.get_by_role("button", name=re.compile("Replay delivery"))).to_be_visible()
    tab.keyboard.press("Escape")
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert sessions.list_sessions(f"operator:{rows.find_by_email(USERS, email).id}") == []  # type: ignore[union-attr]


def test_an_owner_does_not_enter_the_console(tab: Page, api_url: str) -> None:
    email = f"{ids.new()}@example.com"
    owner_id = owners.find_or_add_owner(email)
    tab.goto(f"{api_url}/operator/app")
    sign_in(tab, email)
    expect(tab.get_by_text("This account is not one of the staff.")).to_be_visible()
    assert len(sessions.list_sessions(f"owner:{owner_id}")) == 1  # they are signed in to the owners' page


def test_staff_chooses_a_password_by_the_link_of_the_mail(
    tab: Page, api_url: str, admin: tuple[str, pyotp.TOTP]
) -> None:
    row = rows.find_by_email(USERS, admin[0])
    assert row is not None
    link = link_of(REALM, row, MailPurpose.RESET)
    tab.goto(f"{api_url}/operator/app{link[link.index('#') :]}")
    tab.get_by_label("New password", exact=True).fill("too short")
    tab.get_by_role("button", name="Save the password").click()
    expect(tab.get_by_label("New password", exact=True)).to_be_focused()
    tab.get_by_label("New password", exact=True).fill("nine amber kettles hum")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("The new password is set.")).to_be_visible()
    assert tab.evaluate("location.hash") == ""
    sign_in(tab, admin[0], "nine amber kettles hum")
    expect(tab.get_by_label("Code", exact=True)).to_be_visible()
    tab.goto(f"{api_url}/operator/app?again{link[link.index('#') :]}")
    tab.get_by_label("New password", exact=True).fill("nine amber kettles hum")
    tab.get_by_role("button", name="Save the password").click()
    expect(tab.get_by_text("This link cannot be used; request another")).to_be_visible()


def test_deliveries_are_listed_by_statuses_and_time_or_by_id(tab: Page, api_url: str, shop: str) -> None:
    received = add_delivery(shop, DeliveryStatus.RECEIVED, 2)
    processed = add_delivery(shop, DeliveryStatus.PROCESSED, 4)
    for _ in range(110):
        add_delivery(shop, DeliveryStatus.PROCESSED, 6)
    failed = add_delivery(shop, DeliveryStatus.FAILED, 8)
    open_console(tab, api_url)
    tab.get_by_role("tab", name="Deliveries").click()
    expect(tab.get_by_text("no index has them by status")).to_be_visible()
    rows = tab.get_by_role("row").filter(has=tab.get_by_role("rowheader"))
    field = tab.get_by_label("Shop or deliveries")
    tab.get_by_label("processed").uncheck()
    field.fill(shop)
    field.press("Tab")
    expect(rows).to_have_count(2)  # of the newest hundred
    expect(tab.get_by_text(re.compile(r"The search went back to .*\d"))).to_be_visible()
    tab.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(3)
    expect(rows.last).to_contain_text(failed)
    expect(tab.get_by_role("button", name="Replay these 3")).to_be_visible()
    tab.get_by_label("processed").check()
    tab.get_by_label("Since").fill((clock.now() - timedelta(days=5)).strftime("%Y-%m-%dT%H:%M"))
    tab.get_by_label("Since").press("Tab")
    expect(rows).to_have_count(3)
    expect(rows.last).to_contain_text(processed)
    expect(tab.get_by_role("button", name="Show more")).to_be_hidden()
    field.fill(f"{received} {failed}")
    field.press("Tab")
    expect(rows).to_have_count(2)
    expect(tab.get_by_role("button", name="Replay these 2")).to_be_visible()


def test_stripe_events_of_a_type_are_listed_since_a_time(tab: Page, api_url: str) -> None:
    for days_ago in (1, 3):
        created_at = clock.now() - timedelta(days=days_ago)
        StripeWebhook(
            stripe_event_id=f"evt_{days_ago}",
            event_type="invoice.paid",
            livemode=False,
            status=WebhookStatus.PROCESSED,
            stripe_created_at=created_at,
            received_at=created_at,
        ).save()
    open_console(tab, api_url)
    tab.get_by_role("tab", name="Stripe events").click()
    field = tab.get_by_label("Type or event")
    field.fill("invoice.paid")
    field.press("Tab")
    expect(tab.get_by_role("rowheader")).to_have_text(["evt_1", "evt_3"])
    tab.get_by_label("Since").fill((clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    tab.get_by_label("Since").press("Tab")
    expect(tab.get_by_role("rowheader")).to_have_text(["evt_1"])


def test_any_shop_is_looked_up_also_an_uninstalled_one(tab: Page, api_url: str) -> None:
    open_console(tab, api_url)
    tab.get_by_label("Look up a shop").fill("gone.myshopify.com")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="gone.myshopify.com")).to_be_visible()
    expect(tab.get_by_role("heading", name="No open sessions")).to_be_visible()


def test_the_api_reference_searches_and_sends_with_the_token(tab: Page, api_url: str, shop: str) -> None:
    open_console(tab, api_url)
    tab.goto(f"{api_url}/docs")
    tab.get_by_label("Search").fill("active shops")
    operation = tab.locator(".operation:visible")
    expect(operation).to_have_count(1)
    operation.locator("summary").click()
    expect(operation.get_by_text("Authorization: Bearer <token>")).to_be_visible()
    operation.get_by_label("app", exact=True).fill("studio")
    operation.get_by_role("button", name="Send").click()
    expect(operation.get_by_text("200 OK")).to_be_visible()
    expect(operation.get_by_text(f'"shop": "{shop}"')).to_be_visible()
    tab.get_by_label("Access token").fill("")
    operation.get_by_role("button", name="Send").click()
    expect(operation.get_by_text("401 Unauthorized")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.goto(f"{api_url}/docs#EventRead")
    expect(tab.locator("#EventRead")).to_have_attribute("open", "")
