"""Injects faults: failing calls, and token responses that are incomplete or lost."""

from http import HTTPStatus
from typing import Literal

from infra.sandbox.faults import Faults
from infra.sandbox.server import Json, Response, json_response

Endpoint = Literal["admin", "token"]
Fault = Literal["lost_answer", "no_expires_in"]
"""Faults of the token endpoint's grants."""


class ShopifyFaults(Faults[Endpoint | Fault]):
    """Injected faults of Shopify, including failures of endpoints."""

    def __init__(self) -> None:
        super().__init__()
        self._failures: dict[Endpoint, Response] = {}

    def fail_next(self, n: int, status: int, retry_after: float | None, endpoint: Endpoint) -> None:
        """Respond to the next `n` calls of the endpoint with `status`, without effect.

        `retry_after` is the value of the header `Retry-After` in seconds.
        """
        headers = {} if retry_after is None else {"Retry-After": str(float(retry_after))}
        self._failures[endpoint] = json_response(status, {"errors": HTTPStatus(status).phrase}, headers)
        self.arrange(endpoint, n)

    def failure(self, endpoint: Endpoint) -> Response | None:
        """Return the error response of this call, or None if the call does not fail."""
        return self._failures[endpoint] if self.strikes(endpoint) else None


def unavailable_shop(data: Json, shop: str) -> Response | None:
    """Return the response for an unavailable shop (frozen, locked or closed); None if the shop is available.

    Source of the body: github.com/Shopify/cli/issues/2017.
    """
    status = data["unavailable"].get(shop)
    if status is None:
        return None
    return json_response(status, {"errors": "Not Found" if status == HTTPStatus.NOT_FOUND else "Unavailable Shop"})
