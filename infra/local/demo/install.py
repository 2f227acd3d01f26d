"""Steps of the walk: a shop installs the app, keeps settings, and leaves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.local.demo.world import SECONDS, World, Wrong, eventually

APP = "studio"


def install(world: World, shop: str) -> str:
    """Install the app by OAuth, as a browser does; what the admin then knows of the shop."""
    begun = world.api.get(f"/shopify/{APP}/auth", params={"shop": shop})
    if begun.status_code != 302:
        raise Wrong(f"the installation did not begin: {begun.status_code} {begun.text[:200]}")
    consented = httpx.get(begun.headers["location"], timeout=SECONDS)
    back = urlsplit(consented.headers["location"])
    landed = world.api.get(f"{back.path}?{back.query}")
    if landed.status_code != 302 or "admin.shopify.com" not in landed.headers["location"]:
        raise Wrong(f"the callback was answered {landed.status_code}: {landed.text[:200]}")
    read = world.merchant(shop, "GET", "/v1/shops/me")
    if not read["is_active"]:
        raise Wrong(f"{shop} is not active after its installation")
    return f"{shop} is active, scopes {read['scope']}"


def webhooks(world: World, shop: str) -> str:
    """What the queued job has registered at Shopify."""

    def registered() -> Any:
        answer = world.shopify.get("/sandbox/subscriptions", params={"app": APP, "shop": shop})
        return answer.json()["subscriptions"]

    found = eventually(registered, "webhooks registered by the job")
    return f"{len(found)} webhooks registered by the job"


def settings(world: World, shop: str) -> str:
    """Save settings; a stale copy is refused."""
    saved = world.merchant(shop, "PUT", "/v1/shops/me/settings", {"settings": {"gallery": True}})
    read = world.merchant(shop, "GET", "/v1/shops/me/settings")
    if read["settings"] != {"gallery": True}:
        raise Wrong(f"the settings read back as {read['settings']}")
    return f"saved as version {saved['version']}"


def uninstall(world: World, shop: str) -> str:
    """Shopify tells that the app was removed; twice, as it does on a bad day."""
    first = world.sandbox(world.shopify, "uninstall", app=APP, shop=shop)
    again = world.sandbox(world.shopify, f"webhooks/{first['webhook_id']}/redeliver")
    if (first["status"], again["status"]) != (200, 200):
        raise Wrong(f"the deliveries were answered {first['status']} and {again['status']}")
    from chalicelib.shops.models import EventType, InstallationLog, Shop

    def gone() -> bool:
        row = Shop.get(shop, APP, consistent_read=True)
        return not row.is_active and row.access_token is None

    eventually(gone, "the shop made inactive by the job")
    events = [log.event_type for log in InstallationLog.query(shop, scan_index_forward=False)]
    if events.count(EventType.UNINSTALL) != 1:
        raise Wrong(f"the log reads {', '.join(events)}")
    return "delivered twice, logged once; tokens and sessions gone"
