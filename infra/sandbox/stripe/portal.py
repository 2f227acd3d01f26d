"""Customer portal sessions (https://docs.stripe.com/api/customer_portal/sessions)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe import customers
from infra.sandbox.stripe.store import Store, new_id


def create(store: Store, params: Json) -> Json:
    customers.usable(store, params["customer"])
    id_ = new_id("bps")
    session = {
        "id": id_,
        "object": "billing_portal.session",
        "configuration": params.get("configuration", "bpc_sandbox"),
        "created": store.now,
        "customer": params["customer"],
        "flow": None,
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url"),
        "url": f"{store.base_url}/p/session/{id_}",
    }
    return store.put(session)
