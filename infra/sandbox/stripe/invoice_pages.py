"""The pages of invoices and receipts, at the `hosted_invoice_url`, `invoice_pdf` and `receipt_url` of objects."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from infra.sandbox.server import Json, Request, Response, Route
from infra.sandbox.stripe.html import money, page

if TYPE_CHECKING:
    from infra.sandbox.stripe.sandbox import StripeSandbox


class InvoicePages:
    """Serves the page of an invoice (lines, total and status), and the receipt of a charge."""

    def __init__(self, sandbox: StripeSandbox) -> None:
        self._sandbox = sandbox
        self.routes = [
            Route("GET", "/i/{invoice}", self._show_invoice),
            Route("GET", "/i/{invoice}/pdf", self._show_invoice),
            Route("GET", "/receipts/{charge}", self._show_receipt),
        ]

    def _show_invoice(self, _: Request, invoice: str) -> Response:
        with self._sandbox.store() as store:
            row = store.find(invoice)
        if row is None or row["object"] != "invoice":
            return page(404, "No such invoice")
        currency = row["currency"]
        lines = "".join(_row(line["description"], line["amount"], currency) for line in row["lines"]["data"])
        discount = sum(each["amount"] for each in row["total_discount_amounts"])
        tax = sum(each["amount"] for each in row["total_taxes"])
        sums = [("Discount", -discount), ("Tax", tax), ("Total", row["total"]), ("Paid", row["amount_paid"])]
        rows = lines + "".join(_row(name, amount, currency) for name, amount in sums if amount or name == "Total")
        head = f"<p>{escape(row['customer_email'] or '')}</p><p>Status: {escape(row['status'])}</p>"
        return page(200, f"Invoice {row['number']}", f"{head}<table><tbody>{rows}</tbody></table>")

    def _show_receipt(self, _: Request, charge: str) -> Response:
        with self._sandbox.store() as store:
            row = store.find(charge)
        if row is None or row["object"] != "charge":
            return page(404, "No such receipt")
        return page(200, "Receipt", f"<table><tbody>{''.join(_receipt_rows(row))}</tbody></table>")


def _receipt_rows(charge: Json) -> list[str]:
    rows = [_row(charge["description"] or "Payment", charge["amount"], charge["currency"])]
    refunded = charge["amount_refunded"]
    return [*rows, *([_row("Refunded", -refunded, charge["currency"])] if refunded else [])]


def _row(name: str, amount: int, currency: str) -> str:
    return f"<tr><td>{escape(name)}</td><td>{money(amount, currency)}</td></tr>"
