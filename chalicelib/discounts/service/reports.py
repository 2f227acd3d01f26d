"""Reports by e-mail: an export of the shop's days, and a link to it in Shopify's admin.

The e-mail holds no figures and no link to the file: its reader must be signed in to the shop.
"""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.discounts.domain.report_periods import due_period, rhythm_of
from chalicelib.discounts.enums import FigureKind
from chalicelib.discounts.models import APP
from chalicelib.discounts.schemas.figure_exports import FigureExportCreate
from chalicelib.discounts.service import figure_exports
from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailRefused
from chalicelib.kit import clock, logs, signing, unique_values
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import Transaction
from chalicelib.shops.service import app_page_url, find_contact

SETTING = "report"
_REMEMBERED = timedelta(days=14)
"""A day's close is not repeated later."""

log = logs.logger("discounts")


class _AlreadySent(Conflict):
    """Another worker sent the report."""


def send_due_report(shop: str, ended_day: date) -> None:
    """Export the figures of the period that ended, and e-mail the shop a link. A repeat does nothing.

    If a worker crashes between the e-mail and the commit, a retry sends it again.
    """
    contact = find_contact(shop, APP)
    period = due_period(rhythm_of(contact.settings.get(SETTING)), ended_day) if contact else None
    if contact is None or period is None:
        return
    digest = signing.digest(f"{shop} {ended_day}".encode())  # the name of an erased shop must not stay stored
    key = unique_values.value_key("discounts", "reports", "sent", digest)
    if contact.email is None or unique_values.owner_of(key) is not None:
        return
    first, last = period
    body = FigureExportCreate.model_validate({"kind": FigureKind.DAYS, "from": first, "to": last})
    export = figure_exports.request_export(shop, body, None)
    try:
        email.send(_composed(contact.email, app_page_url(shop, APP), period))
    except EmailRefused as error:
        log.warning("report not sent: the e-mail was refused", extra={"shop": shop, "why": str(error)})
    try:
        with Transaction() as transaction:
            unique_values.claim(transaction, key, export.export_id, _AlreadySent(), clock.now() + _REMEMBERED)
    except _AlreadySent:
        log.info("report sent twice: two workers closed the day", extra={"shop": shop})


def _composed(recipient: str, url: str, period: tuple[date, date]) -> Email:
    first, last = period
    return Email(
        recipient,
        f"Discount report {first:%Y-%m-%d} to {last:%Y-%m-%d}",
        f"Your discount report from {first:%Y-%m-%d} to {last:%Y-%m-%d} is ready as a CSV file for 14 days.\n\n"
        f"Open it in your Shopify admin, under Exports:\n{url}\n\n"
        f"To change or stop these e-mails, open the app's settings there.\n",
    )
