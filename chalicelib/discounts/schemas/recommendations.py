"""Schemas of recommendations."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.discounts.enums import MissingEvidence, Objective, RecommendationStatus
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp


class RecommendationAnswer(StrEnum):
    ACCEPT = "accept"
    DISMISS = "dismiss"


class RecommendationAction(Input):
    """The answer to a recommendation. Accepting it creates a paused discount of the advised rate."""

    sku: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=255)]
    action: RecommendationAnswer


class RecommendationRead(Schema):
    """The columns of `recommendations`: an association of past prices and sales, not proof."""

    sku: str
    status: RecommendationStatus
    missing: list[MissingEvidence] | None = Field(description="The evidence that the last 180 days lack.")
    elasticity: Amount | None = Field(description="Change of units in percent if the price rises by one percent.")
    interval: list[Amount] | None = Field(description="Lower and upper bound of the elasticity (95 %).")
    own_estimate: Amount | None = Field(description="The elasticity by this SKU's days alone.")
    objective: Objective | None
    advised_percentage: Amount | None = Field(
        description="Percent off the price without discounts; 0: end the discounts."
    )
    gain_per_day: list[Amount] | None = Field(
        description="Expected, lower and upper bound (95 %), in the shop's currency, against the present price."
    )
    dismissed_at: Timestamp | None
    computed_at: Timestamp


class RecommendationAnswered(Schema):
    """The recommendation, and the paused discount that accepting it created."""

    recommendation: RecommendationRead
    discount_id: str | None = None
