"""Schemas of stock in a store's database."""

from pydantic import Field

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.platform.domain.store_stock import MOST_PIECES
from chalicelib.platform.schemas.store_quotes import Location, RowId


class AdjustmentCreate(Input):
    """A change of the pieces of a product at a location, for example after a delivery or a count."""

    product_id: RowId
    location: Location = "default"
    delta: int = Field(ge=-MOST_PIECES, le=MOST_PIECES)


class StockLevelRead(Schema):
    """The pieces of a product at a location, of which `reserved` belong to open orders."""

    id: str
    product_id: str
    location: str
    quantity: int
    reserved: int
    low_stock_threshold: int | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp
