"""Stock of a store: the location that each line of an order takes its pieces from, and what that reserves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.platform.errors import InvalidAdjustment, OutOfStock

StockKey = tuple[str, str]
"""Product id and location, the unique key of `inventory`."""

MOST_PIECES = 2**31 - 1
"""The largest quantity that the column holds."""


@dataclass(frozen=True, slots=True)
class StockLevel:
    """A row of `inventory`: pieces of a product at a location, of which `reserved` belong to open orders."""

    product_id: str
    location: str
    quantity: int
    reserved: int

    @property
    def key(self) -> StockKey:
        return self.product_id, self.location


@dataclass(frozen=True, slots=True)
class StockLine:
    """A line that needs pieces of a product, at a location or wherever there are enough."""

    product_id: str
    quantity: int
    location: str | None = None


def choose_locations(lines: Sequence[StockLine], levels: Iterable[StockLevel]) -> list[str | None]:
    """Return the location of each line; None for a product without stock rows, which is not tracked.

    A line takes all its pieces from one location: the named, else the first by name that has enough. Lines that name a
    location choose first. Raises OutOfStock, which names the lines.
    """
    available = {level.key: level.quantity - level.reserved for level in levels}
    tracked = {product_id for product_id, _ in available}
    chosen: list[str | None] = [None] * len(lines)
    short = []
    for position in sorted(range(len(lines)), key=lambda position: lines[position].location is None):
        line = lines[position]
        if line.product_id not in tracked:
            continue
        location = _location_of(line, available)
        if location is None:
            short.append(position)
            continue
        available[line.product_id, location] -= line.quantity
        chosen[position] = location
    if short:
        raise OutOfStock(errors=[{"path": f"body.items.{at}", "message": "not enough stock"} for at in sorted(short)])
    return chosen


def _location_of(line: StockLine, available: Mapping[StockKey, int]) -> str | None:
    return min(
        (
            location
            for (product_id, location), pieces in available.items()
            if product_id == line.product_id and pieces >= line.quantity and line.location in (None, location)
        ),
        default=None,
    )


def pieces_by_key(lines: Iterable[StockLine]) -> dict[StockKey, int]:
    """Return the pieces of the lines by product and location, in the order of the keys; lines without one are not tracked.

    Every writer of stock takes its rows in this order, so that they cannot deadlock.
    """
    pieces: dict[StockKey, int] = {}
    for line in lines:
        if line.location is not None:
            key = (line.product_id, line.location)
            pieces[key] = pieces.get(key, 0) + line.quantity
    return dict(sorted(pieces.items()))


def adjusted_quantity(level: StockLevel, delta: int) -> int:
    """Return the quantity of a stock level after a change by `delta`.

    Raises OutOfStock if less than the reserved pieces would stay, InvalidAdjustment if there would be too many.
    """
    quantity = level.quantity + delta
    if quantity < level.reserved:
        raise OutOfStock(f"{level.reserved} of {level.quantity} pieces are reserved by orders.")
    if quantity > MOST_PIECES:
        raise InvalidAdjustment(f"A location holds at most {MOST_PIECES} pieces.")
    return quantity
