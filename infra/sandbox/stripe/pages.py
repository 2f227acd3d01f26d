"""The pages for a browser: the checkout page with its pay button, and the customer portal."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from infra.sandbox.server import Request, Response, Route, redirect
from infra.sandbox.stripe import portal, portal_page
from infra.sandbox.stripe.checkout import line_items
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.html import money, page

if TYPE_CHECKING:
    from infra.sandbox.stripe.sandbox import StripeSandbox


class Pages:
    """Serves the pages at the `url` of checkout and portal sessions."""

    def __init__(self, sandbox: StripeSandbox) -> None:
        self._sandbox = sandbox
        self.routes = [
            Route("GET", "/c/pay/{session}", self._show_checkout),
            Route("POST", "/c/pay/{session}", self._pay),
            Route("GET", "/p/session/{session}", self._show_portal),
            Route("POST", "/p/session/{session}", self._press),
        ]

    def _show_checkout(self, _: Request, session: str) -> Response:
        with self._sandbox.store() as store:
            row = store.find(session)
            if row is None:
                return page(404, "No such checkout session")
            if row["status"] != "open":
                return page(200, f"This checkout session is {row['status']}")
            lines = "".join(
                f"<li>{line['quantity']} × {escape(line['description'])}: {money(line['amount_total'], row['currency'])}"
                for line in line_items(store, session)
            )
            off = row["total_details"]["amount_discount"]
            lines += f"<li>Discount: -{money(off, row['currency'])}" if off else ""
        back = f'<p><a href="{escape(row["cancel_url"])}">Back</a></p>' if row["cancel_url"] else ""
        total = money(row["amount_total"], row["currency"])
        email = escape(row["customer_email"] or "buyer@example.com")
        field = f'<p><label>E-mail <input name="email" type="email" value="{email}"></label></p>'
        form = f'<form method="post">{field}<button>Pay {total}</button></form>'
        return page(200, "Sandbox checkout", f"<ul>{lines}</ul>{form}{back}")

    def _pay(self, request: Request, session: str) -> Response:
        try:
            self._sandbox.complete_checkout(session, email=request.fields().get("email"))
        except ApiError as error:
            return page(error.status, str(error))
        with self._sandbox.store() as store:
            target = store.get("checkout.session", session)["success_url"]
        return redirect(303, target.replace("{CHECKOUT_SESSION_ID}", session))

    def _show_portal(self, _: Request, session: str) -> Response:
        with self._sandbox.store() as store:
            row = store.find(session)
            if row is None:
                return page(404, "No such portal session")
            mine = [each for each in store.all("subscription") if each["customer"] == row["customer"]]
            offered = portal.offered_prices(store, row)
            shown = "".join(portal_page.subscription(store, each, offered) for each in mine)
        back = f'<p><a href="{escape(row["return_url"])}">Back</a></p>' if row["return_url"] else ""
        return page(200, "Sandbox billing portal", shown + back)

    def _press(self, request: Request, session: str) -> Response:
        try:
            with self._sandbox.store() as store:
                row = store.get("billing_portal.session", session)
                fields = {name: str(value) for name, value in request.fields().items()}
                portal_page.act(store, row["customer"], fields, portal.offered_prices(store, row))
        except ApiError as error:
            return page(error.status, str(error))
        return redirect(303, f"/p/session/{session}")
