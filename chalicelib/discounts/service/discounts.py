"""Discounts of a shop: create, read, change and delete. Each saved version is published to Shopify afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.discounts.domain import term_changes
from chalicelib.discounts.domain.configuration import configuration
from chalicelib.discounts.domain.discount_rules import ShopFacts, term_faults
from chalicelib.discounts.domain.discount_terms import DiscountTerms, columns_of, status_at, terms_of
from chalicelib.discounts.domain.local_days import next_midnight
from chalicelib.discounts.domain.metafield import bytes_over
from chalicelib.discounts.domain.names import item_changes, names_of
from chalicelib.discounts.domain.windows import in_utc
from chalicelib.discounts.enums import DiscountStatus, NameKind
from chalicelib.discounts.errors import DiscountTooLarge, InvalidDiscount, TestRunning
from chalicelib.discounts.models import APP, Discount, DiscountName
from chalicelib.discounts.repository import discount_changes, discount_names, discounts, shop_days
from chalicelib.discounts.schemas.discounts import DiscountCreate, DiscountRead, DiscountUpdate
from chalicelib.discounts.schemas.publication import DiscountChanged
from chalicelib.discounts.service import name_cleanup
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import VersionMismatch
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops.service import Merchant

_PATHS = {NameKind.CODE: "body.discount_code", NameKind.TITLE: "body.title"}


@dataclass(frozen=True, slots=True)
class Editor:
    """The user who changes a shop's discounts, and the shop's properties for the rules."""

    shop: str
    facts: ShopFacts
    time_zone: str | None = None
    user_id: str | None = None


def editor_of(merchant: Merchant) -> Editor:
    """Return the merchant as an editor."""
    row = merchant.installation
    return Editor(merchant.shop, ShopFacts(row.currency, row.plan_name), row.iana_timezone, merchant.user_id)


def add_discount(editor: Editor, body: DiscountCreate, key: Idempotency | None) -> DiscountRead:
    """Create a discount and publish it.

    Raises InvalidDiscount, DiscountTooLarge, NameTaken, LimitReached.
    """
    terms = require_valid_terms(editor, body.model_dump())
    now, discount_id = clock.now(), ids.time_ordered()
    row = discounts.new_row(editor.shop, discount_id, columns_of(terms), now)
    discount_names.put_items(editor.shop, discount_id, terms.skus, now)
    response, names = to_discount_read(row, now), names_of(terms.discount_code, terms.title)

    def decide(unit: UnitOfWork) -> None:
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)
        _stage_names(unit, row, {}, names)
        shop_days.stage_added_discount(unit.transaction, editor.shop, next_midnight(now, editor.time_zone))
        _stage_change(unit, row, ({}, columns_of(terms)), editor)

    try:
        name_cleanup.run_claiming(editor.shop, names, decide)
    except Exception:
        name_cleanup.delete_unsaved_items(row)
        raise
    return response


def list_discounts(shop: str, status: DiscountStatus | None, page: PageRequest) -> PageResult[DiscountRead]:
    """Return a page of the shop's discounts, oldest first; with `status`, those of the page that have it."""
    result, now = discounts.list_live(shop, page), clock.now()
    rows = [to_discount_read(row, now) for row in result.items]
    return PageResult([row for row in rows if status is None or row.status is status], result.last_key)


def get_discount(shop: str, discount_id: str) -> DiscountRead:
    """Return the shop's discount. Raises DiscountNotFound."""
    return to_discount_read(discounts.get(shop, discount_id), clock.now())


def change_discount(editor: Editor, discount_id: str, body: DiscountUpdate, version: str) -> DiscountRead:
    """Set the fields in the body and publish the new version. Without a difference, nothing is written.

    Raises DiscountNotFound, VersionMismatch, TestRunning, InvalidDiscount, DiscountTooLarge, NameTaken.
    """
    row = _get_version(editor.shop, discount_id, version)
    before = discounts.columns_of_row(row)
    changes = body.model_dump(exclude_unset=True)
    terms = require_valid_terms(editor, before | changes)
    after = columns_of(terms)
    old, new = term_changes.changed_columns(columns_of(terms_of(before)), after)
    if not new:
        return to_discount_read(row, clock.now())
    if row.ab_test_id is not None and any(name in new for name in term_changes.FROZEN_IN_TESTS):
        raise TestRunning
    return _save_version(editor, row, after, (old, new))


