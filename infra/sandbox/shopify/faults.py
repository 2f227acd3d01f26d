"""Bad days on demand: calls that Shopify refuses, and token answers that come wrong or not at all."""

import threading
from http import HTTPStatus
from typing import Literal

from infra.sandbox.server import Response, json_response

Endpoint = Literal["admin", "token"]
Fault = Literal["lost_answer", "no_expires_in"]


class Faults:
    """Each fault has a count of calls that it strikes; arranging it again replaces the count, 0 ends it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._left: dict[Endpoint | Fault, int] = {}
        self._failures: dict[Endpoint, Response] = {}

    def fail_next(self, n: int, status: int, retry_after: float | None, endpoint: Endpoint) -> None:
        """The next `n` calls of the endpoint are answered with `status` and do nothing."""
        headers = {} if retry_after is None else {"Retry-After": str(float(retry_after))}
        with self._guard:
            self._failures[endpoint] = json_response(status, {"errors": HTTPStatus(status).phrase}, headers)
            self._left[endpoint] = n

    def arrange(self, fault: Fault, n: int) -> None:
        """The next `n` grants of the token endpoint suffer the fault."""
        with self._guard:
            self._left[fault] = n

    def failure(self, endpoint: Endpoint) -> Response | None:
        """What this call of the endpoint is answered with instead, if it is to fail."""
        return self._failures[endpoint] if self.strikes(endpoint) else None

    def strikes(self, fault: Endpoint | Fault) -> bool:
        """Whether this call is one of those counted; it counts as struck."""
        with self._guard:
            left = self._left.get(fault, 0)
            self._left[fault] = max(0, left - 1)
            return left > 0
