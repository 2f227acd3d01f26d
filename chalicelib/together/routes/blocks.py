"""`/v1/together/blocks…`: members whose invitations never arrive."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.together.errors import BlockNotFound, PartnerMissing, RelationshipNotFound
from chalicelib.together.schemas.relationships import BlockCreate, BlockRead
from chalicelib.together.service import blocks
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/blocks", methods=["GET"])
@endpoint(bp, auth=member, query=PageQuery, returns=Page[BlockRead])
def list_blocks(call: ApiRequest[Member, None, PageQuery]) -> PageResult[BlockRead]:
    """List the member's blocks, without names."""
    return blocks.list_blocks(call.principal.user, call.page)


@bp.route("/v1/together/blocks", methods=["POST"])
@endpoint(
    bp, auth=member, body=BlockCreate, returns=BlockRead, status=201, errors=(RelationshipNotFound, PartnerMissing)
)
def add_block(call: ApiRequest[Member, BlockCreate]) -> BlockRead:
    """Block the other member of a relationship, and end it if it has not ended. A repeat changes nothing."""
    return blocks.add_block(call.principal.user, call.body.relationship_id)


@bp.route("/v1/together/blocks/{block_id}", methods=["DELETE"])
@endpoint(bp, auth=member, status=204, errors=(BlockNotFound,))
def remove_block(call: ApiRequest[Member], block_id: str) -> None:
    """Remove a block; the relationship stays ended."""
    blocks.remove_block(call.principal.user, block_id)
