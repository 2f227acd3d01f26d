"""Schemas of e-mail campaigns."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints

from chalicelib.analytics.domain.rates import rate
from chalicelib.analytics.schemas.sites import Currency
from chalicelib.analytics.schemas.traffic import Rate
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp, TimestampInput


class CampaignCreate(Input):
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    cost: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)] = Decimal(0)
    currency: Currency | None = Field(default=None, description="Of cost and revenue. None: the purchases' own.")
    sent_at: TimestampInput | None = Field(default=None, description="None: when its first e-mail is sent.")


class CampaignRead(Schema):
    """A campaign and its distinct recipients by event. Rates are of the delivered."""

    campaign_id: str = Field(description="Send it as tag `campaign_id` of each e-mail, with the tag `tenant`.")
    name: str
    sent: int
    delivered: int
    unique_opens: int = Field(description="Unreliable: mail proxies fetch pictures of unread e-mails.")
    unique_clicks: int
    bounces: int
    complaints: int
    unsubscribes: int
    conversions: int = Field(description="Users who bought within 7 days of a click.")
    revenue: Amount
    cost: Amount
    currency: str | None
    open_rate: Rate
    click_rate: Rate
    conversion_rate: Rate
    roi: Rate = Field(description="(revenue - cost) / cost; null if it cost nothing.")
    sent_at: Timestamp | None
    updated_at: Timestamp

    @classmethod
    def of(cls, row: Any) -> Self:
        """Build the schema from a row, and compute its rates."""
        columns = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls(
            **columns,
            open_rate=rate(row.unique_opens, row.delivered),
            click_rate=rate(row.unique_clicks, row.delivered),
            conversion_rate=rate(row.conversions, row.delivered),
            roi=rate(row.revenue - row.cost, row.cost),
        )