def remove_discount(editor: Editor, discount_id: str, version: str) -> None:
    """Delete the discount: withdraw it at Shopify, free its names, keep its row outside the lists.

    Raises DiscountNotFound, VersionMismatch, TestRunning.
    """
    row = _get_version(editor.shop, discount_id, version)
    if row.ab_test_id is not None:
        raise TestRunning
    now = clock.now()
    deletion = {"live": None, "deleted_at": now, "updated_at": now}
    deleted = _next_version(row, deletion)
    names = discount_names.find_names(editor.shop, names_of(row.discount_code, row.title))

    def decide(unit: UnitOfWork) -> None:
        discounts.stage_update(unit.transaction, row, deletion)
        _stage_names(unit, deleted, names, {})
        shop_days.stage_removed_discount(unit.transaction, editor.shop)
        _stage_change(unit, deleted, ({"deleted_at": None}, {"deleted_at": now}), editor)

    run_unit_of_work(decide)
    discount_names.delete_items(editor.shop, discount_id, row.skus)


def to_discount_read(row: Discount, now: datetime) -> DiscountRead:
    """Return the discount as the API shows it at that time."""
    columns = {name: getattr(row, name) for name in DiscountRead.model_fields if name != "status"}
    return DiscountRead(**columns, status=status_at(terms_of(discounts.columns_of_row(row)), now))


def _get_version(shop: str, discount_id: str, version: str) -> Discount:
    row = discounts.get(shop, discount_id)
    if str(row.version) != version:
        raise VersionMismatch
    return row


def require_valid_terms(editor: Editor, columns: Mapping[str, Any], where: str = "body") -> DiscountTerms:
    """Return the terms in these columns, with their window in UTC. `where` is their place in the request.

    Raises InvalidDiscount, DiscountTooLarge.
    """
    faults, window = [], {}
    for name in ("starts_at", "ends_at"):
        moment = columns.get(name)
        try:
            window[name] = in_utc(moment, editor.time_zone) if moment else None
        except ValueError as error:
            faults.append((name, str(error)))
    terms = terms_of({**columns, "starts_at": None, "ends_at": None, **window})
    faults += term_faults(terms, editor.facts)
    if faults:
        errors = [{"path": f"{where}.{path}", "message": message} for path, message in faults]
        raise InvalidDiscount(f"{errors[0]['path']}: {errors[0]['message']}", errors=errors)
    over = bytes_over(configuration(terms))
    if over:
        message = f"the configuration for Shopify is {over} bytes too large; split the items over more discounts"
        raise DiscountTooLarge(f"{where}.skus: {message}", errors=[{"path": f"{where}.skus", "message": message}])
    return terms


def _save_version(editor: Editor, row: Discount, columns: dict[str, Any], changes: tuple[Any, Any]) -> DiscountRead:
    """Write the next version: new items before it, removed ones after it."""
    now = clock.now()
    added, removed = item_changes(row.skus, columns["skus"])
    discount_names.put_items(row.shop, row.discount_id, added, now)
    values = {**columns, "updated_at": now}
    changed = _next_version(row, values)
    old_names, new_names = names_of(row.discount_code, row.title), names_of(columns["discount_code"], columns["title"])
    ended = discount_names.find_names(row.shop, [name for name in old_names if name not in new_names])
    claimed = {name: kind for name, kind in new_names.items() if name not in old_names}

    def decide(unit: UnitOfWork) -> None:
        discounts.stage_update(unit.transaction, row, values)
        _stage_names(unit, changed, ended, claimed)
        _stage_change(unit, changed, changes, editor)

    name_cleanup.run_claiming(row.shop, claimed, decide)
    discount_names.delete_items(row.shop, row.discount_id, removed)
    return to_discount_read(changed, now)


def _next_version(row: Discount, columns: dict[str, Any]) -> Discount:
    return discounts.with_columns(row, {**columns, "version": row.version + 1})


def _stage_names(
    unit: UnitOfWork, row: Discount, ended: Mapping[str, DiscountName], claimed: Mapping[str, NameKind]
) -> None:
    """Release and claim names at the time of the row's version."""
    for former in ended.values():
        discount_names.stage_release(unit.transaction, former, row.updated_at)
    for name, kind in claimed.items():
        claim = DiscountName(row.shop, name, discount_id=row.discount_id, kind=kind, since=row.updated_at)
        discount_names.stage_claim(unit.transaction, claim, _PATHS[kind])


def _stage_change(unit: UnitOfWork, row: Discount, changes: tuple[Any, Any], editor: Editor) -> None:
    stored = discount_changes.store_if_large(row, *changes)
    discount_changes.stage_change(unit.transaction, row, stored, editor.user_id)
    unit.publish(DiscountChanged(shop=row.shop, app=APP, discount_id=row.discount_id))
