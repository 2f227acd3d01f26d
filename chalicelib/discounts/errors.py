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


class FigureExportNotFound(NotFound):
    title = "Export not found"


class InvitationNotFound(NotFound):
    """The code is wrong, used or older than 15 minutes."""

    title = "This invitation is invalid or has expired"


class StoreGroupJoined(Conflict):
    title = "This store has a group; leave that first"


class WatchNotFound(NotFound):
    title = "Watched page not found"


class RecommendationNotFound(NotFound):
    title = "Recommendation not found"


class NothingAdvised(Conflict):
    title = "No rate is advised for this SKU"


class TestNotFound(NotFound):
    __test__ = False
    title = "Test not found"


class TestNotStartable(Conflict):
    __test__ = False
    title = "Start only a test that is new"


class TestNotApplicable(Conflict):
    __test__ = False
    title = "Apply only a stopped test with a winner"


class UsageNotFound(NotFound):
    title = "Usage of this shop not found"
