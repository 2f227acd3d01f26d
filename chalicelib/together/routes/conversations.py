"""`/v1/together/conversations…`: talks of the relationship."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page
from chalicelib.together.schemas.conversations import (
    ConversationCreate,
    ConversationDetail,
    ConversationRead,
    ConversationUpdate,
)
from chalicelib.together.schemas.spaces import SpaceQuery, SpaceRowQuery
from chalicelib.together.service import conversations
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


def _version(body: ConversationDetail | None) -> str:
    return conversations.conversation_version(body) if body else ""


@bp.route("/v1/together/conversations", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceQuery, returns=Page[ConversationRead])
def list_conversations(call: ApiRequest[Member, None, SpaceQuery]) -> PageResult[ConversationRead]:
    """List one's own talks and those that the partner shares, newest first, without their notes."""
    return conversations.list_conversations(call.principal.user, call.query.relationship, call.page)


@bp.route("/v1/together/conversations", methods=["POST"])
@endpoint(bp, auth=member, body=ConversationCreate, returns=ConversationRead, status=201, idempotent="joined")
def add_conversation(call: ApiRequest[Member, ConversationCreate]) -> ConversationRead:
    """Record a talk; only its author sees it unless it is shared. The response is without the notes."""
    return conversations.add_conversation(call.principal.user, call.body, call.idempotency)


@bp.route("/v1/together/conversations/{conversation_id}", methods=["GET"])
@endpoint(bp, auth=member, query=SpaceRowQuery, returns=ConversationDetail, etag=_version)
def get_conversation(call: ApiRequest[Member, None, SpaceRowQuery], conversation_id: str) -> ConversationDetail:
    """Return one talk with its notes."""
    return conversations.get_conversation(call.principal.user, conversation_id, call.query.relationship)


@bp.route("/v1/together/conversations/{conversation_id}", methods=["PATCH"])
@endpoint(bp, auth=member, body=ConversationUpdate, returns=ConversationDetail, etag=_version)
def change_conversation(call: ApiRequest[Member, ConversationUpdate], conversation_id: str) -> ConversationDetail:
    """Change one's own talk; omitted fields stay."""
    return conversations.change_conversation(call.principal.user, conversation_id, call.body, call.if_match or "")


@bp.route("/v1/together/conversations/{conversation_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, etag=_version, if_match="optional")
def remove_conversation(call: ApiRequest[Member], conversation_id: str) -> None:
    """Delete one's own talk."""
    conversations.remove_conversation(call.principal.user, conversation_id, call.if_match)
