"""What merchants set up: products, sizes, styles, bases, watermark. A row of another shop is never found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.expressions.update import Action

from chalicelib.kit import clock, ids, unique_values
from chalicelib.kit.errors import Conflict, Problem
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Table, Transaction, get_many, update_if
from chalicelib.studio.errors import (
    BaseNotFound,
    ChangedMeanwhile,
    OrderIncomplete,
    ProductNotFound,
    SizeNotFound,
    StyleNotFound,
    TooManyStyles,
)
from chalicelib.studio.models import (
    AiStyle,
    Product,
    ProductBase,
    ProductBaseVariant,
    ProductBaseVariantMapping,
    ProductProductBase,
    ProductStyle,
    Size,
    Watermark,
)
from chalicelib.studio.repository import quotas

T = TypeVar("T", bound=Table)

MAX_STYLES = 99
"""So that a reorder of a product's styles is one transaction."""

_NAMESPACE = "5f0c1c5a-6d0e-4f0b-9c59-0d8f3f2f6a11"


Guarded = Callable[[Transaction], None]


class _Stale(Conflict):
    """The row is gone, or has another version."""


class Exists(Conflict):
    """Somebody else has added the row."""


def product_uuid(shop: str, shopify_product_id: int) -> str:
    """The one uuid of a shop's product."""
    return ids.derived(_NAMESPACE, shop, str(shopify_product_id))


def add(row: Table, idempotency: Idempotency | None, answer: Schema, otherwise: Problem | None = None) -> None:
    """Write a new row, together with the answer to its Idempotency-Key, which decides first: of two requests with one
    key at once, both are answered alike."""
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, answer)
        transaction.add(row, otherwise or Exists())


def remember(idempotency: Idempotency | None, answer: Schema) -> None:
    """Keep the answer to an Idempotency-Key whose request had nothing to write."""
    if idempotency:
        with Transaction() as transaction:
            idempotency.join(transaction, answer)


def change(row: T, values: dict[str, Any], version: datetime | None = None) -> bool:
    """Set these attributes of the row with this one's key, which then shows the whole; False where there is none.
    None removes one.

    What others write at the same time stays: styles count their use, products their styles. `version` is the
    `updated_at` that the change is of; raises ChangedMeanwhile where the row has another by now.
    """
    kind = type(row)
    condition, actions = _expected(kind, version), _stamped(kind, values)
    if update_if(row, actions, condition):
        return True
    if version is not None and _is_there(row):
        raise ChangedMeanwhile
    return False


def change_keeping(row: T, values: dict[str, Any], version: datetime | None, guard: Guarded) -> bool:
    """As `change`, with what is unique of the row claimed and given back in the same transaction."""
    kind = type(row)
    try:
        with Transaction() as transaction:
            guard(transaction)
            transaction.update(row, _stamped(kind, values), _expected(kind, version), otherwise=_Stale())
    except _Stale:
        if version is not None and _is_there(row):
            raise ChangedMeanwhile from None
        return False
    row.refresh(consistent_read=True)
    return True


def variant_guard(kind: str, product: str, variant: str) -> str:
    """The guard that keeps a Shopify variant of a product to one size, or to one mapping."""
    return unique_values.value_key("studio", kind, "shopify_variant_id", product, variant)


def add_keeping(row: Table, idempotency: Idempotency | None, answer: Schema, guard: Guarded) -> None:
    """As `add`, with what is unique of the row claimed in the same transaction."""
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, answer)
        guard(transaction)
        transaction.add(row)


def _expected(kind: type[Table], version: datetime | None) -> Any:
    there = getattr(kind, kind._hash_keyname or "").exists()
    return there if version is None else there & (kind.updated_at == version)  # type: ignore[attr-defined]


def _stamped(kind: type[Table], values: dict[str, Any]) -> list[Action]:
    columns = [(getattr(kind, name), value) for name, value in {**values, "updated_at": clock.now()}.items()]
    return [column.remove() if value is None else column.set(value) for column, value in columns]


def _is_there(row: Table) -> bool:
    names = [type(row)._hash_keyname, type(row)._range_keyname]
    return _find(type(row), *(getattr(row, name) for name in names if name)) is not None


def put(row: Table, values: dict[str, Any]) -> None:
    """Change the row with this one's key, or write this one."""
    while not change(row, values):
        try:
            with Transaction() as transaction:
                transaction.add(row, Exists())
        except Exists:
            continue  # added just now
        return


def put_keeping(row: Table, values: dict[str, Any], guard: Guarded) -> None:
    """As `put`, with what is unique of the row claimed or given back in the same transaction."""
    while not change_keeping(row, values, None, guard):
        try:
            with Transaction() as transaction:
                guard(transaction)
                transaction.add(row, Exists())
        except Exists:
            continue  # added just now
        return


def follow(row: Product, values: dict[str, Any], told_at: datetime) -> bool:
    """Change a product as Shopify told at `told_at`; False where it is not here, or a newer word was applied."""
    newest = Product.told_at.does_not_exist() | (Product.told_at <= told_at)
    actions = _stamped(Product, {**values, "told_at": told_at})
    return update_if(row, actions, Product.shop_id.exists() & newest)


def find_product(shop: str, product: str) -> Product | None:
    return _find(Product, shop, product)


def get_product(shop: str, product: str) -> Product:
    return _get(Product, ProductNotFound(), shop, product)


def list_products(shop: str, page: PageRequest) -> PageResult[Product]:
    return query_page(Product.query(shop, limit=page.limit, last_evaluated_key=page.start))


def get_size(product: str, size: str) -> Size:
    return _get(Size, SizeNotFound(), product, size)


def list_sizes(product: str) -> list[Size]:
    return _ordered(size for size in Size.query(product) if size.is_active)


