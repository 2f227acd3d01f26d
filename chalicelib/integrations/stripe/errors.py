"""Errors from the Stripe API that kit has no class for."""

from __future__ import annotations

from chalicelib.kit.errors import NotFound, Problem


class StripeObjectNotFound(NotFound):
    """Stripe has no such object. `param` is the request parameter with its id, e.g. `customer`."""

    code = "StripeObjectNotFound"
    title = "Stripe has no such object"

    def __init__(self, detail: str = "", param: str | None = None) -> None:
        super().__init__(detail)
        self.param = param


class StripeRefused(Problem):
    """Stripe rejected our request: a defect or a wrong key. The caller gets no details."""

    code = "StripeRefused"
    status, title = 502, "The payment service did not accept the request"


class PaymentDeclined(Problem):
    """The customer's payment method was declined, or needs a confirmation by the customer."""

    code = "PaymentDeclined"
    status, title = 402, "The payment failed; nothing was changed"
