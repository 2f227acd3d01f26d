"""Tables of discounts, in reading order: discounts, usage, figures, products, advice, stores."""

from chalicelib.discounts.models.advice import CompetitorPrice, CompetitorWatch, Recommendation
from chalicelib.discounts.models.discounts import Discount, DiscountChange, DiscountName
from chalicelib.discounts.models.figures import CustomerInsight, DailyDiscountStats, DailyDiscountUsage, DiscountUsage
from chalicelib.discounts.models.products import InventoryImpact, ProductPerformance
from chalicelib.discounts.models.stores import FigureExport, StoreGroupMember
from chalicelib.discounts.models.usage import OrderUsage, UsageJournal

APP = "discounts"

__all__ = [
    "APP",
    "CompetitorPrice",
    "CompetitorWatch",
    "CustomerInsight",
    "DailyDiscountStats",
    "DailyDiscountUsage",
    "Discount",
    "DiscountChange",
    "DiscountName",
    "DiscountUsage",
    "FigureExport",
    "InventoryImpact",
    "OrderUsage",
    "ProductPerformance",
    "Recommendation",
    "StoreGroupMember",
    "UsageJournal",
]
