"""Reports by e-mail: an export of the shop's days, and a link to it in Shopify's admin.

The e-mail holds no figures and no link to the file: its reader must be signed in to the shop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from chalicelib.discounts.domain.report_periods import due_period, rhythm_of
from chalicelib.discounts.enums import FigureKind
from chalicelib.discounts.models import APP
from chalicelib.discounts.schemas.figure_exports import FigureExportCreate
from chalicelib.discounts.service import figure_exports
from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailRefused
from chalicelib.kit import clock, ids, logs, signing, unique_values
from chalicelib.kit.errors import Conflict, Unavailable
from chalicelib.kit.tables import Transaction
from chalicelib.shops.service import app_page_url, find_contact

SETTING = "report"
LEASE = timedelta(minutes=2)
"""The time in which one worker alone may send a report."""
_REMEMBERED = timedelta(days=14)
"""A day's close is not repeated later."""

log = logs.logger("discounts")


def send_due_report(shop: str, ended_day: date) -> None:
    """Export the figures of the period that ended, and e-mail the shop a link. A repeat does nothing.

    Only a crash after SES accepted the e-mail sends it again. Raises Unavailable while another worker sends it.
    """
    contact = find_contact(shop, APP)
    period = due_period(rhythm_of(contact.settings.get(SETTING)), ended_day) if contact else None
    if contact is None or contact.email is None or period is None:
        return
    digest = signing.digest(f"{shop} {ended_day}".encode())  # the name of an erased shop must not stay stored
    sent = unique_values.value_key("discounts", "reports", "sent", digest)
    with _claimed(unique_values.value_key("discounts", "reports", "sending", digest)):
        if unique_values.owner_of(sent) is not None:
            return
        export_id = _send(shop, contact.email, app_page_url(contact.domain, APP), period)
        with Transaction() as transaction:
            unique_values.claim(transaction, sent, export_id, Conflict(), clock.now() + _REMEMBERED)


@contextmanager
def _claimed(name: str) -> Iterator[None]:
    """Claim the name for a worker. Raises Unavailable if another worker has it."""
    worker = ids.new()
    with Transaction() as transaction:
        unique_values.claim(transaction, name, worker, Unavailable(), clock.now() + LEASE)
    try:
        yield
    finally:
        with Transaction() as transaction:
            unique_values.release(transaction, name, worker)


def _send(shop: str, recipient: str, url: str, period: tuple[date, date]) -> str:
    """Request the export and send the e-mail, unless SES refuses it; return the export's id."""
    first, last = period
    body = FigureExportCreate.model_validate({"kind": FigureKind.DAYS, "from": first, "to": last})
    export = figure_exports.request_export(shop, body, None)
    try:
        email.send(_composed(recipient, url, period))
    except EmailRefused as error:
        log.warning("report not sent: the e-mail was refused", extra={"shop": shop, "why": str(error)})
    return export.export_id


def _composed(recipient: str, url: str, period: tuple[date, date]) -> Email:
    first, last = period
    return Email(
        recipient,
        f"Discount report {first:%Y-%m-%d} to {last:%Y-%m-%d}",
        f"Your discount report from {first:%Y-%m-%d} to {last:%Y-%m-%d} is ready as a CSV file for 14 days.\n\n"
        f"Open it in your Shopify admin, under Exports:\n{url}\n\n"
        f"To change or stop these e-mails, open the app's settings there.\n",
    )
