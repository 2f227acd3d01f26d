"""Publication: updates Shopify's node of a discount to the newest version. Messages may repeat and be out of order.

After a worker published a version, it checks for a newer one. Every message publishes at least once. So the newest
version wins, even if workers are concurrent or one crashes between its call to Shopify and its write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.discounts.domain.configuration import configuration
from chalicelib.discounts.domain.discount_terms import DiscountTerms, terms_of
from chalicelib.discounts.domain.metafield import ItemValue, ValueTest, metafield_json
from chalicelib.discounts.domain.publication import needs_node
from chalicelib.discounts.enums import Publication
from chalicelib.discounts.metrics import PUBLICATIONS_FAILED
from chalicelib.discounts.models import APP, Discount
from chalicelib.discounts.repository import discount_changes, discounts
from chalicelib.discounts.schemas.publication import DiscountChanged
from chalicelib.integrations.shopify import discounts as shopify
from chalicelib.integrations.shopify.discounts import DiscountFields, DiscountRefused, NodeMissing
from chalicelib.integrations.shopify.errors import ShopifyRefused, ShopUnavailable
from chalicelib.kit import clock, logs
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.messages import publish
from chalicelib.shops.service import (
    ATTEMPTS,
    AdminApi,
    InstallationNotFound,
    open_admin_api,
)

MAX_ROUNDS = 5
"""Versions that one worker publishes; then the message is retried."""
MAX_ERROR = 500
"""Characters of a reason."""
NAME_DELAY = 5
"""The delay in seconds of a retry while another of our discounts still has the name at Shopify."""

log = logs.logger("discounts")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of publishing a version; `error` is the reason of a refusal."""

    publication: Publication
    node_id: str | None
    error: str | None = None


class NameStillPublished(Exception):
    """Another discount of ours has the code or title at Shopify; it was renamed here."""


def publish_discount(message: DiscountChanged) -> None:
    """Publish the newest version of a discount; withdraw it if it is paused or deleted.

    Without an installation it does nothing: a reinstall publishes everything. Raises ShopifyThrottled,
    ShopifyUnavailable, Unavailable.
    """
    context = {"shop": message.shop, "discount": message.discount_id}
    try:
        admin = open_admin_api(message.shop, APP)
        _publish_newest(admin, message.discount_id)
    except InstallationNotFound:
        log.info("discount not published: the app is not installed, or its tokens are revoked", extra=context)
    except NameStillPublished as error:
        if message.attempt >= ATTEMPTS:
            _fail_newest(message, f"TAKEN: {error}")
        else:
            publish(message.model_copy(update={"attempt": message.attempt + 1}), delay_seconds=NAME_DELAY)
    except ShopUnavailable as error:
        log.warning("discount not published: the shop is unavailable", extra={**context, "why": str(error)})
    except ShopifyRefused as error:
        _fail_newest(message, error.error)


def expected_fields(row: Discount, terms: DiscountTerms) -> DiscountFields:
    """Return the desired fields of a discount at Shopify."""
    combines = terms.combines_with
    return DiscountFields(
        title=terms.title,
        code=terms.discount_code,
        starts_at=terms.starts_at or row.created_at.replace(microsecond=0),
        ends_at=terms.ends_at,
        usage_limit=terms.usage_limit,
        once_per_customer=terms.once_per_customer,
        combines_with=(combines.product, combines.order, combines.shipping),
        tags=frozenset(combines.tags),
        configuration=metafield_json(configuration(terms, _running_test(row))),
    )


def _running_test(row: Discount) -> ValueTest | None:
    if row.ab_test_id is None or row.ab_value_type is None or row.ab_value is None:
        return None
    return ValueTest(row.ab_test_id, ItemValue(row.ab_value_type, row.ab_value))


def _publish_newest(admin: AdminApi, discount_id: str) -> None:
    for _ in range(MAX_ROUNDS):
        row = discounts.find(admin.shop, discount_id)
        if row is None:
            return
        try:
            outcome = _publish_version(admin, row, clock.now())
        except NodeMissing:
            discounts.forget_node(row)
            continue
        except DiscountRefused as error:
            outcome = Outcome(Publication.FAILED, row.shopify_node_id, str(error)[:MAX_ERROR])
        if _store_outcome(row, outcome):
            return
    raise Unavailable("The discount changes while it is published.")


