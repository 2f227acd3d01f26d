"""`/v1/studio/…`: what the merchant's admin calls, with a session token."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.pages import Slice
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.studio.schemas.merchant import (
    BaseCreate,
    BaseRead,
    BaseVariantCreate,
    BaseVariantRead,
    GenerationQuery,
    GenerationRead,
    MappingPut,
    MappingRead,
    ProductCreate,
    ProductRead,
    ProductStylePut,
    ProductStyleRead,
    ProductUpdate,
    QuotaRead,
    SizeCreate,
    SizeRead,
    StyleCreate,
    StyleRead,
    StyleUpdate,
    WatermarkPut,
    WatermarkRead,
)
from chalicelib.studio.service import catalogue, gallery, watermarks
from chalicelib.studio.service.callers import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/studio/products", methods=["POST"])
@endpoint(bp, auth=merchant, body=ProductCreate, returns=ProductRead, status=201, idempotent="joined")
def add_product(call: Call[Merchant, ProductCreate]) -> ProductRead:
    """Enable a Shopify product for images; one that is enabled already is answered as it is."""
    return catalogue.add_product(call.principal.shop, call.body, call.idempotency)


@bp.route("/v1/studio/products", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[ProductRead])
def list_products(call: Call[Merchant, None, PageQuery]) -> Slice[ProductRead]:
    """The shop's products."""
    return catalogue.list_products(call.principal.shop, call.page).map(ProductRead.of)


