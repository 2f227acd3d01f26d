"""`/v1/studio/products…`: products with their sizes, styles, bases and mappings."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.studio.routes.etags import etag_of, expected_version
from chalicelib.studio.routes.sorting import sorted_page
from chalicelib.studio.schemas.catalogue import (
    LinkPut,
    LinkRead,
    MappingPut,
    MappingRead,
    ProductCreate,
    ProductRead,
    ProductStylePut,
    ProductStyleRead,
    ProductStylesRead,
    ProductUpdate,
    SizeCreate,
    SizeRead,
    SizeUpdate,
    StyleOrder,
)
from chalicelib.studio.service import products
from chalicelib.studio.service.auth import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/products", methods=["POST"])
@endpoint(bp, auth=merchant, body=ProductCreate, returns=ProductRead, status=201, idempotent="joined")
def add_product(call: ApiRequest[Merchant, ProductCreate]) -> ProductRead:
    """Enable a Shopify product for images; if it exists, it is returned unchanged."""
    return products.add_product(call.principal.shop, call.body, call.idempotency)


@bp.route("/v1/studio/products", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[ProductRead])
def list_products(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[ProductRead]:
    """List the shop's products."""
    return products.list_products(call.principal.shop, call.page).map(ProductRead.of)


@bp.route("/v1/studio/products/{product_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=ProductRead, etag=etag_of)
def get_product(call: ApiRequest[Merchant], product_id: str) -> ProductRead:
    """Return one product."""
    return ProductRead.of(products.get_product(call.principal.shop, product_id))


@bp.route("/v1/studio/products/{product_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=ProductUpdate, returns=ProductRead, etag=etag_of, if_match="optional")
def change_product(call: ApiRequest[Merchant, ProductUpdate], product_id: str) -> ProductRead:
    """Enable or disable a product, or set its title; omitted fields stay."""
    return ProductRead.of(products.change_product(call.principal.shop, product_id, call.body, expected_version(call)))


@bp.route("/v1/studio/products/{product_id}/sizes", methods=["POST"])
@endpoint(bp, auth=merchant, body=SizeCreate, returns=SizeRead, status=201, idempotent="joined")
def add_size(call: ApiRequest[Merchant, SizeCreate], product_id: str) -> SizeRead:
    """Create a print size of the product."""
    return products.add_size(call.principal.shop, product_id, call.body, call.idempotency)


@bp.route("/v1/studio/products/{product_id}/sizes", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[SizeRead])
def list_sizes(call: ApiRequest[Merchant, None, PageQuery], product_id: str) -> PageResult[SizeRead]:
    """List the product's active sizes in their order."""
    return sorted_page(products.list_sizes(call.principal.shop, product_id), call.page).map(SizeRead.of)


@bp.route("/v1/studio/products/{product_id}/sizes/{size_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=SizeUpdate, returns=SizeRead, etag=etag_of, if_match="optional")
def change_size(call: ApiRequest[Merchant, SizeUpdate], product_id: str, size_id: str) -> SizeRead:
    """Update a size; omitted fields stay."""
    return SizeRead.of(
        products.change_size(call.principal.shop, product_id, size_id, call.body, expected_version(call))
    )


@bp.route("/v1/studio/products/{product_id}/sizes/{size_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_size(call: ApiRequest[Merchant], product_id: str, size_id: str) -> None:
    """Deactivate a size of the product."""
    products.remove_size(call.principal.shop, product_id, size_id)


@bp.route("/v1/studio/products/{product_id}/styles", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=ProductStylesRead, etag=etag_of)
def list_product_styles(call: ApiRequest[Merchant, None, PageQuery], product_id: str) -> ProductStylesRead:
    """List the styles on the product in their order."""
    rows, updated_at = products.list_product_styles(call.principal.shop, product_id)
    part = sorted_page(rows, call.page, "ai_style_id").map(ProductStyleRead.of)
    return ProductStylesRead(items=part.items, next_cursor=call.page.cursor(part.last_key), updated_at=updated_at)


@bp.route("/v1/studio/products/{product_id}/styles", methods=["PUT"])
@endpoint(bp, auth=merchant, body=StyleOrder, returns=ProductStylesRead, etag=etag_of, if_match="optional")
def reorder_styles(call: ApiRequest[Merchant, StyleOrder], product_id: str) -> ProductStylesRead:
    """Reorder all of the product's styles at once."""
    order = call.body.ai_style_ids
    rows, updated_at = products.reorder_styles(call.principal.shop, product_id, order, expected_version(call))
    return ProductStylesRead(items=[ProductStyleRead.of(row) for row in rows], next_cursor=None, updated_at=updated_at)


@bp.route("/v1/studio/products/{product_id}/styles/{style_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=ProductStylePut, returns=ProductStyleRead)
def put_product_style(call: ApiRequest[Merchant, ProductStylePut], product_id: str, style_id: str) -> ProductStyleRead:
    """Offer a style on the product, change its position, or disable it."""
    return ProductStyleRead.of(products.put_product_style(call.principal.shop, product_id, style_id, call.body))


@bp.route("/v1/studio/products/{product_id}/bases", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[LinkRead])
def list_links(call: ApiRequest[Merchant, None, PageQuery], product_id: str) -> PageResult[LinkRead]:
    """List the bases that the product is offered on, in their order."""
    rows = products.list_links(call.principal.shop, product_id)
    return sorted_page(rows, call.page, "product_base_id").map(LinkRead.of)


@bp.route("/v1/studio/products/{product_id}/bases/{base_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=LinkPut, returns=LinkRead)
def put_link(call: ApiRequest[Merchant, LinkPut], product_id: str, base_id: str) -> LinkRead:
    """Offer the product on a base, change its position, or disable it."""
    return LinkRead.of(products.put_link(call.principal.shop, product_id, base_id, call.body))


@bp.route("/v1/studio/products/{product_id}/mappings", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[MappingRead])
def list_mappings(call: ApiRequest[Merchant, None, PageQuery], product_id: str) -> PageResult[MappingRead]:
    """List the mappings of the product's Shopify variants to base variants, oldest first."""
    rows = products.list_mappings(call.principal.shop, product_id)
    return sorted_page(rows, call.page, "variant_pair").map(MappingRead.of)


@bp.route("/v1/studio/products/{product_id}/mappings", methods=["PUT"])
@endpoint(bp, auth=merchant, body=MappingPut, returns=MappingRead)
def put_mapping(call: ApiRequest[Merchant, MappingPut], product_id: str) -> MappingRead:
    """Map a Shopify variant of the product to a base variant, or remove the mapping."""
    return MappingRead.of(products.put_mapping(call.principal.shop, product_id, call.body))
