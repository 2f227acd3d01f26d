"""Injects faults: failing calls, and token responses that are incomplete or lost."""

import threading
from http import HTTPStatus
from typing import Literal

from infra.sandbox.server import Response, json_response

Endpoint = Literal["admin", "token"]
Fault = Literal["lost_answer", "no_expires_in"]


class Faults:
    """The number of calls that each fault still affects.

    Arranging a fault again replaces its number; 0 ends the fault.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._left: dict[Endpoint | Fault, int] = {}
        self._failures: dict[Endpoint, Response] = {}

    def fail_next(self, n: int, status: int, retry_after: float | None, endpoint: Endpoint) -> None:
        """Respond to the next `n` calls of the endpoint with `status`, without effect.

        `retry_after` is the value of the header `Retry-After` in seconds.
        """
        headers = {} if retry_after is None else {"Retry-After": str(float(retry_after))}
        with self._guard:
            self._failures[endpoint] = json_response(status, {"errors": HTTPStatus(status).phrase}, headers)
            self._left[endpoint] = n

    def arrange(self, fault: Fault, n: int) -> None:
        """Apply the fault to the next `n` grants of the token endpoint."""
        with self._guard:
            self._left[fault] = n

    def failure(self, endpoint: Endpoint) -> Response | None:
        """Return the error response of this call, or None if the call does not fail."""
        return self._failures[endpoint] if self.strikes(endpoint) else None

    def strikes(self, fault: Endpoint | Fault) -> bool:
        """Return whether the fault affects this call, and count the call."""
        with self._guard:
            left = self._left.get(fault, 0)
            self._left[fault] = max(0, left - 1)
            return left > 0
