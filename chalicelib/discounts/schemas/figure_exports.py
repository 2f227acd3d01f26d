"""Schemas of exports of figures to CSV files."""

from typing import ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.discounts.enums import FigureExportStatus, FigureKind
from chalicelib.discounts.schemas.figures import MAX_DAYS, Day
from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.shops.schemas.messages import ShopMessage


class FigureExportCreate(Input):
    """The figures to export. Days are of the shop's time zone, both ends included, by default the last 30.

    SKUs without days: the total usage. Products and customers have no days.
    """

    kind: FigureKind
    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        dated = self.first is not None or self.last is not None
        if dated and self.kind in (FigureKind.PRODUCTS, FigureKind.CUSTOMERS):
            raise PydanticCustomError("range", "these figures have no days")
        if self.first and self.last and not 0 <= (self.last - self.first).days < MAX_DAYS:
            raise PydanticCustomError("range", "`to` must be within 400 days after `from`")
        return self


class FigureExportRead(Schema):
    """An export. `url` downloads the file and is valid for 15 minutes; read the export again for a new link."""

    export_id: str
    kind: FigureKind
    status: FigureExportStatus
    url: str | None
    row_count: int | None
    created_at: Timestamp
    expires_at: Timestamp


class FigureExportRequested(ShopMessage):
    """Work for `discounts-write_export`: write the file of an export."""

    queue: ClassVar[str] = "discounts-write_export"

    export_id: str
