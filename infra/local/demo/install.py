"""Demo steps: a shop installs the app, saves settings, and uninstalls the app."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx2

from infra.local.demo.world import SECONDS, World, Wrong, eventually


def install(world: World, app: str, shop: str) -> str:
    """Install the app by OAuth, as a browser does, and read the shop as its merchant. Raises Wrong if this fails."""
    begun = world.api.get(f"/shopify/{app}/auth", params={"shop": shop})
    if begun.status_code != 302:
        raise Wrong(f"the installation did not start: {begun.status_code} {begun.text[:200]}")
    consented = httpx2.get(begun.headers["location"], timeout=SECONDS)
    back = urlsplit(consented.headers["location"])
    landed = world.api.get(f"{back.path}?{back.query}")
    if landed.status_code != 302 or "admin.shopify.com" not in landed.headers["location"]:
        raise Wrong(f"the callback returned {landed.status_code}: {landed.text[:200]}")
    read = world.merchant(app, shop).request("GET", "/v1/shops/me")
    if not read["is_active"]:
        raise Wrong(f"{shop} is not active after its installation")
    return f"{shop} is active, scopes {read['scope']}"


def webhooks(world: World, app: str, shop: str) -> str:
    """Wait until the queued job has registered every webhook of the app at Shopify."""
    from chalicelib.shops.apps import TOPICS

    def registered() -> Any:
        answer = world.shopify.get("/sandbox/subscriptions", params={"app": app, "shop": shop})
        found = answer.json()["subscriptions"]
        return found if len(found) == len(TOPICS[app]) else None

    found = eventually(registered, "webhooks registered by the job")
    return f"{len(found)} webhooks registered by the job"


def settings(world: World, app: str, shop: str) -> str:
    """Save settings and read them back. Raises Wrong if they differ."""
    merchant = world.merchant(app, shop)
    saved = merchant.request("PUT", "/v1/shops/me/settings", {"settings": {"gallery": True}})
    read = merchant.request("GET", "/v1/shops/me/settings")
    if read["settings"] != {"gallery": True}:
        raise Wrong(f"the stored settings are {read['settings']}")
    return f"saved as version {saved['version']}"


def uninstall(world: World, app: str, shop: str) -> str:
    """Deliver the uninstall webhook twice. Raises Wrong if it is not applied exactly once."""
    first = world.sandbox(world.shopify, "uninstall", app=app, shop=shop)
    again = world.sandbox(world.shopify, f"webhooks/{first['webhook_id']}/redeliver")
    if (first["status"], again["status"]) != (200, 200):
        raise Wrong(f"the deliveries returned {first['status']} and {again['status']}")
    from chalicelib.shops.models import EventType, InstallationLog, Shop

    def gone() -> bool:
        row = Shop.get(shop, app, consistent_read=True)
        return not row.is_active and row.access_token is None

    eventually(gone, "the shop deactivated by the job")
    logs = InstallationLog.query(shop, scan_index_forward=False)
    events = [log.event_type for log in logs if log.app == app]
    if events.count(EventType.UNINSTALL) != 1:
        raise Wrong(f"the installation log contains {', '.join(events)}")
    return "delivered twice, logged once; tokens and sessions deleted"