@bp.route("/v1/studio/products/{product_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=ProductRead)
def get_product(call: Call[Merchant], product_id: str) -> ProductRead:
    """One product."""
    return ProductRead.of(catalogue.get_product(call.principal.shop, product_id))


@bp.route("/v1/studio/products/{product_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=ProductUpdate, returns=ProductRead)
def change_product(call: Call[Merchant, ProductUpdate], product_id: str) -> ProductRead:
    """Enable or disable a product, or take over its title; what is not given stays."""
    return ProductRead.of(catalogue.change_product(call.principal.shop, product_id, call.body))


@bp.route("/v1/studio/products/{product_id}/sizes", methods=["POST"])
@endpoint(bp, auth=merchant, body=SizeCreate, returns=SizeRead, status=201, idempotent="joined")
def add_size(call: Call[Merchant, SizeCreate], product_id: str) -> SizeRead:
    """Add a size in which the product is printed."""
    return catalogue.add_size(call.principal.shop, product_id, call.body, call.idempotency)


@bp.route("/v1/studio/products/{product_id}/sizes", methods=["GET"])
@endpoint(bp, auth=merchant, returns=Page[SizeRead])
def list_sizes(call: Call[Merchant], product_id: str) -> Slice[SizeRead]:
    """The product's sizes in their order; all on one page."""
    return Slice(catalogue.list_sizes(call.principal.shop, product_id)).map(SizeRead.of)


@bp.route("/v1/studio/products/{product_id}/sizes/{size_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_size(call: Call[Merchant], product_id: str, size_id: str) -> None:
    """Take a size off the product."""
    catalogue.remove_size(call.principal.shop, product_id, size_id)


@bp.route("/v1/studio/products/{product_id}/styles", methods=["GET"])
@endpoint(bp, auth=merchant, returns=Page[ProductStyleRead])
def list_product_styles(call: Call[Merchant], product_id: str) -> Slice[ProductStyleRead]:
    """The styles offered on the product, in their order; all on one page."""
    return Slice(catalogue.list_product_styles(call.principal.shop, product_id)).map(ProductStyleRead.of)


@bp.route("/v1/studio/products/{product_id}/styles/{style_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=ProductStylePut, returns=ProductStyleRead)
def put_product_style(call: Call[Merchant, ProductStylePut], product_id: str, style_id: str) -> ProductStyleRead:
    """Offer a style on the product, change its place, or take it off."""
    return ProductStyleRead.of(catalogue.put_product_style(call.principal.shop, product_id, style_id, call.body))


@bp.route("/v1/studio/products/{product_id}/mappings", methods=["PUT"])
@endpoint(bp, auth=merchant, body=MappingPut, returns=MappingRead)
def put_mapping(call: Call[Merchant, MappingPut], product_id: str) -> MappingRead:
    """Say on which base variant a Shopify variant of the product is printed."""
    return MappingRead.of(catalogue.put_mapping(call.principal.shop, product_id, call.body))


@bp.route("/v1/studio/styles", methods=["POST"])
@endpoint(bp, auth=merchant, body=StyleCreate, returns=StyleRead, status=201, idempotent="joined")
def add_style(call: Call[Merchant, StyleCreate]) -> StyleRead:
    """Add a style. Its template may name {style}, {product} and {text}; any other placeholder is refused."""
    return catalogue.add_style(call.principal.shop, call.body, call.idempotency)


@bp.route("/v1/studio/styles", methods=["GET"])
@endpoint(bp, auth=merchant, returns=Page[StyleRead])
def list_styles(call: Call[Merchant]) -> Slice[StyleRead]:
    """The shop's styles in their order; all on one page."""
    return Slice(catalogue.list_styles(call.principal.shop)).map(StyleRead.of)


@bp.route("/v1/studio/styles/{style_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=StyleRead)
def get_style(call: Call[Merchant], style_id: str) -> StyleRead:
    """One style."""
    return StyleRead.of(catalogue.get_style(call.principal.shop, style_id))


@bp.route("/v1/studio/styles/{style_id}", methods=["PUT"])
@endpoint(bp, auth=merchant, body=StyleUpdate, returns=StyleRead)
def change_style(call: Call[Merchant, StyleUpdate], style_id: str) -> StyleRead:
    """Change a style; what is not given stays."""
    return StyleRead.of(catalogue.change_style(call.principal.shop, style_id, call.body))


@bp.route("/v1/studio/styles/{style_id}", methods=["DELETE"])
@endpoint(bp, auth=merchant, status=204)
def remove_style(call: Call[Merchant], style_id: str) -> None:
    """Offer a style no longer; its history stays."""
    catalogue.remove_style(call.principal.shop, style_id)


@bp.route("/v1/studio/bases", methods=["POST"])
@endpoint(bp, auth=merchant, body=BaseCreate, returns=BaseRead, status=201, idempotent="joined")
def add_base(call: Call[Merchant, BaseCreate]) -> BaseRead:
    """Add something to print on."""
    return catalogue.add_base(call.principal.shop, call.body, call.idempotency)


@bp.route("/v1/studio/bases/{base_id}/variants", methods=["POST"])
@endpoint(bp, auth=merchant, body=BaseVariantCreate, returns=BaseVariantRead, status=201, idempotent="joined")
def add_variant(call: Call[Merchant, BaseVariantCreate], base_id: str) -> BaseVariantRead:
    """Add a combination of a base's options, with its print size."""
    return catalogue.add_variant(call.principal.shop, base_id, call.body, call.idempotency)


@bp.route("/v1/studio/watermark", methods=["GET"])
@endpoint(bp, auth=merchant, returns=WatermarkRead)
def get_watermark(call: Call[Merchant]) -> WatermarkRead:
    """The mark on the shop's previews."""
    return watermarks.read(call.principal.shop)


@bp.route("/v1/studio/watermark", methods=["PUT"])
@endpoint(bp, auth=merchant, body=WatermarkPut, returns=WatermarkRead)
def put_watermark(call: Call[Merchant, WatermarkPut]) -> WatermarkRead:
    """Set the mark: its picture (the present one stays if none is sent), opacity, place and size."""
    return watermarks.put(call.principal.shop, call.body)


@bp.route("/v1/studio/quota", methods=["GET"])
@endpoint(bp, auth=merchant, returns=QuotaRead)
def get_quota(call: Call[Merchant]) -> QuotaRead:
    """What the shop may generate and store, and what it does."""
    return gallery.read_quota(call.principal.shop)


@bp.route("/v1/studio/generations", methods=["GET"])
@endpoint(bp, auth=merchant, query=GenerationQuery, returns=Page[GenerationRead])
def list_generations(call: Call[Merchant, None, GenerationQuery]) -> Slice[GenerationRead]:
    """The shop's generations, or an order's finals; newest first."""
    return gallery.list_generations(call.principal.shop, call.query.order_id, call.page)


@bp.route("/v1/studio/generations/{generation_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=GenerationRead)
def get_generation(call: Call[Merchant], generation_id: str) -> GenerationRead:
    """One generation, with links to its pictures that last five minutes."""
    return gallery.get_generation(call.principal.shop, generation_id)
