"""Errors of discounts. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound, Problem


class DiscountNotFound(NotFound):
    title = "Discount not found"


class NameTaken(Conflict):
    title = "Another discount has this code or title"


class LimitReached(Conflict):
    title = "The shop's limit is reached"


class TestRunning(Conflict):
    """Value, items and window of a discount are frozen while a test of it runs."""

    __test__ = False
    title = "Stop the running test of this discount first"


class InvalidDiscount(InvalidInput):
    title = "The discount's terms are invalid"


class DiscountTooLarge(Problem):
    """The metafield that Shopify's function reads would exceed 10,000 bytes."""

    status, title = 422, "The discount has too many items"
