"""Shopify's rules for discounts: their status, and the refusals of create, update and activate.

Sources: https://shopify.dev/docs/api/admin-graphql/latest/mutations/discountAutomaticAppCreate,
https://shopify.dev/docs/api/admin-graphql/latest/enums/DiscountErrorCode, https://shopify.dev/docs/apps/build/functions
(input limits), https://help.shopify.com/en/manual/discounts (25 active automatic discounts),
https://support.functionjunctionapp.com/faq/discount-name-error (titles of automatic discounts are unique among all apps and
the admin; the text of the refusal is that which apps match in public code). That case does not matter is an assumption.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.sandbox.server import Json

MOST_ACTIVE_AUTOMATIC = 25
MOST_METAFIELD_BYTES = 10_000
FUNCTIONS = {"discounts": ("sku-discount",)}
"""Handles of the functions that an app has deployed."""


@dataclass(frozen=True)
class ShopState:
    """The shop's other discounts, its plan and the present time, as the rules need them."""

    others: list[Json]
    plan: str
    now: str


def status(row: Json, now: str) -> str:
    """Return the status at a time; times are UTC texts of one format."""
    if row["endsAt"] is not None and row["endsAt"] <= now:
        return "EXPIRED"
    return "SCHEDULED" if row["startsAt"] > now else "ACTIVE"


def refusals(row: Json, shop: ShopState, argument: str) -> list[Json]:
    """Return the userErrors of a discount as it would be stored; `argument` is the name of the input."""
    return list(_refusals(row, shop, argument))


def user_error(code: str, field: list[str], message: str) -> Json:
    return {"code": code, "extraInfo": None, "field": field, "message": message}


def _refusals(row: Json, shop: ShopState, argument: str) -> Iterator[Json]:
    def error(code: str, name: str, message: str) -> Json:
        return user_error(code, [argument, name], message)

    if not row["title"]:
        yield error("BLANK", "title", "Title can't be blank")
    if row["functionHandle"] not in FUNCTIONS.get(row["app"], ()):
        yield error("INVALID", "functionHandle", f"Function {row['functionHandle']} not found.")
    if row["endsAt"] is not None and row["endsAt"] <= row["startsAt"]:
        yield error("INVALID", "endsAt", "Ends at needs to be after starts_at")
    if any(len(each["value"].encode()) > MOST_METAFIELD_BYTES for each in row["metafields"]):
        yield error("TOO_LONG", "metafields", f"Value is too long (maximum is {MOST_METAFIELD_BYTES} bytes)")
    if row["combinesWith"]["productDiscountsWithTagsOnSameCartLine"] and shop.plan != "Plus":
        yield error("INVALID", "combinesWith", "Combining by tags on the same cart line requires Shopify Plus")
    yield from _name_refusals(row, shop, error)
    if row["kind"] == "automatic" and status(row, shop.now) == "ACTIVE":
        active = [each for each in shop.others if each["kind"] == "automatic" and status(each, shop.now) == "ACTIVE"]
        if len(active) >= MOST_ACTIVE_AUTOMATIC:
            yield error(
                "ACTIVE_PERIOD_OVERLAP", "startsAt", f"Only {MOST_ACTIVE_AUTOMATIC} automatic discounts can be active"
            )


def _name_refusals(row: Json, shop: ShopState, error: Any) -> Iterator[Json]:
    same_kind = [each for each in shop.others if each["kind"] == row["kind"]]
    if row["kind"] == "code":
        if not row["code"]:
            yield error("BLANK", "code", "Code can't be blank")
        elif any(each["code"].lower() == row["code"].lower() for each in same_kind):
            yield error("TAKEN", "code", "Code must be unique. Please try a different code.")
    elif any(each["title"].lower() == row["title"].lower() for each in same_kind):
        yield error("TAKEN", "title", "Title must be unique for automatic discount.")