def get_style(shop: str, style: str) -> AiStyle:
    return _get(AiStyle, StyleNotFound(), shop, style)


def list_styles(shop: str, *, with_removed: bool = False) -> list[AiStyle]:
    return _ordered(style for style in AiStyle.query(shop) if style.is_active or with_removed)


def save_example(style: AiStyle, url: str, byte_count: int) -> None:
    """Have the picture at `url` show what the style makes, and count it; the style as it was read then shows it.

    Raises ChangedMeanwhile, StorageExceeded.
    """
    actions = _stamped(AiStyle, {"example_image_url": url, "example_byte_count": byte_count})
    as_read = _expected(AiStyle, style.updated_at)

    def writes(transaction: Transaction) -> None:
        transaction.update(AiStyle(style.shop_id, style.uuid), actions, as_read, ChangedMeanwhile())

    quotas.write_counting(style.shop_id, byte_count - (style.example_byte_count or 0), writes, limited=True)
    style.refresh(consistent_read=True)


def find_styles(shop: str, styles: list[str]) -> list[AiStyle]:
    """Those of these styles that there are, in this order; one read call."""
    return [row for row in get_many([(AiStyle, (shop, style)) for style in styles]) if row is not None]


def list_product_styles(product: str) -> list[ProductStyle]:
    """In the merchant's order."""
    return sorted(
        ProductStyle.query(product, consistent_read=True),
        key=lambda row: (row.sort_order, row.created_at, row.ai_style_id),
    )


def offer(shop: str, row: ProductStyle, values: dict[str, Any]) -> None:
    """Put the style on the product, or change how. Raises TooManyStyles over MAX_STYLES, ProductNotFound."""
    while not change(row, values):
        product = Product(shop, row.product_id)
        try:
            with Transaction() as transaction:
                transaction.add(row, Exists())
                transaction.update(
                    product,
                    [Product.style_count.add(1)],
                    condition=Product.style_count < MAX_STYLES,
                    otherwise=TooManyStyles(),
                )
        except Exists:
            continue  # added just now
        return


def styles_changed_at(product: Product, rows: list[ProductStyle]) -> datetime:
    """When these styles of the product, which are all, last changed."""
    return max((row.updated_at for row in rows), default=product.created_at)


def reorder(shop: str, product: str, styles: list[str], version: datetime | None) -> None:
    """Put the product's styles in this order, all at once. Raises OrderIncomplete unless it names each of them once;
    ChangedMeanwhile where they have not been as they are since `version`."""
    row = get_product(shop, product)
    rows = {each.ai_style_id: each for each in ProductStyle.query(product, consistent_read=True)}
    if version is not None and styles_changed_at(row, list(rows.values())) != version:
        raise ChangedMeanwhile
    present = set(rows)
    if set(styles) != present or len(styles) != len(present):
        lacking, unknown = sorted(present - set(styles)), sorted(set(styles) - present)
        raise OrderIncomplete(f"body.ai_style_ids: missing {lacking or 'none'}, unknown {unknown or 'none'}.")
    with Transaction() as transaction:
        unchanged = Product.style_count == row.style_count
        transaction.check(Product, (shop, product), unchanged, otherwise=OrderIncomplete("A style was added just now."))
        for place, style in enumerate(styles):
            as_read = _expected(ProductStyle, rows[style].updated_at if version else None)
            actions = _stamped(ProductStyle, {"sort_order": place})
            transaction.update(ProductStyle(product, style), actions, as_read, ChangedMeanwhile())


def list_links(product: str) -> list[ProductProductBase]:
    """The bases that a product is offered on, in the merchant's order."""
    rows = ProductProductBase.query(product, consistent_read=True)
    return sorted(rows, key=lambda row: (row.sort_order, row.created_at, row.product_base_id))


def list_bases(shop: str) -> list[ProductBase]:
    return _ordered(base for base in ProductBase.query(shop, consistent_read=True) if base.is_active)


def list_variants(shop: str, base: str) -> list[ProductBaseVariant]:
    found = ProductBaseVariant.by_product_base_id.query(base)
    return _ordered(row for row in found if row.shop_id == shop and row.is_active)


def get_base(shop: str, base: str) -> ProductBase:
    return _get(ProductBase, BaseNotFound(), shop, base)


def find_variant(shop: str, variant: str) -> ProductBaseVariant | None:
    """The shop's base variant, whatever its base."""
    row = _find(ProductBaseVariant, variant)
    return row if row and row.shop_id == shop else None


def list_mappings(product: str) -> list[ProductBaseVariantMapping]:
    return list(ProductBaseVariantMapping.query(product))


def find_watermark(shop: str) -> Watermark | None:
    return _find(Watermark, shop)


def save_watermark(row: Watermark, present: Watermark | None) -> None:
    """Write the mark over the present one, and count its picture. Raises ChangedMeanwhile, StorageExceeded."""
    as_read = Watermark.updated_at == present.updated_at if present else Watermark.shop_id.does_not_exist()
    more = (row.byte_count or 0) - (present.byte_count or 0 if present else 0)
    quotas.write_counting(
        row.shop_id, more, lambda transaction: transaction.put(row, as_read, ChangedMeanwhile()), limited=True
    )


def _find(model: type[T], hash_key: str, range_key: str | None = None) -> T | None:
    try:
        return model.get(hash_key, range_key, consistent_read=True)
    except model.DoesNotExist:
        return None


def _get(model: type[T], otherwise: Problem, hash_key: str, range_key: str) -> T:
    row = _find(model, hash_key, range_key)
    if row is None:
        raise otherwise
    return row


def _ordered(rows: Iterable[T]) -> list[T]:
    return sorted(rows, key=lambda row: (row.sort_order, row.created_at, row.uuid))  # type: ignore[attr-defined]
