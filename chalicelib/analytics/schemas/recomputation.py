"""Recomputation in the operator's API."""

import datetime as dt
from typing import Self

from pydantic import Field, model_validator

from chalicelib.analytics.enums import RevenueScope
from chalicelib.analytics.schemas.sites import Tenant
from chalicelib.kit.schemas import Input, Schema


class RecomputationCreate(Input):
    """The days of a tenant, or the revenue of a scope, to compute again."""

    tenant: Tenant | None = Field(default=None, examples=["store:1"])
    scope: RevenueScope | None = Field(default=None, description="Instead of a tenant; `all`: both scopes.")
    first: dt.date = Field(alias="from", description="The first day.")
    last: dt.date | None = Field(
        default=None, alias="to", description="The last day; default: today. Revenue is always computed up to today."
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if (self.tenant is None) == (self.scope is None):
            raise ValueError("give either a tenant or a scope")
        return self


class RecomputationRead(Schema):
    """The number of days, or of owners of subscriptions, that are due now."""

    days: int
    owners: int
