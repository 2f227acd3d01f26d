"""Talks: their author's, and the partner's if they are shared. Notes are encrypted and decrypted one by one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from chalicelib.kit import clock, ids, secrets
from chalicelib.kit.errors import VersionMismatch, WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.sealed_columns import notes_context
from chalicelib.together.domain.visibility import RowFacts, RowKind, can_read
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.errors import ConversationNotFound, InvalidConversation, RelationshipEnded
from chalicelib.together.models import Achievement, Conversation, Relationship, User
from chalicelib.together.repository import conversations
from chalicelib.together.schemas.conversations import (
    ConversationCreate,
    ConversationDetail,
    ConversationRead,
    ConversationUpdate,
)
from chalicelib.together.service import measurement
from chalicelib.together.service.achievements import notify_of_award, stage_first_award
from chalicelib.together.service.viewers import Viewer, viewer_of

FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_NAMESPACE = "c4a2f1a6-7a7d-4f5c-9b1b-52a1a0f0d9c3"


def list_conversations(user: User, relationship_id: str | None, page: PageRequest) -> PageResult[ConversationRead]:
    """Return a page of the talks that the member may read, newest first. Raises RelationshipNotFound."""
    viewer = viewer_of(user, relationship_id)
    rows = conversations.list_visible(viewer.relationship.id, lambda row: _is_visible(row, viewer), page)
    return rows.map(lambda row: to_conversation_read(row, user.id))


def get_conversation(user: User, conversation_id: str, relationship_id: str | None = None) -> ConversationDetail:
    """Return a talk with its notes. Raises ConversationNotFound if there is none that the member may read."""
    viewer = viewer_of(user, relationship_id)
    row = conversations.find(viewer.relationship.id, conversation_id)
    if row is None or not _is_visible(row, viewer):
        raise ConversationNotFound
    return _to_detail(row, user.id)


def add_conversation(user: User, body: ConversationCreate, key: Idempotency | None) -> ConversationRead:
    """Record a talk. One of a pause stays private to its author. Raises InvalidConversation, RelationshipEnded."""
    now = clock.now()
    occurred_at = body.occurred_at or now
    if not FIRST_TIME <= occurred_at <= now:
        message = f"must be from {FIRST_TIME.year} to now"
        error = {"path": "body.occurred_at", "message": message}
        raise InvalidConversation(f"body.occurred_at: {message}", errors=[error])
    conversation_id = ids.time_ordered_at(occurred_at)
    columns = {**body.model_dump(), "occurred_at": occurred_at, "created_at": now}

    def decide(unit: UnitOfWork) -> tuple[ConversationRead, Relationship, Achievement | None]:
        relationship = _present(user)
        columns["in_pause"] = relationship.status is RelationshipStatus.PAUSED
        row = _new_row(relationship.id, conversation_id, user.id, columns)
        conversations.stage_same_status(unit.transaction, relationship, user.id)
        response = to_conversation_read(row, user.id)
        if key:
            key.join(unit.transaction, response)
        unit.transaction.add(row)
        award = None if row.in_pause else stage_first_award(unit, relationship, "first_talk", now, user.id)
        return response, relationship, award

    response, relationship, award = run_unit_of_work(decide)
    if award is not None:
        notify_of_award(relationship, award)
    measurement.track_event(user, "message_logged", now, ids.derived(_NAMESPACE, conversation_id))
    return response


def change_conversation(user: User, conversation_id: str, body: ConversationUpdate, version: str) -> ConversationDetail:
    """Set the fields in the body of one's own talk; one that is changed in a pause is its author's for good.

    Raises ConversationNotFound, VersionMismatch, RelationshipEnded.
    """
    changes = body.model_dump(exclude_unset=True)

    def decide(unit: UnitOfWork) -> ConversationDetail:
        relationship, row = _own(user, conversation_id, version)
        in_pause = row.in_pause or relationship.status is RelationshipStatus.PAUSED
        changed = copy_row(row, {**_sealed(relationship.id, conversation_id, changes), "in_pause": in_pause})
        conversations.stage_same_status(unit.transaction, relationship, user.id)
        unit.transaction.put(changed, condition=conversations.conversation_unchanged(row), otherwise=WriteConflict())
        return _to_detail(changed, user.id)

    return run_unit_of_work(decide)


def remove_conversation(user: User, conversation_id: str, version: str | None) -> None:
    """Delete one's own talk. Raises ConversationNotFound, VersionMismatch, RelationshipEnded."""

    def decide(unit: UnitOfWork) -> None:
        relationship, row = _own(user, conversation_id, version)
        conversations.stage_same_status(unit.transaction, relationship, user.id)
        unit.transaction.delete(row, condition=conversations.conversation_unchanged(row), otherwise=WriteConflict())

    run_unit_of_work(decide)


def conversation_version(conversation: ConversationDetail) -> str:
    """Return the version of a talk for ETag and If-Match: a digest of its content."""
    return hashlib.sha256(conversation.model_dump_json().encode()).hexdigest()[:32]


def to_conversation_read(row: Conversation, user_id: str) -> ConversationRead:
    """Return the talk without its notes, as the member sees it."""
    return ConversationRead(**_columns_of(row, user_id))


def _columns_of(row: Conversation, user_id: str) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in ConversationRead.model_fields if hasattr(row, name)}
    return {**columns, "has_notes": row.notes is not None, "is_mine": row.initiated_by == user_id}


def _to_detail(row: Conversation, user_id: str) -> ConversationDetail:
    notes = secrets.decrypt(row.notes, notes_context(row.relationship_id, row.id)) if row.notes else None
    return ConversationDetail(**_columns_of(row, user_id), notes=notes)


def _is_visible(row: Conversation, viewer: Viewer) -> bool:
    facts = RowFacts(row.initiated_by, row.created_at, is_private=row.is_private, in_pause=row.in_pause)
    return can_read(RowKind.CONVERSATION, facts, viewer.user_id, viewer.relationship)


def _present(user: User) -> Relationship:
    """Return the member's present relationship, which may be paused: a talk is its author's. Raises RelationshipEnded."""
    relationship = viewer_of(user).relationship
    if relationship.status is RelationshipStatus.ENDED:
        raise RelationshipEnded
    return relationship


def _own(user: User, conversation_id: str, version: str | None) -> tuple[Relationship, Conversation]:
    """Return the member's own talk in this version, and its relationship."""
    relationship = _present(user)
    row = conversations.find(relationship.id, conversation_id)
    if row is None or row.initiated_by != user.id:
        raise ConversationNotFound
    if version is not None and conversation_version(_to_detail(row, user.id)) != version:
        raise VersionMismatch
    return relationship, row


def _new_row(relationship_id: str, conversation_id: str, user_id: str, columns: dict[str, Any]) -> Conversation:
    row = Conversation(relationship_id=relationship_id, id=conversation_id, initiated_by=user_id)
    for name, value in _sealed(relationship_id, conversation_id, columns).items():
        setattr(row, name, value)
    return row


def _sealed(relationship_id: str, conversation_id: str, columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns with the notes encrypted."""
    notes = columns.get("notes")
    if notes is None:
        return columns
    return {**columns, "notes": secrets.encrypt(notes, notes_context(relationship_id, conversation_id))}
