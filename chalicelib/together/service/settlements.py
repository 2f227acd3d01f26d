"""What follows a new couple and the end of one: ledgers, the owners' registrations, a notice, empty spaces.

Messages come more than once and in any order, so each run brings the credits to where they belong now.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.billing import service as billing
from chalicelib.kit import clock, logs
from chalicelib.together.domain.notices import Notice
from chalicelib.together.domain.relationship_state import is_couple
from chalicelib.together.enums import NotificationKind
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import joint_rows, relationships, users
from chalicelib.together.schemas.messages import RelationshipSettled
from chalicelib.together.service.notifications import add_notice
from chalicelib.together.service.reminders import plan_reminders

KEEP_EMPTY = timedelta(days=7)

log = logs.logger("together.settlements")


def settle_relationship(message: RelationshipSettled) -> None:
    """Move the members' credits to the ledger that each has now. Idempotent, and safe to stop between two steps."""
    for former_id in message.former_relationship_ids:
        _expire_if_empty(former_id)
    [relationship] = relationships.find_relationships([message.relationship_id])
    if relationship is None:
        log.info("settlement ignored: the relationship is gone")
        return
    for member_id in (relationship.user_1_id, relationship.user_2_id):
        user = _settle_member(message.event_id, relationship, member_id) if member_id is not None else None
        if user is not None and user.partner_id is not None and user.relationship_id == relationship.id:
            plan_reminders(user)  # the inviter's dates are now the partner's, too
    if is_couple(relationship):
        _add_joined_notice(message, relationship)


def _settle_member(event_id: str, relationship: Relationship, member_id: str) -> User | None:
    """Register the member with their present ledger and move their credits there; repeat if they moved on during it.

    Returns the member's row, None if they are erased. The registration is first: credits that billing grants from then
    on go to the present ledger.
    """
    user, ledger_id = users.find_user(member_id), None
    while user is not None and ledger_id != ledger_of(user):
        ledger_id = ledger_of(user)
        _register(user, ledger_id)
        for source in {relationship.id, member_id} - {ledger_id}:
            is_theirs = source == member_id or relationship.user_1_id == member_id
            move_id = f"{event_id}/{source}/{ledger_id}"
            billing.move_credits(move_id, source, ledger_id, member_id, includes_unowned=is_theirs)
        user = users.find_user(member_id)
    return user


def ledger_of(user: User) -> str:
    """Return the id of the member's ledger: the couple's relationship, else the member."""
    return str(user.relationship_id) if user.partner_id else user.id


def _register(user: User, ledger_id: str) -> None:
    couple_id = None if ledger_id == user.id else ledger_id
    billing.register_customer(
        "member", user.id, user.email, name=user.display_name, relationship_id=couple_id, timezone=user.timezone
    )


def _add_joined_notice(message: RelationshipSettled, relationship: Relationship) -> None:
    """Notify the inviter that the partner has joined; once, however often the message is delivered."""
    add_notice(
        Notice(
            user_id=relationship.user_1_id,
            kind=NotificationKind.PARTNER_ACTIVITY,
            cause=message.event_id,
            title="Your invitation was accepted",
            body="You now share dates, goals and activities.",
            scheduled_for=relationship.activated_at or message.occurred_at,
            action_url="/together/app#today",
            relationship_id=relationship.id,
        )
    )


def _expire_if_empty(relationship_id: str) -> None:
    """Let an ended space of one expire if its member left no row in it."""
    if joint_rows.is_empty(relationship_id):
        relationships.set_expiry(relationship_id, clock.now() + KEEP_EMPTY)
