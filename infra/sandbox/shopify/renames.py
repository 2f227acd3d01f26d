"""Renames of myshopify domains.

A merchant can change the myshopify domain of a shop. The shop keeps its id, tokens and subscriptions. The earlier domain
still leads to the shop, for browsers, tokens and the Admin API; webhooks, session tokens and the app proxy name the new
one. Merchants report both domains as working, and that a domain is not given to another shop, even after the shop closed
(help.shopify.com, "Changing your myshopify.com domain"). `take_domain` does so nevertheless, to test that an app keeps the
data of the two shops apart.
"""

from infra.sandbox.server import Json, Request, Response, redirect
from infra.sandbox.shopify.apps import SHOP_DOMAIN, new_shop
from infra.sandbox.state import State

_ROWS = ("codes", "access_tokens", "refresh_tokens", "subscriptions", "orders", "products", "discounts")
"""Sections whose rows name their shop in `shop`."""
_KEYS = ("scopes", "removed_at", "refused_topics", "web_pixels")
"""Sections by `<app>/<shop>`."""


def current_domain(data: Json, shop: str) -> str:
    """Return the domain that the shop has now; `shop` may be an earlier one."""
    while shop in data["renamed"]:
        shop = data["renamed"][shop]
    return shop


def rename_shop(data: Json, shop: str, domain: str) -> Json:
    """Give the shop a new domain, or one that it had before; return its row.

    Raises `ValueError` if the domain is invalid or another shop has it.
    """
    owner = current_domain(data, domain)
    if not SHOP_DOMAIN.fullmatch(domain) or shop == domain or (owner in data["shops"] and owner != shop):
        raise ValueError(f"{shop} cannot have the domain {domain}")
    row: Json = data["shops"].pop(shop, None) or new_shop(shop)
    data["shops"][domain] = row
    data["renamed"].pop(domain, None)
    data["renamed"][shop] = domain
    for section in _ROWS:
        for each in data[section].values():
            if each["shop"] == shop:
                each["shop"] = domain
    for section in _KEYS:
        for key in [key for key in data[section] if key.partition("/")[2] == shop]:
            data[section][f"{key.partition('/')[0]}/{domain}"] = data[section].pop(key)
    if shop in data["unavailable"]:
        data["unavailable"][domain] = data["unavailable"].pop(shop)
    return row


def take_domain(data: Json, domain: str, shop: str | None = None) -> None:
    """Give a domain that a shop has left to another `shop`, or to a new one, which has another id."""
    del data["renamed"][domain]
    if shop is not None:
        rename_shop(data, shop, domain)
        return
    data["sequence"] += 1
    data["shops"][domain] = {**new_shop(domain), "id": 100_000_000 + data["sequence"]}


def redirect_to_current(state: State, request: Request) -> Response | None:
    """Return the redirect of a page at a domain that its shop has left; None for other requests."""
    shop, separator, rest = request.path.lstrip("/").partition("/")
    with state.change() as data:
        if request.method != "GET" or shop not in data["renamed"]:
            return None
        domain = current_domain(data, shop)
    query = f"?{request.query}" if request.query else ""
    return redirect(302, f"/{domain}{separator}{rest}{query}")
