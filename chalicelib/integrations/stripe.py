"""Stripe's API (docs.stripe.com/api): the calls that billing makes, with plain data as input and output.

Every call uses one pinned API version, regardless of the account's default. Raises ObjectMissing if Stripe has no such
object, Unavailable if Stripe is unreachable or limits the rate, PaymentDeclined if the customer's payment method fails,
StripeRefused for any other error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from chalicelib.kit import config, logs, secret_reader, signing
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.errors import Conflict, NotFound, Problem, Unavailable

if TYPE_CHECKING:
    from stripe import StripeClient, StripeError, StripeObject

API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS, READ_SECONDS, RETRIES = 2, 8, 2
"""Total time with both retries stays below API Gateway's limit of 29 seconds."""

Json = dict[str, Any]

log = logs.logger("stripe")


class ObjectMissing(NotFound):
    title = "Stripe has no such object"


class StripeRefused(Problem):
    """Stripe rejected our request: a defect or a wrong key. The caller gets no details."""

    status, title = 502, "The payment service did not accept the request"


class PaymentDeclined(Problem):
    """The customer's payment method was declined, or needs a confirmation by the customer."""

    status, title = 402, "The payment failed; nothing was changed"


@cache
def _client() -> StripeClient:
    import stripe

    key = secret_reader.secret("STRIPE_SECRET_KEY")
    if config.settings().stage != "prod" and key.startswith(("sk_live_", "rk_live_")):
        raise SettingMissing("STRIPE_SECRET_KEY is a live key; live keys are allowed only in stage prod")
    base = config.settings().vendor_base_urls.get("stripe")
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else {},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
    )


def forget() -> None:
    """Drop the cached client; for tests that change the key."""
    _client.cache_clear()


def create_customer(email: str, name: str | None, metadata: Mapping[str, str], idempotency_key: str) -> str:
    """Create a customer and return its id.

    For 24 hours the same idempotency key returns the same customer.
    """
    params: Any = {"email": email, "metadata": dict(metadata)} | ({"name": name} if name else {})
    made = call(lambda client: client.v1.customers.create(params, {"idempotency_key": idempotency_key}))
    return str(made["id"])


def create_checkout_session(params: Mapping[str, Any], idempotency_key: str) -> Json:
    """Create a Checkout session; `params` as in docs.stripe.com/api/checkout/sessions/create."""
    given: Any = dict(params)
    return call(lambda client: client.v1.checkout.sessions.create(given, {"idempotency_key": idempotency_key}))


def subscription(subscription_id: str) -> Json:
    """Retrieve a subscription's current state."""
    return call(lambda client: client.v1.subscriptions.retrieve(subscription_id))


def invoice(invoice_id: str) -> Json:
    """Retrieve an invoice's current state, with its subscription, payments and payment intents."""
    params: Any = {"expand": ["payments.data.payment.payment_intent", "parent.subscription_details.subscription"]}
    return call(lambda client: client.v1.invoices.retrieve(invoice_id, params))


def open_invoices(subscription_id: str) -> list[Json]:
    """List the due and unpaid invoices of a subscription, newest first, at most 100."""
    params: Any = {"subscription": subscription_id, "status": "open", "limit": 100}
    return list(call(lambda client: client.v1.invoices.list(params))["data"])


def paid_invoices(subscription_id: str) -> list[Json]:
    """List all paid invoices of a subscription, newest first."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.invoices.list({"subscription": subscription_id, "status": "paid"} | params)

    return _all(page)


def invoice_lines(invoice_id: str) -> list[Json]:
    """List all lines of an invoice; the invoice object has only ten (docs.stripe.com/api/invoice-line-item)."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.invoices.line_items.list(invoice_id, params)

    return _all(page)


def invoice_of_intent(intent_id: str) -> Json | None:
    """Return the invoice that a payment intent pays, or None.

    In newer API versions neither object refers to the other.
    """
    params: Any = {
        "payment": {"type": "payment_intent", "payment_intent": intent_id},
        "expand": ["data.invoice"],
        "limit": 1,
    }
    found = call(lambda client: client.v1.invoice_payments.list(params))["data"]
    return dict(found[0]["invoice"]) if found else None


def payment_intent(intent_id: str) -> Json:
    """Retrieve a payment intent's current state."""
    return call(lambda client: client.v1.payment_intents.retrieve(intent_id))


def checkout_session(session_id: str) -> Json:
    """Retrieve a Checkout session's current state."""
    return call(lambda client: client.v1.checkout.sessions.retrieve(session_id))