def _publish_version(admin: AdminApi, row: Discount, now: datetime) -> Outcome:
    """Publish the row's version. Raises DiscountRefused, NodeMissing, NameStillPublished."""
    terms = terms_of(discounts.columns_of_row(row))
    node_id = row.shopify_node_id or _find_own_node(admin, row, terms)
    is_wrong_kind = node_id is not None and shopify.is_code_node(node_id) != (terms.discount_code is not None)
    if node_id is not None and (row.deleted_at is not None or is_wrong_kind):
        _delete_node(admin, node_id)
        discounts.forget_node(row)
        node_id = None
    if row.deleted_at is not None:
        return Outcome(Publication.WITHDRAWN, None)
    fields = expected_fields(row, terms)
    if node_id is not None:
        if not terms.is_active:
            shopify.deactivate(admin.graphql, node_id)  # first: Shopify may refuse the update
        shopify.update(admin.graphql, node_id, fields, row.discount_id, with_window=terms.is_active)
        return Outcome(Publication.PUBLISHED if terms.is_active else Publication.WITHDRAWN, node_id)
    if not needs_node(terms, now):
        return Outcome(Publication.WITHDRAWN, None)
    return Outcome(Publication.PUBLISHED, _create_node(admin, row, fields))


def _create_node(admin: AdminApi, row: Discount, fields: DiscountFields) -> str:
    """Create the node and store its id at once. If another worker stored a node of its own, this one is deleted."""
    _require_free_name(admin, row, fields)
    try:
        node_id = shopify.create(admin.graphql, fields, row.discount_id)
    except DiscountRefused:
        _store_created_node(admin, row)
        raise
    stored = discounts.store_node(row, node_id)
    if stored != node_id:
        _delete_node(admin, node_id)
        raise NodeMissing(node_id)
    return node_id


def _store_created_node(admin: AdminApi, row: Discount) -> None:
    """Store a node that another worker created just now, for which Shopify refuses a second one. Raises NodeMissing."""
    for node in shopify.iterate_own_nodes(admin.graphql):
        if node.owner == row.discount_id:
            discounts.store_node(row, node.node_id)
            raise NodeMissing(node.node_id)


def _require_free_name(admin: AdminApi, row: Discount, fields: DiscountFields) -> None:
    """Raise DiscountRefused if a foreign discount has the name, because orders name an automatic one by its title."""
    for node in shopify.find_named(admin.graphql, fields.title, fields.code):
        name = "title" if fields.code is None else "code"
        if node.owner == row.discount_id:
            raise NodeMissing(node.node_id)  # another worker created it: start again
        if node.owner is not None:
            raise NameStillPublished(f"another discount has this {name} at Shopify")
        raise DiscountRefused("TAKEN", f"another discount in the shop has this {name}")


def _find_own_node(admin: AdminApi, row: Discount, terms: DiscountTerms) -> str | None:
    """Return a node of the discount that a crashed worker created, by its names since the first version."""
    names = {(terms.title, terms.discount_code): None}
    if row.version > 1:
        names |= dict.fromkeys(_former_names(row, terms))
    for title, code in names:
        for node in shopify.find_named(admin.graphql, title, code):
            if node.owner == row.discount_id:
                row.shopify_node_id = discounts.store_node(row, node.node_id)
                return row.shopify_node_id
    return None


def _former_names(row: Discount, terms: DiscountTerms) -> list[tuple[str, str | None]]:
    """Return the titles and codes of the earlier versions, the newest first."""
    names, title, code = [], terms.title, terms.discount_code
    for change in discount_changes.list_by_discount(row.shop, row.discount_id):
        before, _ = discount_changes.load_change(change)
        if change.version > 1 and ("title" in before or "discount_code" in before):
            title, code = before.get("title", title), before.get("discount_code", code)
            names.append((title, code))
    return names


def _delete_node(admin: AdminApi, node_id: str) -> None:
    try:
        shopify.delete(admin.graphql, node_id)
    except NodeMissing:
        log.info("node not deleted: it is gone", extra={"node": node_id})


def _store_outcome(row: Discount, outcome: Outcome) -> bool:
    """Store the outcome of the row's version. Returns False if there is a newer version."""
    columns: dict[str, Any] = {"publication": outcome.publication, "publication_error": outcome.error}
    if outcome.publication is Publication.FAILED:
        PUBLICATIONS_FAILED.count()
        log.warning("discount not published: Shopify refuses it", extra={"shop": row.shop, "why": outcome.error})
    else:
        columns |= {"published_version": row.version, "shopify_node_id": outcome.node_id}
    return discounts.mark_publication(row, columns)


def _fail_newest(message: DiscountChanged, reason: str) -> None:
    row = discounts.find(message.shop, message.discount_id)
    if row is not None:
        _store_outcome(row, Outcome(Publication.FAILED, row.shopify_node_id, reason[:MAX_ERROR]))
