"""Errors of discounts. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound, Problem


class DiscountNotFound(NotFound):
    code = "DiscountNotFound"
    title = "Discount not found"


class NameTaken(Conflict):
    code = "NameTaken"
    title = "Another discount has this code or title"


class LimitReached(Conflict):
    code = "LimitReached"
    title = "The shop's limit is reached"


class TestRunning(Conflict):
    """Value, items and window of a discount are frozen while a test of it runs."""

    code = "TestRunning"
    __test__ = False
    title = "Stop the running test of this discount first"


class InvalidDiscount(InvalidInput):
    code = "InvalidDiscount"
    title = "The discount's terms are invalid"


class DiscountTooLarge(Problem):
    """The metafield that Shopify's function reads would exceed 10,000 bytes."""

    code = "DiscountTooLarge"
    status, title = 422, "The discount has too many items"


class FigureExportNotFound(NotFound):
    code = "FigureExportNotFound"
    title = "Export not found"


class InvitationNotFound(NotFound):
    """The code is wrong, used or older than 15 minutes."""

    code = "InvitationNotFound"
    title = "This invitation is invalid or has expired"


class StoreGroupJoined(Conflict):
    code = "StoreGroupJoined"
    title = "This store has a group; leave that first"


class WatchNotFound(NotFound):
    code = "WatchNotFound"
    title = "Watched page not found"


class RecommendationNotFound(NotFound):
    code = "RecommendationNotFound"
    title = "Recommendation not found"


class NothingAdvised(Conflict):
    code = "NothingAdvised"
    title = "No rate is advised for this SKU"


class TestNotFound(NotFound):
    code = "TestNotFound"
    __test__ = False
    title = "Test not found"


class TestNotStartable(Conflict):
    code = "TestNotStartable"
    __test__ = False
    title = "Start only a test that is new"


class TestNotApplicable(Conflict):
    code = "TestNotApplicable"
    __test__ = False
    title = "Apply only a stopped test with a winner"


class UsageNotFound(NotFound):
    code = "UsageNotFound"
    title = "Usage of this shop not found"
