"""Errors of together. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, NotFound, Problem

# Relationships


class RelationshipNotFound(NotFound):
    title = "Relationship not found"


class RelationshipPaused(Conflict):
    title = "The relationship is paused; resume it first"


class RelationshipEnded(Conflict):
    title = "The relationship has ended"


# Plans and limits


class PremiumRequired(Problem):
    status, title = 402, "This needs a premium plan"


class CapReached(Conflict):
    title = "The limit of open entries is reached"


# Notices


class UnsubscribeLinkNotFound(NotFound):
    title = "This unsubscribe link is not valid"
