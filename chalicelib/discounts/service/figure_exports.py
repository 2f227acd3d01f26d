"""Exports of figures to CSV files, which are kept for 14 days.

A job writes the file and then the row. A retry writes the same object, so a crash between the two leaves nothing
behind; a completed export is not written again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from chalicelib.discounts.enums import FigureExportStatus, FigureKind
from chalicelib.discounts.models import APP, FigureExport
from chalicelib.discounts.repository import figure_exports, figures
from chalicelib.discounts.repository.figures import Period, UsageFilter
from chalicelib.discounts.schemas.figure_exports import FigureExportCreate, FigureExportRead, FigureExportRequested
from chalicelib.discounts.schemas.figures import (
    CustomerFigureRead,
    DayFigureRead,
    InventoryFigureRead,
    ProductFigureRead,
    SkuFigureRead,
)
from chalicelib.discounts.service.figures import (
    days_of,
    local_today,
    product_reader,
    read_customer,
    require_range,
    stored_days,
)
from chalicelib.integrations import storage
from chalicelib.kit import clock, config, csv_lines, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.schemas import Schema
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

FOLDER = "figure-exports"
"""Prefix in the images bucket; a lifecycle rule deletes the files after 14 days."""
GIVEN_UP_AFTER = timedelta(hours=1)
"""By then the queue has moved the message of an export that fails to its dead letters."""
LINK_SECONDS = 900
_PAGE = 1_000

_COLUMNS: dict[FigureKind, type[Schema]] = {
    FigureKind.SKUS: SkuFigureRead,
    FigureKind.DAYS: DayFigureRead,
    FigureKind.PRODUCTS: ProductFigureRead,
    FigureKind.CUSTOMERS: CustomerFigureRead,
    FigureKind.INVENTORY: InventoryFigureRead,
}


def request_export(shop: str, body: FigureExportCreate, key: Idempotency | None) -> FigureExportRead:
    """Store a pending export and send it to the job that writes its file. Raises InvalidInput for over 400 days."""
    if body.first:
        require_range(local_today(shop), body.first, body.last, "body.from")
    now, export_id = clock.now(), ids.time_ordered()
    row = FigureExport(
        shop,
        export_id,
        kind=body.kind,
        asked={"from": body.first, "to": body.last},
        status=FigureExportStatus.PENDING,
        created_at=now,
        expires_epoch=(now + FigureExport.KEEP).replace(microsecond=0),
    )
    response = _to_read(row)

    def decide(unit: UnitOfWork) -> None:
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)
        unit.publish(FigureExportRequested(shop=shop, app=APP, export_id=export_id))

    run_unit_of_work(decide)
    return response


def get_export(shop: str, export_id: str) -> FigureExportRead:
    """Return the export; a completed one with a link to its file. Raises FigureExportNotFound."""
    return _to_read(figure_exports.get(shop, export_id))


def write_export(message: FigureExportRequested) -> None:
    """Write the file of a pending export, a page of figures at a time. Does nothing if it was completed or deleted."""
    row = figure_exports.find(message.shop, message.export_id)
    if row is None or row.status is not FigureExportStatus.PENDING:
        return
    folder = f"{FOLDER}/{row.shop}/{row.kind}"
    url = storage.address(config.settings().images_bucket, f"{folder}/{row.export_id}.csv")
    row_count = 0
    with tempfile.TemporaryFile() as file:
        file.write(csv_lines.line(_COLUMNS[row.kind].model_fields).encode())
        for figure in _iterate_figures(row):
            file.write(csv_lines.line(figure.model_dump(mode="json").values()).encode())
            row_count += 1
        file.seek(0)
        storage.put_file(url, file, csv_lines.MEDIA_TYPE)
    figure_exports.mark_completed(row, url, row_count)


def _iterate_figures(row: FigureExport) -> Iterator[Schema]:
    """Yield the export's figures in the order of the API's list."""
    shop = row.shop
    first, last = (date.fromisoformat(day) if day else None for day in (row.asked["from"], row.asked["to"]))
    pages: Iterator[PageResult[Any]]
    if row.kind is FigureKind.SKUS and first is last is None:
        pages = _pages(partial(figures.list_usages, shop, UsageFilter()))
    elif row.kind is FigureKind.SKUS:
        days = stored_days(local_today(shop), first, last)
        pages = _pages(partial(figures.list_daily_usages, shop, days, UsageFilter()))
    elif row.kind is FigureKind.DAYS:
        period = days_of(local_today(shop), first, last)
        pages = _pages(partial(figures.list_shop_days, shop, period))
    elif row.kind is FigureKind.PRODUCTS:
        pages = _pages(partial(figures.list_products, shop, None))
    elif row.kind is FigureKind.CUSTOMERS:
        pages = _pages(partial(figures.list_customers, shop, None))
    else:
        pages = _inventory_pages(shop, days_of(local_today(shop), first, last))
    read = _reader(row)
    for result in pages:
        yield from map(read, result.items)


def _reader(row: FigureExport) -> Callable[[Any], Schema]:
    """Return the function that shows a row of figures, as the API's list does."""
    if row.kind is FigureKind.PRODUCTS:
        return product_reader(row.shop)
    return read_customer if row.kind is FigureKind.CUSTOMERS else _COLUMNS[row.kind].of


def _inventory_pages(shop: str, period: Period) -> Iterator[PageResult[Any]]:
    """Yield the days of every SKU that was sold."""
    for products in _pages(partial(figures.list_products, shop, None)):
        for product in products.items:
            yield from _pages(partial(figures.list_inventory, shop, product.sku, period))


def _pages(list_page: Callable[[PageRequest], PageResult[Any]]) -> Iterator[PageResult[Any]]:
    """Yield every page of a list."""
    page: PageRequest | None = PageRequest(limit=_PAGE)
    while page is not None:
        result = list_page(page)
        yield result
        page = PageRequest(limit=_PAGE, start=result.last_key) if result.last_key else None


def _to_read(row: FigureExport) -> FigureExportRead:
    """Return the export as the API shows it. One that is pending for an hour, or lost its file, has failed."""
    status, url = row.status, None
    if status is FigureExportStatus.PENDING and row.created_at < clock.now() - GIVEN_UP_AFTER:
        status = FigureExportStatus.FAILED
    if status is FigureExportStatus.COMPLETED and row.s3_key:
        name = f"{row.kind}-{row.created_at:%Y-%m-%d}.csv"
        if storage.size(row.s3_key) is None:
            status = FigureExportStatus.FAILED
        else:
            url = storage.presigned_get(row.s3_key, seconds=LINK_SECONDS, download_name=name)
    return FigureExportRead(
        export_id=row.export_id,
        kind=row.kind,
        status=status,
        url=url,
        row_count=row.row_count,
        created_at=row.created_at,
        expires_at=row.expires_epoch,
    )
