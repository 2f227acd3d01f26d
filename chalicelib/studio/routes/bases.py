"""`/v1/studio/bases…`: product bases to print on, and their variants."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.studio.routes.etags import etag_of, expected_version
from chalicelib.studio.routes.sorting import sorted_page
from chalicelib.studio.schemas.catalogue import (
    BaseCreate,
    BaseRead,
    BaseUpdate,
    BaseVariantCreate,
    BaseVariantRead,
    BaseVariantUpdate,
)
from chalicelib.studio.service import bases
from chalicelib.studio.service.auth import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/bases", methods=["POST"])
@endpoint(bp, auth=merchant, body=BaseCreate, returns=BaseRead, status=201, idempotent="joined")
def add_base(call: ApiRequest[Merchant, BaseCreate]) -> BaseRead:
    """Create a product base to print on."""
    return bases.add_base(call.principal.shop, call.body, call.idempotency)


@bp.route("/v1/studio/bases", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[BaseRead])
def list_bases(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[BaseRead]:
    """List the shop's active bases in their order."""
    return sorted_page(bases.list_bases(call.principal.shop), call.page).map(BaseRead.of)


@bp.route("/v1/studio/bases/{base_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=BaseRead, etag=etag_of)
def get_base(call: ApiRequest[Merchant], base_id: str) -> BaseRead:
    """Return one base."""
    return BaseRead.of(bases.get_base(call.principal.shop, base_id))


@bp.route("/v1/studio/bases/{base_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=BaseUpdate, returns=BaseRead, etag=etag_of, if_match="optional")
def change_base(call: ApiRequest[Merchant, BaseUpdate], base_id: str) -> BaseRead:
    """Update a base, or reactivate a removed one; omitted fields stay."""
    return BaseRead.of(bases.change_base(call.principal.shop, base_id, call.body, expected_version(call)))


@bp.route("/v1/studio/bases/{base_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_base(call: ApiRequest[Merchant], base_id: str) -> None:
    """Deactivate a base; its row stays for past prints."""
    bases.remove_base(call.principal.shop, base_id)


@bp.route("/v1/studio/bases/{base_id}/variants", methods=["POST"])
@endpoint(bp, auth=merchant, body=BaseVariantCreate, returns=BaseVariantRead, status=201, idempotent="joined")
def add_variant(call: ApiRequest[Merchant, BaseVariantCreate], base_id: str) -> BaseVariantRead:
    """Create a variant of a base: a combination of its options, with a print size."""
    return bases.add_variant(call.principal.shop, base_id, call.body, call.idempotency)


@bp.route("/v1/studio/bases/{base_id}/variants", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[BaseVariantRead])
def list_variants(call: ApiRequest[Merchant, None, PageQuery], base_id: str) -> PageResult[BaseVariantRead]:
    """List the base's active variants in their order."""
    return sorted_page(bases.list_variants(call.principal.shop, base_id), call.page).map(BaseVariantRead.of)


@bp.route("/v1/studio/bases/{base_id}/variants/{variant_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=BaseVariantUpdate, returns=BaseVariantRead, etag=etag_of, if_match="optional")
def change_variant(call: ApiRequest[Merchant, BaseVariantUpdate], base_id: str, variant_id: str) -> BaseVariantRead:
    """Update a variant, or reactivate a removed one; omitted fields stay."""
    row = bases.change_variant(call.principal.shop, base_id, variant_id, call.body, expected_version(call))
    return BaseVariantRead.of(row)


@bp.route("/v1/studio/bases/{base_id}/variants/{variant_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_variant(call: ApiRequest[Merchant], base_id: str, variant_id: str) -> None:
    """Deactivate a variant; products mapped to it are then printed at their own size."""
    bases.remove_variant(call.principal.shop, base_id, variant_id)
