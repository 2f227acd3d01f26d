"""Seed a new local stack with demo data."""

from __future__ import annotations

import base64
from decimal import Decimal

from infra.local.databases import local_logins
from infra.local.environment import HOST, SHARED_ADMIN_SECRET, SHARED_LOGIN_SECRET, Plan

SHOP = "backroom-demo.myshopify.com"
APPS = ("studio", "discounts")
PRODUCT = 8001
REGIONS = ("eu-central-1", "us-east-1")
"""Regions in which the local stack has a shared server."""
STYLES = (("Pencil", "pencil"), ("Watercolour", "watercolour"), ("Oil", "oil"), ("Pop art", "pop-art"))


def seed(plan: Plan) -> None:
    """Create the demo data, unless it exists: shared servers, plans, a shop that can sell images, and a couple.

    The shop has both apps, a product, styles and a watermark. Do nothing if Shopify or Stripe is not a sandbox.
    """
    if not (plan.sandbox_shopify and plan.sandbox_stripe):
        return
    from chalicelib.billing.models import SubscriptionPlan
    from chalicelib.billing.service import sync_plans
    from chalicelib.shops.models import Shop
    from infra.local.couple import seed_couple
    from infra.local.demo.install import install
    from infra.local.demo.world import World

    _add_shared_servers(plan)
    if SubscriptionPlan.count(hash_key="better_together") == 0:
        sync_plans()
    installed = {row.app for row in Shop.query(SHOP)}
    with World(plan) as world:
        for app in APPS:
            if app not in installed:
                install(world, app, SHOP)
    _furnish()
    _set_watermark()
    seed_couple()


def _add_shared_servers(plan: Plan) -> None:
    """Name the local PostgreSQL as the shared server of two regions, for stores without a database of their own."""
    from chalicelib.kit.auth import Account, Role
    from chalicelib.platform.service import settings

    current = settings.get_setting("shared_servers")
    servers = [
        {
            "name": f"local-{region}",
            "region": region,
            "host": HOST,
            "port": plan.postgresql_port,
            "database": local_logins.SHARED_DATABASE,
            "username": local_logins.SHARED_LOGIN,
            "password_secret": SHARED_LOGIN_SECRET,
            "admin_username": local_logins.SHARED_ADMIN,
            "admin_password_secret": SHARED_ADMIN_SECRET,
        }
        for region in REGIONS
    ]
    if current.version == 0:
        account = Account(Role.OPERATOR, "seed")
        settings.put_setting(account, "shared_servers", {"servers": servers}, str(current.version))


def _furnish() -> None:
    """Create a product with two sizes and four styles for the storefront page."""
    from chalicelib.studio.repository import products as rows
    from chalicelib.studio.schemas.catalogue import ProductCreate, ProductStylePut, SizeCreate, StyleCreate
    from chalicelib.studio.service import products, styles

    product = rows.product_uuid(SHOP, PRODUCT)
    if rows.find_product(SHOP, product) is not None:
        return
    products.add_product(SHOP, ProductCreate(shopify_product_id=PRODUCT, title="Pet portrait"), None)
    for number, (name, width, height) in enumerate((("8 x 10 in", 2400, 3000), ("12 x 16 in", 3600, 4800))):
        variant = f"gid://shopify/ProductVariant/{41001 + number}"
        size = SizeCreate(name=name, width_px=width, height_px=height, shopify_variant_id=variant, sort_order=number)
        products.add_size(SHOP, product, size, None)
    for number, (name, style) in enumerate(STYLES):
        made = styles.add_style(
            SHOP,
            StyleCreate(name=name, prompt_template="{style}: {text}", parameters={"style": style}, sort_order=number),
            None,
        )
        products.put_product_style(SHOP, product, made.uuid, ProductStylePut(sort_order=number))
        example = base64.b64encode(_example(style)).decode()
        styles.put_example(SHOP, made.uuid, example)


def _set_watermark() -> None:
    """Create the shop's watermark for its previews, unless it exists."""
    from chalicelib.studio.repository import watermarks as rows
    from chalicelib.studio.schemas.merchant import WatermarkPut
    from chalicelib.studio.service import watermarks
    from infra.local.demo.logo import draw_logo

    if rows.find_watermark(SHOP) is None:
        image = base64.b64encode(draw_logo()).decode()
        watermarks.put_watermark(
            SHOP, WatermarkPut(image=image, opacity=Decimal("0.5"), size_percentage=Decimal(40)), None
        )


def _example(style: str) -> bytes:
    from chalicelib.integrations.image_models import selection
    from chalicelib.integrations.images import sample_photo

    return selection.choose_model("local")(sample_photo.encoded(), "", 320, {"style": style}).image