def disputes(intent_id: str | None, charge_id: str | None) -> list[Json]:
    """List all disputes of a payment, by its payment intent or, without one, by its charge."""
    of = {"payment_intent": intent_id} if intent_id else {"charge": charge_id}

    def page(client: StripeClient, params: Any) -> StripeObject:
        asked: Any = {**of, **params}
        return client.v1.disputes.list(asked)

    return _all(page)


def expire_checkout_session(session_id: str) -> None:
    """Expire an unpaid Checkout session, so that its page sells nothing.

    Raises StripeRefused if the session is not open.
    """
    key = f"expire-{session_id}"
    call(lambda client: client.v1.checkout.sessions.expire(session_id, {}, {"idempotency_key": key}))


def refunds(intent_id: str | None, charge_id: str | None) -> list[Json]:
    """List all refunds of a payment, by its payment intent or, without one, by its charge."""
    of = {"payment_intent": intent_id} if intent_id else {"charge": charge_id}

    def page(client: StripeClient, params: Any) -> StripeObject:
        asked: Any = {**of, **params}
        return client.v1.refunds.list(asked)

    return _all(page)


def create_refund(
    intent_id: str | None, charge_id: str | None, amount: int, metadata: Mapping[str, str], idempotency_key: str
) -> Json:
    """Refund `amount` minor units of a payment. Raises StripeRefused if Stripe rejects the refund."""
    of = {"payment_intent": intent_id} if intent_id else {"charge": charge_id}
    params: Any = {**of, "amount": amount, "reason": "requested_by_customer", "metadata": dict(metadata)}
    return call(lambda client: client.v1.refunds.create(params, {"idempotency_key": idempotency_key}))


def prices_by_lookup_key(keys: list[str]) -> dict[str, Json]:
    """Return the active prices with these lookup keys (at most ten), by lookup key."""
    params: Any = {"lookup_keys": keys, "active": True, "limit": 100}
    found = call(lambda client: client.v1.prices.list(params))["data"]
    return {price["lookup_key"]: price for price in found}


def put_product(product_id: str, name: str, description: str) -> None:
    """Create or update the product with this id; idempotent."""
    change: Any = {"name": name, "description": description, "active": True}
    made: Any = {"id": product_id, "name": name, "description": description}
    try:
        call(lambda client: client.v1.products.update(product_id, change))
    except ObjectMissing:
        key = f"product-{signing.digest(json.dumps(made, sort_keys=True).encode())}"
        call(lambda client: client.v1.products.create(made, {"idempotency_key": key}))


def create_price(
    product_id: str, lookup_key: str, unit_amount: int, currency: str, interval: str | None, idempotency_key: str
) -> Json:
    """Create a price per `interval` (`month`, `year`; None: one-time).

    The lookup key moves to it from the previous price.
    """
    params: Any = {
        "product": product_id,
        "lookup_key": lookup_key,
        "transfer_lookup_key": True,
        "unit_amount": unit_amount,
        "currency": currency.lower(),
    }
    if interval:
        params["recurring"] = {"interval": interval}
    return call(lambda client: client.v1.prices.create(params, {"idempotency_key": idempotency_key}))


def _all(page: Callable[..., StripeObject]) -> list[Json]:
    """Return every object of a list, with one call per 100 objects."""
    found: list[Json] = []
    while True:
        params: Any = {"limit": 100, **({"starting_after": found[-1]["id"]} if found else {})}
        answer = call(partial(page, params=params))
        found += answer["data"]
        if not answer["has_more"]:
            return found


def call(request: Callable[[StripeClient], StripeObject]) -> Json:
    import stripe

    try:
        return dict(request(_client()).to_dict())
    except stripe.StripeError as error:
        raise _translated(error) from error


def _translated(error: StripeError) -> Problem:
    import stripe

    if error.code == "resource_missing" or error.http_status == 404:
        return ObjectMissing()
    if isinstance(error, stripe.CardError):
        return PaymentDeclined()
    log.warning(
        "Stripe request failed",
        extra={"kind": type(error).__name__, "reason": error.code, "stripe_request_id": error.request_id},
    )
    if isinstance(error, stripe.IdempotencyError):
        return Conflict("This idempotency key was used with different parameters.")
    busy = isinstance(error, stripe.APIConnectionError | stripe.RateLimitError) or (error.http_status or 0) >= 500
    return Unavailable("The payment service is unavailable; retry later.", retry_after=5) if busy else StripeRefused()
