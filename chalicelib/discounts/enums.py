"""Enumerations of discounts, separate from the tables so that the domain rules import no database."""

from __future__ import annotations

from enum import StrEnum


class ValueType(StrEnum):
    """How a discount lowers the price of a unit."""

    PERCENTAGE = "percentage"
    FIXED_AMOUNT = "fixed_amount"
    """An amount off each unit, at most its price."""
    FIXED_PRICE = "fixed_price"
    """A price for each unit; a cheaper unit keeps its own price."""


class DiscountStatus(StrEnum):
    """The state of a discount at a moment."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    EXPIRED = "expired"
    PAUSED = "paused"


class Publication(StrEnum):
    """The state of a discount at Shopify."""

    PENDING = "pending"
    PUBLISHED = "published"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class NameKind(StrEnum):
    """The kinds of names by which a discount is found."""

    CODE = "code"
    TITLE = "title"
    SKU = "sku"
    VARIANT = "variant"


class CustomerSegment(StrEnum):
    """A customer's segment by the number of their orders: 1, 2 to 4, 5 and more."""

    VIP = "vip"
    REGULAR = "regular"
    NEW = "new"


class RecommendationStatus(StrEnum):
    """The kind of advice that the data of a SKU allow."""

    ADVISED = "advised"
    NO_GAIN = "no_gain"
    INSUFFICIENT = "insufficient"


class MissingEvidence(StrEnum):
    """Why a SKU has no recommendation."""

    TOO_FEW_DAYS = "too_few_days"
    TOO_FEW_UNITS = "too_few_units"
    ONE_PRICE = "one_price"
    """The price did not vary, or only together with the weekend or over time."""
    OUT_OF_STOCK = "out_of_stock"
    """There would be enough days if the SKU had been in stock."""
    OUT_OF_MODEL = "out_of_model"
    """The days do not follow the demand model, for example because of one wholesale order."""


class Objective(StrEnum):
    """What a recommendation maximises: the margin, or the revenue if the cost is unknown."""

    MARGIN = "margin"
    REVENUE = "revenue"


class WatchStatus(StrEnum):
    """The result of the last check of a competitor's page."""

    OK = "ok"
    NO_PRICE = "no_price"
    REFUSED_BY_ROBOTS = "refused_by_robots"
    UNREACHABLE = "unreachable"
    FORBIDDEN_ADDRESS = "forbidden_address"
    PAUSED = "paused"


class FigureKind(StrEnum):
    """The figures that can be listed and exported."""

    SKUS = "skus"
    DAYS = "days"
    PRODUCTS = "products"
    CUSTOMERS = "customers"
    INVENTORY = "inventory"


class FigureExportStatus(StrEnum):
    """The state of an export of figures."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
