"""Time-driven changes, as with a Stripe test clock.

Renewals, ends of trials and subscriptions, retries of failed payments, and expiry of checkout sessions. Sources:
https://docs.stripe.com/billing/testing/test-clocks, …/billing/revenue-recovery.
"""

from collections.abc import Callable, Iterator
from functools import partial

from infra.sandbox.server import Json
from infra.sandbox.stripe import checkout, invoices, payments
from infra.sandbox.stripe.intervals import add_interval
from infra.sandbox.stripe.price_changes import DECLINING_METHOD, interval_of, open_invoice, settle, whole_line
from infra.sandbox.stripe.store import Store
from infra.sandbox.stripe.subscriptions import DAY_SECONDS, period_end

RETRY_AFTER = (3 * DAY_SECONDS, 5 * DAY_SECONDS, 7 * DAY_SECONDS)
"""Seconds between the payment attempts of an invoice; if the last attempt fails, the subscription is canceled."""
TRIAL_WARNING = 3 * DAY_SECONDS

Due = tuple[int, Callable[[], None]]


def pass_time(store: Store) -> None:
    """Apply all changes due by `store.now`, in order, each at its own time."""
    until = store.now
    while due := sorted((each for each in _due(store) if each[0] <= until), key=lambda each: each[0])[:1]:
        ((store.now, happen),) = due
        happen()
    store.now = until


def _due(store: Store) -> Iterator[Due]:
    for row in store.all("subscription"):
        if row["status"] in ("trialing", "active"):
            if row["trial_end"] and row["status"] == "trialing" and not _notes(store, row)["warned"]:
                yield max(row["start_date"], row["trial_end"] - TRIAL_WARNING), partial(_warn, store, row)
            if row["cancel_at"] and row["cancel_at"] < period_end(row):
                yield row["cancel_at"], partial(_end, store, row)
            if row["pause_collection"] and row["pause_collection"]["resumes_at"]:
                yield row["pause_collection"]["resumes_at"], partial(_resume_collection, store, row)
            yield period_end(row), partial(_renew, store, row)
        elif row["status"] == "past_due":
            yield _notes(store, row)["retry_at"], partial(_retry, store, row)
    for row in store.all("checkout.session"):
        if row["status"] == "open":
            yield row["expires_at"], partial(_give_up, store, row)


def _notes(store: Store, row: Json) -> Json:
    """Return the internal state of a subscription, which the API does not return."""
    id_ = f"notes_{row['id']}"
    empty = {"id": id_, "object": "sandbox.notes", "warned": False, "attempts": 0, "retry_at": 0}
    return store.find(id_) or store.put(empty)


def _warn(store: Store, row: Json) -> None:
    _notes(store, row)["warned"] = True
    store.emit("customer.subscription.trial_will_end", row)


def _end(store: Store, row: Json) -> None:
    row |= {"status": "canceled", "ended_at": store.now, "canceled_at": row["canceled_at"] or store.now}
    store.emit("customer.subscription.deleted", row)


def _resume_collection(store: Store, row: Json) -> None:
    previous = {"pause_collection": row["pause_collection"]}
    row["pause_collection"] = None
    store.emit("customer.subscription.updated", row, previous)


def _give_up(store: Store, row: Json) -> None:
    checkout.expire(store, {}, row["id"])


def _renew(store: Store, row: Json) -> None:
    if row["cancel_at_period_end"]:
        _end(store, row)
        return
    previous = {"items": row["items"], "latest_invoice": row["latest_invoice"], "status": row["status"]}
    full = []
    for item in row["items"]["data"]:
        start = item["current_period_end"]
        item["current_period_start"], item["current_period_end"] = (
            start,
            add_interval(start, *interval_of(item["price"])),
        )
        full.append(whole_line(store, row, item, start, item["current_period_end"]))
    row["status"] = "active"
    invoice = store.put(open_invoice(store, row, full) | {"billing_reason": "subscription_cycle"})
    row["latest_invoice"] = invoice["id"]
    _notes(store, row)["attempts"] = 0
    if row["pause_collection"]:
        store.emit("customer.subscription.updated", row, previous)
        _hold(store, invoice, row["pause_collection"]["behavior"])
    elif invoice["amount_due"] and row["default_payment_method"] == DECLINING_METHOD:
        store.emit("invoice.finalized", invoice)
        _fail(store, row, invoice, previous)
    else:
        store.emit("customer.subscription.updated", row, previous)
        settle(store, invoice)


def _hold(store: Store, invoice: Json, behavior: str) -> None:
    """Leave the invoice of a paused collection unpaid (https://docs.stripe.com/billing/subscriptions/pause-payment)."""
    if behavior == "keep_as_draft":
        invoice |= {"status": "draft", "status_transitions": dict.fromkeys(invoice["status_transitions"])}
    elif behavior == "mark_uncollectible":
        invoice["status"] = "uncollectible"
        store.emit("invoice.marked_uncollectible", invoice)
    else:
        invoice["status"] = "void"
        store.emit("invoice.voided", invoice)


def _fail(store: Store, row: Json, invoice: Json, previous: Json) -> None:
    notes = _notes(store, row)
    intent = _intent_of(store, invoice) or _refused(store, invoice)
    row["status"] = "past_due"
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    store.emit("payment_intent.payment_failed", intent)
    store.emit("invoice.payment_failed", invoice)
    if notes["attempts"] == len(RETRY_AFTER):
        _end(store, row)
        return
    notes["retry_at"] = store.now + RETRY_AFTER[notes["attempts"]]
    notes["attempts"] += 1
    store.emit("customer.subscription.updated", row, previous)


def _retry(store: Store, row: Json) -> None:
    invoice = store.get("invoice", row["latest_invoice"])
    previous = {"status": row["status"]}
    if row["default_payment_method"] == DECLINING_METHOD:
        _fail(store, row, invoice, previous)
        return
    intent = _intent_of(store, invoice)
    if intent is None:
        return
    charge = payments.charge_again(store, intent)
    invoices.mark_paid(store, invoice, intent["id"])
    row["status"] = "active"
    store.emit("customer.subscription.updated", row, previous)
    store.emit("invoice.paid", invoice)
    store.emit("invoice.payment_succeeded", invoice)
    store.emit("payment_intent.succeeded", intent)
    store.emit("charge.succeeded", charge)


def _refused(store: Store, invoice: Json) -> Json:
    intent = payments.decline(store, invoice["amount_due"], invoice["currency"], invoice["customer"])
    invoices.put_payment(store, invoice["id"], intent, status="open")
    return intent


def _intent_of(store: Store, invoice: Json) -> Json | None:
    for row in store.all("invoice_payment"):
        if row["invoice"] == invoice["id"]:
            return store.get("payment_intent", row["payment"]["payment_intent"])
    return None
