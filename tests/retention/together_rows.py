"""Rows of together for the tests of retention: a member in a space of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.kit.models import Session
from chalicelib.together import models as together


def seed_member(row: Callable[..., Any], mark: str, member: str) -> None:
    """Store a row of the member in every table of together whose rows an erasure changes, and a session."""
    space = f"{mark}-space"
    row(Session, mark, subject=f"member:{member}")
    row(together.User, mark, id=member)
    row(together.Membership, mark, user_id=member, relationship_id=space, as_user_1=space, as_user_2=None)
    row(together.Relationship, mark, id=space, user_1_id=member, user_2_id=None)
    row(together.DailyCheckin, mark, relationship_id=space, user_id=member)
    row(together.Conversation, mark, relationship_id=space, initiated_by=member)
    row(together.Achievement, mark, relationship_id=space, earned_by=member)
    for model in (together.ImportantDate, together.SharedGoal, together.Activity):
        row(model, mark, relationship_id=space, created_by=member)
    row(together.RelationshipScore, mark, relationship_id=space)
    for own in (together.Notification, together.Idea, together.Perk, together.Booking):
        row(own, mark, user_id=member)
    row(together.Block, mark, user_id=member, blocked_id="somebody")
