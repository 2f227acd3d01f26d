"""Reconciliation: compares a shop's nodes at Shopify with its discounts and repairs both."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

from chalicelib.discounts.domain.discount_terms import terms_of
from chalicelib.discounts.domain.publication import Actual, Expected, find_repairs, needs_node
from chalicelib.discounts.models import APP, Discount
from chalicelib.discounts.repository import discounts
from chalicelib.discounts.schemas.publication import DiscountChanged
from chalicelib.discounts.service.publication import expected_fields
from chalicelib.integrations.shopify import discounts as shopify
from chalicelib.integrations.shopify.discounts import DiscountFields, DiscountNode, NodeMissing
from chalicelib.integrations.shopify.errors import AccessDenied, ShopUnavailable
from chalicelib.kit import clock, logs, messages
from chalicelib.shops.service import AdminApi, InstallationNotFound, open_admin_api

log = logs.logger("discounts")


def reconcile_discounts(shop: str, day: date) -> None:
    """Publish the discounts of a shop that differ at Shopify, failed ones too; delete nodes of ours without a discount.

    Without an installation it does nothing. Raises ShopifyThrottled, ShopifyUnavailable.
    """
    context = {"shop": shop, "day": str(day)}
    try:
        _reconcile(open_admin_api(shop, APP))
    except InstallationNotFound:
        log.info("discounts not compared: the app is not installed, or its tokens are revoked", extra=context)
    except (AccessDenied, ShopUnavailable) as error:
        log.warning(
            "discounts not compared: Shopify refuses the shop or the scope", extra={**context, "why": str(error)}
        )


def _reconcile(admin: AdminApi) -> None:
    nodes = list(shopify.iterate_own_nodes(admin.graphql))
    rows = {row.discount_id: row for row in discounts.iterate_live(admin.shop)}
    unlisted = [node.owner for node in nodes if node.owner is not None and node.owner not in rows]
    rows |= {row.discount_id: row for row in discounts.find_many(admin.shop, list(dict.fromkeys(unlisted)))}
    now = clock.now()
    expected = {discount_id: _expected(row, now) for discount_id, row in rows.items()}
    repairs = find_repairs(expected, [_actual(node) for node in nodes])
    if repairs.discounts or repairs.nodes:
        counts = {"discounts": len(repairs.discounts), "nodes": len(repairs.nodes)}
        log.warning("discounts repaired: Shopify differs", extra={"shop": admin.shop, **counts})
    for node_id in repairs.nodes:
        _delete_orphan(admin, node_id)
    changed = (DiscountChanged(shop=admin.shop, app=APP, discount_id=each) for each in repairs.discounts)
    messages.publish_many(changed)


def _delete_orphan(admin: AdminApi, node_id: str) -> None:
    try:
        shopify.delete(admin.graphql, node_id)
    except NodeMissing:
        log.info("orphan not deleted: it is gone", extra={"shop": admin.shop, "node": node_id})


def _expected(row: Discount, now: datetime) -> Expected:
    terms = terms_of(discounts.columns_of_row(row))
    return Expected(
        node_id=row.shopify_node_id,
        publication=row.publication,
        is_current=row.published_version == row.version,
        needs_node=needs_node(terms, now),
        is_paused=not terms.is_active,
        content=_comparable(expected_fields(row, terms)),
    )


def _actual(node: DiscountNode) -> Actual:
    return Actual(node.node_id, node.owner, node.status == "EXPIRED", _comparable(node.fields))


def _comparable(fields: DiscountFields) -> tuple[DiscountFields, object]:
    """Return the fields with their configuration parsed: Shopify may format JSON differently."""
    return replace(fields, configuration=None), json.loads(fields.configuration or "null")
