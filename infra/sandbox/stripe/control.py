"""The routes `/sandbox/…`, through which the demo or an engineer controls the Stripe sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from infra.sandbox.control import answering
from infra.sandbox.delivery import Delivery
from infra.sandbox.server import Json, Request, Response, Route, json_response

if TYPE_CHECKING:
    from infra.sandbox.stripe.sandbox import StripeSandbox

DELIVERY_OPTIONS = ("order", "copies", "parallel", "seed", "signed_at", "api_version")


class Control:
    """Control routes with JSON request and response; 400 names a missing or invalid field."""

    def __init__(self, sandbox: StripeSandbox) -> None:
        self._sandbox = sandbox
        self.routes = [
            Route("GET", "/sandbox/health", lambda _: json_response(200, {"status": "ok"})),
            Route("POST", "/sandbox/endpoint", answering(self._set_endpoint)),
            Route("POST", "/sandbox/checkout/{session}/complete", answering(self._complete)),
            Route("POST", "/sandbox/clock/advance", answering(self._advance)),
            Route("POST", "/sandbox/customers/{customer}/card", answering(self._card)),
            Route("POST", "/sandbox/refunds/{refund}/settle", answering(self._settle_refund)),
            Route("POST", "/sandbox/charges/{charge}/dispute", answering(self._dispute)),
            Route("POST", "/sandbox/disputes/{dispute}/close", answering(self._close_dispute)),
            Route("POST", "/sandbox/events/{event}/resend", answering(self._resend)),
            Route("POST", "/sandbox/events/deliver", answering(self._deliver)),
            Route("GET", "/sandbox/events", self._list_events),
            Route("GET", "/sandbox/deliveries", lambda _: json_response(200, {"deliveries": sandbox.deliveries()})),
        ]

    def _set_endpoint(self, asked: Json) -> Json:
        sandbox = self._sandbox
        sandbox.webhook_url = asked.get("url", sandbox.webhook_url)
        sandbox.webhook_secrets = tuple(asked.get("secrets", sandbox.webhook_secrets))
        sandbox.api_version = asked.get("api_version", sandbox.api_version)
        sandbox.hold_events = bool(asked.get("hold_events", sandbox.hold_events))
        return {"url": sandbox.webhook_url, "api_version": sandbox.api_version, "hold_events": sandbox.hold_events}

    def _complete(self, asked: Json, session: str) -> Json:
        events = self._sandbox.complete_checkout(session, email=asked.get("email"))
        return {"session": session, **_named(events)}

    def _advance(self, asked: Json) -> Json:
        return _named(self._sandbox.advance(asked["seconds"]))

    def _card(self, asked: Json, customer: str) -> Json:
        self._sandbox.set_card(customer, declines=asked["declines"])
        return {"customer": customer}

    def _settle_refund(self, asked: Json, refund: str) -> Json:
        return _named(self._sandbox.settle_refund(refund, asked["status"]))

    def _dispute(self, asked: Json, charge: str) -> Json:
        options = {name: asked[name] for name in ("amount", "status", "currency") if name in asked}
        return {"dispute": self._sandbox.open_dispute(charge, **options)["id"]}

    def _close_dispute(self, asked: Json, dispute: str) -> Json:
        return _named(self._sandbox.close_dispute(dispute, asked["status"]))

    def _resend(self, asked: Json, event: str) -> Json:
        return self._deliver({**asked, "events": [event]})

    def _deliver(self, asked: Json) -> Json:
        events = [self._sandbox.event(id_) for id_ in asked["events"]]
        options = {name: asked[name] for name in DELIVERY_OPTIONS if name in asked}
        return _brief(self._sandbox.deliver(events, **options))

    def _list_events(self, request: Request) -> Response:
        return json_response(200, {"events": self._sandbox.events(request.parameters().get("type"))})


def _named(events: Sequence[Json]) -> Json:
    return {"events": [{"id": event["id"], "type": event["type"]} for event in events]}


def _brief(deliveries: Sequence[Delivery]) -> Json:
    return {"deliveries": [{"status": delivery.status, "answer": delivery.answer} for delivery in deliveries]}
