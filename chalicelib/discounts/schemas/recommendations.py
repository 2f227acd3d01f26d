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
    """What to do with a recommendation. To accept it creates a paused discount of the advised rate."""

    sku: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=255)]
    action: RecommendationAnswer


class RecommendationRead(Schema):
    """The columns of `recommendations`: an association of past prices and sales, no proof."""

    sku: str
    status: RecommendationStatus
    missing: list[MissingEvidence] | None = Field(description="What the data of the last 180 days lack.")
    elasticity: Amount | None = Field(description="Percent more units for one percent less price, negated.")
    interval: list[Amount] | None = Field(description="Of the elasticity, 95 %: lower and upper bound.")
    own_estimate: Amount | None = Field(description="The elasticity by this SKU's days alone.")
    objective: Objective | None
    advised_percentage: Amount | None = Field(description="Off the price without discounts; 0 ends them.")
    gain_per_day: list[Amount] | None = Field(
        description="Expected, lower and upper bound (95 %), in the shop's currency, against the present price."
    )
    dismissed_at: Timestamp | None
    computed_at: Timestamp


class RecommendationAnswered(Schema):
    """The recommendation, and the paused discount that accepting it created."""

    recommendation: RecommendationRead
    discount_id: str | None = None
