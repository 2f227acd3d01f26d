"""The library as a member sees it: the prompt of their day, date ideas ranked for them, challenges, guides, courses."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest
from chalicelib.together.domain.library import Taste, idea_points, item_of_day, mean_ratings, permuted
from chalicelib.together.domain.moments import local_date
from chalicelib.together.enums import ActivityKind, ActivityStatus
from chalicelib.together.models import User
from chalicelib.together.repository import activities
from chalicelib.together.schemas.library import LibraryItemRead, LibraryKind, LibraryRead
from chalicelib.together.service import joint_rows
from chalicelib.together.service.library_content import items_of

RATED_ACTIVITIES = 20
"""The number of the latest completed activities whose ratings rank the date ideas."""


def read_library(user: User, kind: LibraryKind) -> LibraryRead:
    """Return one list: of prompts the one of today in the member's zone, of date ideas all, ranked for them."""
    items, space = items_of(kind), joint_rows.space_of(user)
    if kind is LibraryKind.PROMPTS:
        today = local_date(clock.now(), user.timezone)
        return LibraryRead(kind=kind, items=[item_of_day(items, _keys(items), space, today)])
    if kind is LibraryKind.DATE_IDEAS:
        return LibraryRead(kind=kind, items=_ranked(items, space, _taste_of(user, space)))
    return LibraryRead(kind=kind, items=list(items))


def _keys(items: Sequence[LibraryItemRead]) -> list[str]:
    return [item.id for item in items]


def _ranked(items: Sequence[LibraryItemRead], space: str, taste: Taste) -> list[LibraryItemRead]:
    """Return the best first; ideas of the same score are in an order of the couple's own."""
    in_own_order = permuted(items, space, _keys(items))
    return sorted(
        in_own_order,
        key=lambda item: idea_points(item.activity_kind or ActivityKind.OTHER, item.love_languages, taste),
        reverse=True,
    )


def _taste_of(user: User, space: str) -> Taste:
    """Return the member's love languages and the ratings of the latest activities; two reads."""
    completed = activities.list_activities(space, ActivityStatus.COMPLETED, PageRequest(limit=RATED_ACTIVITIES))
    rated = [(row.kind, (row.satisfaction_user_1, row.satisfaction_user_2)) for row in completed.items]
    return Taste(user.love_language_primary, user.love_language_secondary, mean_ratings(rated))
