"""Disputes (https://docs.stripe.com/api/disputes)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe.store import Store, list_of, new_id


def open_dispute(
    store: Store, charge_id: str, amount: int | None = None, status: str = "needs_response", currency: str | None = None
) -> Json:
    """Open a dispute of `amount` minor units, by default the whole charge.

    A dispute of a bank debit has the status `lost` from the start.
    """
    charge = store.get("charge", charge_id)
    charge["disputed"] = True
    row = {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": charge["amount"] if amount is None else amount,
        "balance_transactions": [],
        "charge": charge_id,
        "created": store.now,
        "currency": currency or charge["currency"],
        "evidence": {},
        "evidence_details": {"due_by": store.now + 7 * 24 * 3600, "has_evidence": False},
        "is_charge_refundable": status.startswith("warning_"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": status,
    }
    store.put(row)
    store.emit("charge.dispute.created", row)
    return row


def close(store: Store, dispute_id: str, status: str) -> Json:
    """Close a dispute as `won`, `lost`, `warning_closed` or `prevented`.

    A closed dispute can be closed again with another status.
    """
    row = store.get("dispute", dispute_id)
    row["status"] = status
    store.emit("charge.dispute.closed", row)
    return row


def list_all(store: Store, params: Json) -> Json:
    return list_of(store.filtered("dispute", params, "charge", "payment_intent"), "/v1/disputes", params)


def retrieve(store: Store, _: Json, dispute: str) -> Json:
    return store.get("dispute", dispute)
