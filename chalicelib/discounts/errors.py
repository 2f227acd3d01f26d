"""Errors of discounts. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, NotFound


class LimitReached(Conflict):
    title = "The shop's limit is reached"


class FigureExportNotFound(NotFound):
    title = "Export not found"


class InvitationNotFound(NotFound):
    """The code is wrong, used or older than 15 minutes."""

    title = "This invitation is invalid or has expired"


class StoreGroupJoined(Conflict):
    title = "This store has a group; leave it first"
