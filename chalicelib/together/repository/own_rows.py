"""The rows that a member alone wrote in a relationship: check-ins, talks, personal awards; and the scores made of them."""

from __future__ import annotations

from chalicelib.together.models import Achievement, Conversation, DailyCheckin, RelationshipScore


def delete_authored(relationship_id: str, user_id: str) -> None:
    """Delete the member's own rows of the relationship and its scores, which hold numbers of both."""
    checkins = DailyCheckin.query(relationship_id, filter_condition=DailyCheckin.user_id == user_id)
    with DailyCheckin.batch_write() as batch:
        for checkin in checkins:
            batch.delete(checkin)
    talks = Conversation.query(relationship_id, filter_condition=Conversation.initiated_by == user_id)
    with Conversation.batch_write() as batch:
        for talk in talks:
            batch.delete(talk)
    awards = Achievement.query(relationship_id, filter_condition=Achievement.earned_by == user_id)
    with Achievement.batch_write() as batch:
        for award in awards:
            batch.delete(award)
    with RelationshipScore.batch_write() as batch:
        for score in RelationshipScore.query(relationship_id):
            batch.delete(score)
