"""Faults on demand: the next calls of an operation fail with a status, without effect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infra.sandbox.control import answering
from infra.sandbox.server import Json, Response, Route, json_response

EVERY = "*"
"""The name that matches every operation."""


@dataclass
class _Fault:
    calls: int
    status: int
    retry_after: float | None


class OperationFaults:
    """The operations whose next calls fail, with the control routes `/sandbox/faults`.

    `is_known` returns whether an operation has this name; `body` builds the vendor's error body for a status.
    """

    def __init__(self, is_known: Callable[[str], bool], body: Callable[[int], Json]) -> None:
        self._is_known, self._body = is_known, body
        self._guard = threading.Lock()
        self._faults: dict[str, _Fault] = {}
        self.routes = [
            Route("POST", "/sandbox/faults", answering(self._set)),
            Route("GET", "/sandbox/faults", answering(lambda _: {"faults": self.pending()})),
        ]

    def fail_next(self, calls: int, status: int, operation: str = EVERY, retry_after: float | None = None) -> None:
        """Let the next `calls` of the operation fail with `status`; 0 calls end the fault.

        `retry_after` is the value of the header `Retry-After` in seconds. Raises ValueError if the operation is unknown,
        the status is not 400 to 599, or `calls` is negative.
        """
        if operation != EVERY and not self._is_known(operation):
            raise ValueError(f"the sandbox has no operation {operation}")
        if not 400 <= status <= 599 or calls < 0:
            raise ValueError("status must be 400 to 599, calls 0 or more")
        with self._guard:
            self._faults.pop(operation, None)
            if calls:
                self._faults[operation] = _Fault(calls, status, retry_after)

    def failure(self, operations: Iterable[str]) -> Response | None:
        """Return the error response of a call of these operations and count the call; None if it does not fail."""
        with self._guard:
            name = next((each for each in (*operations, EVERY) if each in self._faults), None)
            if name is None:
                return None
            fault = self._faults[name]
            fault.calls -= 1
            if not fault.calls:
                del self._faults[name]
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        return json_response(fault.status, self._body(fault.status), headers)

    def pending(self) -> Json:
        """Return the number of calls that will still fail, and their status, by operation."""
        with self._guard:
            return {name: {"calls": each.calls, "status": each.status} for name, each in self._faults.items()}

    def clear(self) -> None:
        """End all faults."""
        with self._guard:
            self._faults.clear()

    def _set(self, body: Json) -> Json:
        retry_after = body.get("retry_after")
        self.fail_next(
            int(body.get("calls", 1)),
            int(body["status"]),
            str(body.get("operation", EVERY)),
            None if retry_after is None else float(retry_after),
        )
        return {"faults": self.pending()}
