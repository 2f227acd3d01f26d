"""Demo step: two orders race for the last piece of a store's product."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from infra.local.demo.stores import Stores
from infra.local.demo.world import Wrong

SKU = "LAST-CUP"
BUYERS = 2


def race(stores: Stores) -> str:
    """Place two orders at the same time. Raises Wrong unless one gets the piece and the other is refused."""
    _add_last_piece(stores)
    barrier = Barrier(BUYERS)
    token = stores.token(stores.supabase)

    def order(_: int) -> tuple[int, str]:
        barrier.wait()
        return _place(stores, token)

    with ThreadPoolExecutor(BUYERS) as pool:
        results = sorted(pool.map(order, range(BUYERS)))
    [stock] = stores.call(stores.supabase, "GET", "inventory")["items"]
    orders = stores.call(stores.supabase, "GET", "orders")["items"]
    if results != [(201, "1"), (409, "OutOfStock")] or len(orders) != 1 or stock["reserved"] != stock["quantity"]:
        raise Wrong(f"the answers are {results}, the stock is {stock}, the orders are {orders}")
    return f"201 with order number {orders[0]['number']}, and 409 OutOfStock; {stock['reserved']} piece is reserved"


def _add_last_piece(stores: Stores) -> None:
    store = stores.supabase
    product = {"name": "The last cup", "slug": SKU.lower(), "sku": SKU, "status": "active"}
    product_id = stores.call(store, "POST", "products", product, expect=201)["id"]
    price = {"product_id": product_id, "currency": "USD", "amount": "3.50"}
    stores.call(store, "POST", "prices", price, expect=201)
    stock = {"product_id": product_id, "location": "counter", "quantity": 1}
    stores.call(store, "POST", "inventory", stock, expect=201)


def _place(stores: Stores, token: str) -> tuple[int, str]:
    """Place an order, as often as the API asks for it (503). Returns the status, and the number or the problem's code."""
    body = {"currency": "USD", "items": [{"sku": SKU, "quantity": 1}]}
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        answer = stores.world.api.post("/v1/store/orders", json=body, headers=headers)
        if answer.status_code != 503:
            content = answer.json()
            return answer.status_code, str(content["number"] if answer.status_code == 201 else content["code"])
