"""Stripe's HTTP conventions for every call: API key, version, idempotency, error responses."""

import hashlib
import hmac
import re
from collections.abc import Callable

from infra.sandbox.server import Json, Request, Response, json_response
from infra.sandbox.state import State
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.operations import find_operation, perform
from infra.sandbox.stripe.shapes import NEW_API_VERSION, present
from infra.sandbox.stripe.store import Store, new_id

VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?")


class StripeAPI:
    """Serves `/v1/…`; after the state of a call is stored, `publish` receives its events."""

    def __init__(
        self,
        state: State,
        secret_key: str,
        base_url: Callable[[], str],
        clock: Callable[[], float],
        publish: Callable[[list[Json]], object],
    ) -> None:
        self._state, self._secret_key, self._publish = state, secret_key, publish
        self._base_url, self._clock = base_url, clock

    def handle(self, request: Request) -> Response:
        """Perform a call and respond with the object or Stripe's error object."""
        request_id = new_id("req", 14)
        version = request.header("stripe-version") or NEW_API_VERSION
        headers = {"Request-Id": request_id, "Stripe-Version": version}
        try:
            self._authenticate(request)
            if not VERSION.fullmatch(version):
                raise ApiError(f"Invalid Stripe API version: {version}")
            status, body, replayed = self._call(request, request_id, version)
        except ApiError as error:
            return json_response(error.status, error.body, headers)
        if replayed:
            headers["Idempotent-Replayed"] = "true"
        return json_response(status, body, headers)

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.header("authorization").partition(" ")
        if scheme != "Bearer" or not key:
            raise ApiError("You did not provide an API key.", status=401)
        if not hmac.compare_digest(key.encode(), self._secret_key.encode()):
            raise ApiError(f"Invalid API Key provided: {key[:8]}****{key[-4:]}", status=401)

    def _call(self, request: Request, request_id: str, version: str) -> tuple[int, Json, bool]:
        operation, ids = find_operation(request.method, request.path)
        encoded = request.body.decode() if request.method == "POST" else request.query
        key = request.header("idempotency-key") if request.method == "POST" else ""
        fingerprint = hashlib.sha256(f"{request.path}\n{version}\n{encoded}".encode()).hexdigest()
        with self._state.change() as data:
            earlier = data["idempotency"].get(key)
            if earlier is not None:
                return _replay(earlier, key, fingerprint)
            params = operation.read(encoded)
            store = Store(data, int(self._clock()), self._base_url(), request_id, key or None)
            status, body = 200, {}
            try:
                shown = perform(operation, store, params, ids)
                body = present(store, shown, version, params.get("expand"))
            except ApiError as error:
                status, body = error.status, error.body
            if key and status != 501:
                data["idempotency"][key] = {"fingerprint": fingerprint, "status": status, "body": body}
        self._publish(store.emitted)
        return status, body, False


def _replay(earlier: Json, key: str, fingerprint: str) -> tuple[int, Json, bool]:
    """Replay the stored response of an idempotency key (https://docs.stripe.com/api/idempotent_requests).

    Raises `ApiError` if the parameters differ from the first request's.
    """
    if earlier["fingerprint"] != fingerprint:
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return earlier["status"], earlier["body"], True
