"""Tax rates (https://docs.stripe.com/api/tax_rates)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.store import Store, new_id


def create(store: Store, params: Json) -> Json:
    if params["inclusive"]:
        raise ApiError("The sandbox implements exclusive tax rates only.", status=501, param="inclusive")
    row: Json = {
        "id": new_id("txr"),
        "object": "tax_rate",
        "active": params.get("active", True),
        "country": params.get("country"),
        "created": store.now,
        "description": params.get("description"),
        "display_name": params["display_name"],
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": False,
        "jurisdiction": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "percentage": float(params["percentage"]),
        "rate_type": "percentage",
        "state": None,
        "tax_type": params.get("tax_type"),
    }
    return store.put(row)


def retrieve(store: Store, _: Json, tax_rate: str) -> Json:
    return store.get("tax_rate", tax_rate)
