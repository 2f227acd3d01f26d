"""`/v1/together/relationship` and `/v1/together/relationships…`: the member's relationship, and those that ended."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.together.errors import (
    PartnerMissing,
    PausedByPartner,
    RelationshipNotFound,
    RelationshipOpen,
    RelationshipPaused,
)
from chalicelib.together.schemas.relationships import RelationshipRead, RelationshipSummary, RelationshipUpdate
from chalicelib.together.service import deletions, relationships
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/relationship", methods=["GET"])
@endpoint(bp, auth=member, returns=RelationshipRead)
def read_relationship(call: ApiRequest[Member]) -> RelationshipRead:
    """Return the relationship that the member is in; `invited` is a space of one."""
    return relationships.read_relationship(call.principal.user)


@bp.route("/v1/together/relationship", methods=["PATCH"])
@endpoint(
    bp,
    auth=member,
    body=RelationshipUpdate,
    returns=RelationshipRead,
    errors=(PartnerMissing, PausedByPartner, RelationshipPaused),
)
def change_relationship(call: ApiRequest[Member, RelationshipUpdate]) -> RelationshipRead:
    """Pause, resume or end the relationship, or set its type and dates. After an end, returns the member's new space."""
    return relationships.change_relationship(call.principal.user, call.body)


@bp.route("/v1/together/relationships", methods=["GET"])
@endpoint(bp, auth=member, query=PageQuery, returns=Page[RelationshipSummary])
def list_relationships(call: ApiRequest[Member, None, PageQuery]) -> PageResult[RelationshipSummary]:
    """List the relationships in which the member is or was. The lists of rows take their ids as `relationship`."""
    return relationships.list_relationships(call.principal.user, call.page)


@bp.route("/v1/together/relationships/{relationship_id}", methods=["GET"])
@endpoint(bp, auth=member, returns=RelationshipSummary, errors=(RelationshipNotFound,))
def read_summary(call: ApiRequest[Member], relationship_id: str) -> RelationshipSummary:
    """Return a relationship of the member, present or past."""
    return relationships.read_summary(call.principal.user, relationship_id)


@bp.route("/v1/together/relationships/{relationship_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=202, errors=(RelationshipNotFound, RelationshipOpen))
def delete_rows(call: ApiRequest[Member], relationship_id: str) -> None:
    """Queue the deletion of the member's own rows of an ended relationship; joint rows go once both members did so."""
    deletions.request_deletion(call.principal.user, relationship_id)
