"""Rows in every table and objects below every prefix, for shops, customers, members and stores; each contains a mark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from chalicelib.billing import models as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.integrations import parquet
from chalicelib.kit import attributes, aws, clock, ids, table_schema, unique_values
from chalicelib.kit import models as kit
from chalicelib.kit.data_policy import Bucket
from chalicelib.kit.payloads import STORED
from chalicelib.kit.subject_queries import Redact
from chalicelib.kit.tables import Table
from chalicelib.retention.domain.archive_pages import ITEM
from chalicelib.retention.repository import s3_objects
from chalicelib.retention.rules import TABLE_POLICIES
from chalicelib.shops import models as shops
from chalicelib.studio import models as studio
from infra.deploy import data_stack
from tests.retention import analytics_rows, discounts_rows, platform_rows, together_rows
from tests.retention.conftest import DUE, LOGS_LIVE

T = TypeVar("T", bound=Table)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
Items = dict[tuple[str, str], dict[str, Any]]


def row(model: type[T], mark: str, **given: Any) -> T:
    """Store a row with every column filled. All columns contain the mark; only personal ones if an erasure keeps the row."""
    [policy] = [each for each in TABLE_POLICIES.values() if each.table is model]
    is_kept = any(isinstance(query.action, Redact) for query in policy.queries)
    marked = table_schema.personal_columns(model) if is_kept else model.get_attributes()
    values = {
        name: _value(attribute, f"{mark}-{name}-{ids.new()}" if name in marked else ids.new())
        for name, attribute in model.get_attributes().items()
    }
    made = model(**{**values, **given})
    made.save()
    return made


def _value(attribute: Any, text: str) -> Any:
    if isinstance(attribute, attributes.EnumAttribute):
        return next(iter(attribute.kind.__members__.values()))
    filled: dict[type, Any] = {
        attributes.BooleanAttribute: True,
        attributes.DateAttribute: NOW.date(),
        attributes.DateTimeAttribute: NOW,
        attributes.DecimalAttribute: Decimal("1.5"),
        attributes.ExpiryAttribute: clock.now() + timedelta(days=20),
        attributes.IntegerAttribute: 7,
        attributes.JsonAttribute: {"text": text},
        attributes.MapAttribute: {"text": text},
        attributes.SecretAttribute: f"sealed:by:{text}",
        attributes.StringListAttribute: [text],
        attributes.StringSetAttribute: {text},
    }
    return filled.get(type(attribute), text)


def guard(mark: str, *name: str) -> None:
    row(kit.UniqueValue, mark, guard=unique_values.value_key(*name))


def put(key: str, text: str, bucket: Bucket = Bucket.IMAGES) -> str:
    """Store an object and return its address."""
    name = s3_objects.bucket_name(bucket)
    aws.client("s3").put_object(Bucket=name, Key=key, Body=text.encode())
    return f"s3://{name}/{key}"


def seed_shop(mark: str, app: str = "studio") -> str:
    """Store a shop with rows in every table and return its domain."""
    shop = f"{mark}.myshopify.com"
    row(shops.Shop, mark, shop=shop, app=app, active_app=app, installed_at=NOW)
    row(shops.Session, mark, shop=shop, app=app, expires=DUE + timedelta(days=9))
    row(shops.InstallationLog, mark, shop=shop, app=app, created_at=clock.now())
    row(shops.InstallationLog, mark, shop=shop, app=app, created_at=DUE - LOGS_LIVE - timedelta(days=1))
    row(shops.AppSettings, mark, shop=shop, app=app)
    row(shops.AppSettingsVersion, mark, shop=shop, app=app, shop_app=f"{shop}#{app}", version=1)
    row(shops.AppSettingsVersion, mark, shop=shop, app=app, shop_app=f"{shop}#{app}", version=2)
    for topic in ("orders/paid", "shop/update"):
        delivery = row(shops.WebhookDelivery, mark, shop=shop, app=app, topic=topic)
        guard(mark, "shops", "webhook_deliveries", "event", app, shop, topic, str(delivery.event_id))
    stored = put(f"payloads/shops/{shop}/{app}/{ids.new()}.json", json.dumps({"note": mark}))
    row(shops.WebhookDelivery, mark, shop=shop, app=app, payload={"stored_at": stored})
    put(f"{STORED}/shop:{shop}:{app}/{ids.new()}.json", json.dumps({"shop": shop}))
    row(kit.CachedValue, mark, key=f"shop:{shop}:{app}")
    row(kit.Lock, mark, name=f"shops/tokens/{shop}/{app}")
    row(kit.IdempotencyRecord, mark, subject=f"shop:{shop}")
    if app == "studio":
        _seed_gallery(mark, shop)
        analytics_rows.seed_tenant(row, mark, f"shop:{shop}:{app}")
        discounts_rows.seed_shop(row, mark, shop)
    return shop


def _seed_gallery(mark: str, shop: str) -> None:
    for _ in range(2):
        product = row(studio.Product, mark, shop_id=shop).uuid
        base = row(studio.ProductBase, mark, shop_id=shop).uuid
        row(studio.ProductBaseVariant, mark, shop_id=shop, product_base_id=base)
        size = row(studio.Size, mark, product_id=product)
        guard(mark, "studio", "sizes", "shopify_variant_id", product, str(size.shopify_variant_id))
        row(studio.ProductStyle, mark, product_id=product, ai_style_id=ids.new())
        row(studio.ProductProductBase, mark, product_id=product, product_base_id=base)
        mapping = row(studio.ProductBaseVariantMapping, mark, product_id=product, variant_pair=f"{base}#{mark}")
        name = ("studio", "product_base_variant_mappings", "shopify_variant_id")
        guard(mark, *name, product, mapping.shopify_variant_id)
    row(studio.AiStyle, mark, shop_id=shop, example_image_url=put(f"examples/{shop}/{ids.new()}", mark))
    row(studio.Watermark, mark, shop_id=shop, image_url=put(f"watermarks/{shop}/{ids.new()}", mark))
    row(studio.Quota, mark, shop_id=shop, current_storage_mb=Decimal(100))
    put(f"previews/{shop}/{mark}-that-no-row-names.jpg", mark)


def seed_customer(mark: str, shop: str, number: int, *, is_guest: bool = False) -> tuple[str, str]:
    """Store a customer with a photo, a preview, an order and its final; return the GIDs of customer and order."""
    customer, order = f"gid://shopify/Customer/{number}", f"gid://shopify/Order/{number}77"
    owner = None if is_guest else customer
    upload = ids.new()
    key, accepted_key = f"uploads/{shop}/{upload}", f"photos/{shop}/01/{upload}"
    put(key, mark)
    photo = put(accepted_key, mark)
    keys = {"object_key": key, "accepted_key": accepted_key}
    row(studio.Upload, mark, id=upload, shop_id=shop, customer_id=owner, byte_count=1_000_000, **keys)
    preview = row(
        studio.Generation,
        mark,
        shop_id=shop,
        customer_id=owner,
        preview_customer_id=None,
        order_id=None,
        input_image_url=photo,
        source_generation_id=None,
        preview_image_url=put(f"previews/{shop}/{ids.new()}.jpg", mark),
        unmarked_image_url=put(f"pictures/{shop}/{ids.new()}", mark),
        final_image_url=None,
        byte_count=2_000_000,
    )
    row(
        studio.Generation,
        mark,
        shop_id=shop,
        customer_id=owner,
        preview_customer_id=owner,
        order_id=order,
        input_image_url=photo,
        source_generation_id=preview.id,
        preview_image_url=None,
        unmarked_image_url=None,
        final_image_url=put(f"finals/{shop}/{ids.new()}.jpg", mark),
        byte_count=4_000_000,
    )
    row(studio.Order, mark, shop_id=shop, shopify_order_id=order, customer_id=owner)
    payload = {"id": int(f"{number}77"), "note": mark, "customer": None if is_guest else {"id": number, "note": mark}}
    event = row(shops.WebhookDelivery, mark, shop=shop, app="studio", topic="orders/paid", payload=payload)
    guard(mark, "shops", "webhook_deliveries", "event", "studio", shop, "orders/paid", str(event.event_id))
    stored = put(f"payloads/shops/{shop}/studio/{ids.new()}.json", json.dumps(payload))
    row(shops.WebhookDelivery, mark, shop=shop, app="studio", topic="orders/edited", payload={"stored_at": stored})
    put(
        f"{STORED}/shop:{shop}:studio/{ids.new()}.json",
        json.dumps({"customer_id": owner, "order_id": order, "n": mark}),
    )
    if not is_guest:
        row(kit.IdempotencyRecord, mark, subject=f"shopper:{shop}:{customer}")
        analytics_rows.seed_user(row, mark, f"shop:{shop}:studio", customer)
    counted = order if is_guest else f"gid://shopify/Order/{str(number)[::-1]}"  # its row stays: without the marks
    discounts_rows.seed_customer(row, mark, shop, f"guest:{mark}" if is_guest else customer, counted)
    return customer, order


def seed_account(mark: str) -> str:
    """Store the account of an owner of stores; return the id."""
    account = platform_rows.seed_account(row, mark)
    guard(mark, "platform", "users", "email", account.email)
    put(f"{STORED}/owner:{account.id}/{ids.new()}.json", mark)
    return str(account.id)


def seed_owner(mark: str, kind: OwnerType, relationship: str | None = None) -> str:
    """Store a member or a store with payments, credits and Stripe events; return the id."""
    owner, stripe_id = f"{mark}-id", f"cus_{mark}"
    row(
        billing.Customer,
        mark,
        owner_type=kind,
        owner_id=owner,
        stripe_customer_id=stripe_id,
        relationship_id=relationship,
    )
    guard(mark, "billing", "customers", "stripe_customer_id", stripe_id)
    row(billing.CreditBalance, mark, relationship_id=owner)
    entry = row(billing.CreditEntry, mark, relationship_id=owner)
    guard(mark, "billing", "ai_credits", "source_key", entry.source_key)
    row(billing.MonthlyGrant, mark, owner=f"{kind}/{owner}")
    row(billing.Subscription, mark, owner=f"{kind}/{owner}", owner_type=kind, owner_id=owner, gifted_by=None)
    payment = row(billing.PaymentTransaction, mark, owner=f"{kind}/{owner}", owner_type=kind, owner_id=owner)
    row(billing.Refund, mark, payment_transaction_id=payment.id, user_id=owner, owner_type=kind)
    row(billing.DiscountUsage, mark, user_id=owner, owner_type=kind, redemption=f"{owner}#1")
    event = {"object": {"customer": stripe_id, "email": f"{mark}@example.com"}}
    row(billing.StripeWebhook, mark, payload=event, payload_ref=None)
    large = put(f"payloads/billing/{ids.new()}.json", json.dumps(event))
    row(billing.StripeWebhook, "plain", payload=None, payload_ref=large)
    put(f"{STORED}/{kind}:{owner}/{ids.new()}.json", mark)
    row(kit.IdempotencyRecord, mark, subject=f"{kind}:{owner}")
    analytics_rows.seed_revenue(row, mark, kind, owner)
    analytics_rows.seed_user(row, mark, "together" if kind is OwnerType.MEMBER else "platform", owner)
    if kind is OwnerType.STORE:
        analytics_rows.seed_tenant(row, mark, f"store:{owner}")
        guard(mark, "platform", "stores", "slug", platform_rows.seed_store(row, mark, owner).slug)
    if kind is OwnerType.MEMBER:
        together_rows.seed_member(row, mark, owner)
        row(billing.UserAddon, mark, user_id=owner)
        row(
            billing.Gift,
            mark,
            buyer_id=owner,
            recipient_email="else@example.com",
            recipient_id=None,
            relationship_id=None,
        )
        row(billing.Gift, mark, buyer_id="somebody", recipient_email=f"{mark}-email", recipient_id=owner)
        row(billing.Subscription, "other", owner="member/other", owner_id="other", gifted_by=owner, gift_message=mark)
    return owner


def seed_the_rest() -> None:
    """Store a row in every table without subjects."""
    for model in data_stack.models():
        if not any(holding.queries for holding in TABLE_POLICIES.values() if holding.table is model):
            row(model, "nobody")


def items() -> Items:
    """Return every stored row by table and key."""
    found: Items = {}
    for model in data_stack.models():
        keys = [model.get_attributes()[name].attr_name for name in (model._hash_keyname, model._range_keyname) if name]
        pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=model.Meta.table_name)
        for page in pages:
            for item in page["Items"]:
                found[model.Meta.table_name, str([item[key] for key in keys])] = item
    return found


def files() -> dict[str, bytes]:
    """Return every object of both buckets by address; archive files row by row."""
    found: dict[str, bytes] = {}
    for bucket in Bucket:
        name = s3_objects.bucket_name(bucket)
        for key in s3_objects.iterate_keys(name, ""):
            data = aws.client("s3").get_object(Bucket=name, Key=key)["Body"].read()
            if key.startswith("archive/"):
                found |= {f"{key}#{text}": text.encode() for text in parquet.read_texts(data, ITEM)}
            else:
                found[f"s3://{name}/{key}"] = data
    return found


def traces(*marks: str) -> Iterator[str]:
    """Yield each row and object address that contains one of the marks."""
    wanted = [mark.encode() for mark in marks]
    for place, item in items().items():
        if any(mark in f"{place} {item}".encode() for mark in wanted):
            yield f"{place}: {item}"
    for url, data in files().items():
        if any(mark in url.encode() + data for mark in wanted):
            yield url
