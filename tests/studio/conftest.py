"""A shop with a gallery: actions of a merchant and a shopper over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.kit import clock
from chalicelib.studio.domain.print_size import cover
from chalicelib.studio.models import Generation, Quota, Upload
from infra.local.engine import Engine
from infra.sandbox.server import Json
from infra.sandbox.shopify import ShopifySandbox

PHOTO = Path(__file__).resolve().parents[1] / "data" / "photos" / "grace_hopper.jpg"
CUSTOMER = 4711
VARIANT = 4101
SIZE = 400, 500
"""Pixels of the only size of the product."""
Drain = Callable[[], list[dict[str, Any]]]


class Gallery:
    """One shop with the studio installed, its merchant, and its shoppers."""

    def __init__(self, api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> None:
        self.api, self.shopify, self.drain = api, shopify, drain
        self.shop = f"gallery-{uuid.uuid4().hex[:10]}.myshopify.com"
        self.product = self.style = ""
        start_response = api.get("/shopify/studio/auth", params={"shop": self.shop})
        callback = httpx2.URL(httpx2.get(start_response.headers["location"]).headers["location"])
        assert api.get(httpx2.URL(path=callback.path, query=callback.query)).status_code == 302

    def merchant(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        token = self.shopify.session_token("studio", self.shop)
        headers = {"Authorization": f"Bearer {token}", **headers}
        return self.api.request(method, f"/v1/studio/{path}", json=body, headers=headers)

    def shopper(
        self, method: str, path: str, body: Any = None, *, customer: int | None = CUSTOMER, key: str = "", **params: str
    ) -> httpx2.Response:
        return self.proxied(method, path, body, customer, {"Idempotency-Key": key} if key else {}, **params)

    def guest(self, method: str, path: str, body: Any = None, *, address: str, key: str = "") -> httpx2.Response:
        """Call as a guest; `address` is X-Forwarded-For as it leaves Shopify's proxy."""
        headers = {"X-Forwarded-For": address} | ({"Idempotency-Key": key} if key else {})
        return self.proxied(method, path, body, None, headers)

    def proxied(
        self, method: str, path: str, body: Any, customer: int | None, headers: dict[str, str], **params: str
    ) -> httpx2.Response:
        url = self.shopify.proxy_url("studio", self.shop, path, params, customer_id=customer)
        return self.api.request(method, url, json=body, headers=headers)

    def add_catalogue(self) -> None:
        """Add a product with one size and one style."""
        product = {"shopify_product_id": 8001, "title": "Portrait"}
        self.product = self.merchant("POST", "products", product).json()["uuid"]
        style = {"name": "Pencil", "prompt_template": "{style} of {product}: {text}"}
        self.style = self.merchant("POST", "styles", style).json()["uuid"]
        offered = self.merchant("PUT", f"products/{self.product}/styles/{self.style}", {"is_enabled": True})
        assert offered.status_code == 200, offered.text
        size = {"name": "small", "width_px": SIZE[0], "height_px": SIZE[1]}
        size |= {"shopify_variant_id": f"gid://shopify/ProductVariant/{VARIANT}"}
        assert self.merchant("POST", f"products/{self.product}/sizes", size).status_code == 201

    def upload_photo(
        self, data: bytes, customer: int | None = CUSTOMER, content_type: str = "image/jpeg"
    ) -> dict[str, Any]:
        """Create an upload and send the bytes with its form; return the upload."""
        start_response = self.shopper("POST", "uploads", {"content_type": content_type}, customer=customer)
        assert start_response.status_code == 201, start_response.text
        form: dict[str, Any] = start_response.json()
        response = httpx2.post(form["url"], data=form["fields"], files={"file": data})
        assert response.status_code == 201, response.text
        return form

    def accepted_upload(self, customer: int | None = CUSTOMER) -> dict[str, Any]:
        """Upload a photo and have it accepted."""
        form = self.upload_photo(PHOTO.read_bytes(), customer)
        assert self.drain() == []
        return form

    def preview_request(self, upload: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return the body of a preview request."""
        body = {"product_id": self.product, "style_id": self.style, "upload_id": upload["id"]}
        body |= {"crop": cover_crop(upload["id"]), **more}
        return body | ({"upload_token": upload["token"]} if upload["token"] else {})

    def preview(self, customer: int | None = CUSTOMER, uploader: int | None = CUSTOMER) -> dict[str, Any]:
        """Create a preview and return it as the shopper reads it; `uploader` sends the photo, None is a guest."""
        return self.make_preview(self.accepted_upload(uploader if customer else None), customer)

    def preview_size(self, size: str | None, photo: bytes | None = None) -> dict[str, Any]:
        """Create a preview of a photo for a size of the product's, by default the first one, cropped to its shape."""
        sizes = self.merchant("GET", f"products/{self.product}/sizes").json()["items"]
        [chosen] = [each for each in sizes if each["uuid"] == (size or sizes[0]["uuid"])]
        upload = self.upload_photo(photo or PHOTO.read_bytes())
        assert self.drain() == []
        crop = cover_crop(upload["id"], (chosen["width_px"], chosen["height_px"]))
        return self.make_preview(upload, size_id=chosen["uuid"], crop=crop)

    def make_preview(self, upload: dict[str, Any], customer: int | None = CUSTOMER, **more: Any) -> dict[str, Any]:
        """Create a preview of an accepted photo and return it as the shopper reads it."""
        response = self.shopper("POST", "generations", self.preview_request(upload, **more), customer=customer)
        assert response.status_code == 202, response.text
        assert self.drain() == []
        token = {"token": upload["token"]} if upload["token"] else {}
        path = f"generations/{response.json()['id']}"
        body: dict[str, Any] = self.shopper("GET", path, customer=customer, **token).json()
        assert body["status"] == "completed", body
        return body

    def order(
        self, *properties: dict[str, str], variant: int = VARIANT, customer: int | None = CUSTOMER
    ) -> dict[str, Any]:
        """Create a paid order with a line for each of the properties."""
        lines = [
            {"variant_id": variant, "product_id": 8001, "quantity": 1, "price": "49.00", "properties": [line_property]}
            for line_property in properties
        ]
        order: dict[str, Any] = self.shopify.paid_order(self.shop, lines, customer_id=customer)
        return order

    def forget_pictures(self) -> None:
        """Change the previews into those of the previous version, which stored no unmarked picture."""
        for row in Generation.scan(Generation.unmarked_image_url.exists() & (Generation.shop_id == self.shop)):
            storage.delete(row.unmarked_image_url)
            row.update([Generation.unmarked_image_url.remove(), Generation.crop.remove()])

    def finals(self) -> list[dict[str, Any]]:
        items = self.merchant("GET", "generations").json()["items"]
        return [item for item in items if item["generation_type"] == "final"]

    def storage(self) -> tuple[int, int]:
        """Return the stored bytes by the quota, and by the rows of the shop."""
        counted_bytes = round(Quota.get(self.shop).current_storage_mb * 1_000_000)
        uploads = [row.byte_count or 0 for row in Upload.scan(Upload.shop_id == self.shop)]
        images = [row.byte_count or 0 for row in Generation.scan(Generation.shop_id == self.shop)]
        return counted_bytes, sum(uploads) + sum(images)

    def quota(self) -> dict[str, Any]:
        body: dict[str, Any] = self.merchant("GET", "quota").json()
        return body


def cover_crop(upload: str, size: tuple[int, int] = SIZE) -> dict[str, float]:
    """Return the largest centered crop of an upload with the shape of `size`; the whole photo if it is not accepted."""
    row = Upload.get(upload)
    width, height = row.width or size[0], row.height or size[1]
    left, top, right, bottom = cover((width, height), size)
    return {
        "left": left / width,
        "top": top / height,
        "width": (right - left) / width,
        "height": (bottom - top) / height,
    }


@dataclass(frozen=True)
class StoredGallery:
    """A gallery as it was created, with the engine's snapshot of it; usable until `expires_at`."""

    gallery: Gallery
    at_shopify: Json
    expires_at: datetime


_stored: list[StoredGallery] = []
SNAPSHOT = "gallery"
SNAPSHOT_LIFETIME = timedelta(seconds=20)
"""Once a session token is a minute newer than the installation, the app checks the access token."""


@pytest.fixture
def gallery(engine: Engine, api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> Gallery:
    """A shop with one product, size and style. It is set up before other fixtures and restored from a snapshot."""
    if not _stored or _stored[-1].expires_at < clock.now():
        new_gallery = Gallery(api, shopify, drain)
        new_gallery.add_catalogue()
        drain()
        engine.snapshot(SNAPSHOT)
        _stored[:] = [StoredGallery(new_gallery, shopify.snapshot(), clock.now() + SNAPSHOT_LIFETIME)]
        return new_gallery
    [stored] = _stored
    engine.restore(SNAPSHOT)
    shopify.restore(stored.at_shopify)
    restored = copy(stored.gallery)
    restored.api, restored.drain = api, drain
    return restored


@pytest.fixture
def other_gallery(gallery: Gallery, api: httpx2.Client, shopify: ShopifySandbox, drain: Drain) -> Gallery:
    """Another shop with the same catalogue."""
    new_gallery = Gallery(api, shopify, drain)
    new_gallery.add_catalogue()
    drain()
    return new_gallery


@pytest.fixture
def base(gallery: Gallery) -> dict[str, Any]:
    """A base with one variant, `variant`."""
    new_base: dict[str, Any] = gallery.merchant("POST", "bases", {"name": "Poster", "option_names": ["Size"]}).json()
    variant = {"name": "A6", "width_px": 350, "height_px": 250, "option_values": {"Size": "A6"}}
    return new_base | {"variant": gallery.merchant("POST", f"bases/{new_base['uuid']}/variants", variant).json()}
