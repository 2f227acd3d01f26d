"""How many open rows of a kind a relationship may have, without and with premium."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.together.errors import CapReached, PremiumRequired


class OpenRows(StrEnum):
    """A set of open rows, named as the relationship's column that holds their ids."""

    DATES = "date_ids"
    GOALS = "goal_ids"
    CHALLENGES = "challenge_ids"
    ACTIVITIES = "activity_ids"


@dataclass(frozen=True, slots=True)
class Cap:
    """The number of rows allowed without and with premium."""

    free: int
    premium: int


CAPS = {
    OpenRows.DATES: Cap(10, 40),
    OpenRows.GOALS: Cap(3, 20),
    OpenRows.CHALLENGES: Cap(1, 3),
    OpenRows.ACTIVITIES: Cap(20, 20),
}


def require_room(kind: OpenRows, count: int, premium: bool) -> None:
    """Check that one more row may be opened if `count` are open.

    Raises PremiumRequired if premium would allow it, CapReached if nothing would.
    """
    cap = CAPS[kind]
    if count < (cap.premium if premium else cap.free):
        return
    if count < cap.premium:
        raise PremiumRequired(f"Without premium, {cap.free} of these can be open at the same time.")
    raise CapReached(f"At most {cap.premium} of these can be open at the same time.")
