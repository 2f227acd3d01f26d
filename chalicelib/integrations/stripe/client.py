"""The Stripe client: one call, with plain data as input and output.

Every call uses one pinned API version, regardless of the account's default. Raises StripeObjectNotFound if Stripe has no such
object, Unavailable if Stripe is unreachable or limits the rate, PaymentDeclined if the customer's payment method fails,
StripeRefused for any other error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.stripe.errors import PaymentDeclined, StripeObjectNotFound, StripeRefused
from chalicelib.kit import config, logs, secret_reader
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.errors import Conflict, Problem, Unavailable

if TYPE_CHECKING:
    from stripe import StripeClient, StripeError, StripeObject

API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS, READ_SECONDS, RETRIES = 2, 8, 2
"""Total time with both retries stays below API Gateway's limit of 29 seconds."""

Json = dict[str, Any]

log = logs.logger("stripe")


def forget_client() -> None:
    """Drop the cached client; for tests that change the key."""
    _client.cache_clear()


def call(request: Callable[[StripeClient], StripeObject]) -> Json:
    """Call Stripe, and return the answer as plain data."""
    import stripe

    try:
        return dict(request(_client(secret_reader.secret("STRIPE_SECRET_KEY"))).to_dict())
    except stripe.StripeError as error:
        raise _translated(error) from error


def list_all(page: Callable[..., StripeObject]) -> list[Json]:
    """Return every object of a list, with one call per 100 objects."""
    return list(iterate_all(page))


def iterate_all(page: Callable[..., StripeObject]) -> Iterator[Json]:
    """Yield the objects of a list. Makes one call per 100 objects, when the first of them is needed."""
    params: Any = {"limit": 100}
    while True:
        answer = call(partial(page, params=dict(params)))
        yield from answer["data"]
        if not answer["has_more"]:
            return
        params["starting_after"] = answer["data"][-1]["id"]


@lru_cache(maxsize=1)
def _client(key: str) -> StripeClient:
    """Return the client with this key; another one after the key has changed."""
    import stripe

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


def _translated(error: StripeError) -> Problem:
    import stripe

    if error.code == "resource_missing" or error.http_status == 404:
        return StripeObjectNotFound(param=getattr(error, "param", None))
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
