"""Payment intents, charges and refunds (https://docs.stripe.com/api/payment_intents, …/charges, …/refunds)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError, missing_parameter
from infra.sandbox.stripe.store import Store, list_of, new_id, whole_list


def pay(
    store: Store, amount: int, currency: str, customer: str | None, metadata: Json, description: str
) -> tuple[Json, Json]:
    """Store a succeeded payment intent and its charge, of `amount` minor units. Emits no event."""
    intent_id, charge_id, method = new_id("pi"), new_id("ch"), new_id("pm")
    charge = _charge(store, charge_id, intent_id, amount, currency, customer) | {
        "description": description,
        "metadata": metadata,
        "payment_method": method,
    }
    intent = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": amount,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": f"{intent_id}_secret_sandbox",
        "confirmation_method": "automatic",
        "created": store.now,
        "currency": currency,
        "customer": customer,
        "description": description,
        "last_payment_error": None,
        "latest_charge": charge_id,
        "livemode": False,
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": method,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }
    return store.put(intent), store.put(charge)


def decline(store: Store, amount: int, currency: str, customer: str | None, metadata: Json | None = None) -> Json:
    """Store a payment intent whose card was declined, and its failed charge. Emits no event."""
    intent, charge = pay(store, amount, currency, customer, metadata or {}, "Declined")
    charge |= {"status": "failed", "paid": False, "failure_code": "card_declined"}
    intent |= {
        "status": "requires_payment_method",
        "amount_received": 0,
        "last_payment_error": {
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "message": "Your card has insufficient funds.",
            "type": "card_error",
        },
    }
    return intent


def charge_again(store: Store, intent: Json) -> Json:
    """Retry a payment intent successfully and return its new charge. Emits no event."""
    charge = _charge(store, new_id("ch"), intent["id"], intent["amount"], intent["currency"], intent["customer"])
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
    }
    return store.put(charge)


def retrieve_intent(store: Store, _: Json, intent: str) -> Json:
    return store.get("payment_intent", intent)


def retrieve_charge(store: Store, _: Json, charge: str) -> Json:
    return store.get("charge", charge)


def refund(store: Store, params: Json) -> Json:
    charge = _charge_to_refund(store, params)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise ApiError(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if not 0 < amount <= left:
        asked, rest = (f"${cents / 100:,.2f}" for cents in (amount, left))
        raise ApiError(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})", param="amount")
    row = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": charge["id"],
        "created": store.now,
        "currency": charge["currency"],
        "destination_details": {"card": {"reference_status": "pending", "reference_type": "acquirer_reference_number"}},
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.put(row)
    store.emit("refund.created", row)
    store.emit("charge.refunded", charge, previous)
    return row


def settle_refund(store: Store, refund: str, status: str) -> Json:
    """Set the final status of a refund, `succeeded` or `failed`; a failed refund is undone on the charge."""
    row = store.get("refund", refund)
    charge = store.get("charge", row["charge"])
    previous, row["status"] = {"status": row["status"]}, status
    if status == "failed":
        row["failure_reason"] = "lost_or_stolen_card"
        charge["amount_refunded"] -= row["amount"]
        charge["refunded"] = False
        store.emit("refund.failed", row)
    store.emit("refund.updated", row, previous)
    return row


def list_refunds(store: Store, params: Json) -> Json:
    return list_of(store.filtered("refund", params, "charge", "payment_intent"), "/v1/refunds", params)


def retrieve_refund(store: Store, _: Json, refund: str) -> Json:
    return store.get("refund", refund)


def refunds_of(store: Store, charge: Json) -> Json:
    """Return `refunds`, which charges include before API version 2022-11-15 and, since then, only if expanded."""
    rows = [row for row in store.all("refund") if row["charge"] == charge["id"]]
    return whole_list(rows, f"/v1/charges/{charge['id']}/refunds")


def _charge_to_refund(store: Store, params: Json) -> Json:
    if "charge" in params:
        return store.get("charge", params["charge"], "charge")
    if "payment_intent" in params:
        intent = store.get("payment_intent", params["payment_intent"], "payment_intent")
        return store.get("charge", intent["latest_charge"])
    raise missing_parameter("charge")


def _charge(store: Store, id_: str, intent: str, amount: int, currency: str, customer: str | None) -> Json:
    return {
        "id": id_,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": new_id("txn"),
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "SANDBOX",
        "captured": True,
        "created": store.now,
        "currency": currency,
        "customer": customer,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "on_behalf_of": None,
        "outcome": {
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": intent,
        "payment_method_details": {
            "card": {"brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034, "last4": "4242"},
            "type": "card",
        },
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": f"{store.base_url}/receipts/{id_}",
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }
