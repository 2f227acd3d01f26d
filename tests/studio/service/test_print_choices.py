"""The size and the crop of a preview: required where the photo or the product leaves a choice, and checked."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.studio.models import Generation
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import Gallery

WHOLE = {"left": 0, "top": 0, "width": 1, "height": 1}


def add_size(gallery: Gallery, width: int, height: int, **more: Any) -> str:
    body = {"name": f"{width} x {height}", "width_px": width, "height_px": height, **more}
    response = gallery.merchant("POST", f"products/{gallery.product}/sizes", body)
    assert response.status_code == 201, response.text
    return str(response.json()["uuid"])


def only_size(gallery: Gallery) -> str:
    (size,) = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"]
    return str(size["uuid"])


def uploaded(gallery: Gallery, image: Image.Image, **options: Any) -> dict[str, Any]:
    upload = gallery.upload_photo(encode_image(image, "JPEG", **options))
    assert gallery.drain() == []
    return upload


def request(gallery: Gallery, upload: dict[str, Any], **more: Any) -> httpx2.Response:
    return gallery.shopper("POST", "generations", gallery.preview_request(upload, **more))


def test_a_wide_photo_on_a_portrait_size_needs_a_crop(gallery: Gallery) -> None:
    """A 3:2 photo on 8 x 10 inches would lose 47 % of its width."""
    size = add_size(gallery, 2400, 3000)
    upload = uploaded(gallery, Image.new("RGB", (1500, 1000), "red"))
    refused = request(gallery, upload, size_id=size, crop=None)
    assert (refused.status_code, refused.json()["code"]) == (422, "CropRequired")
    assert refused.json()["errors"][0]["path"] == "body.crop"
    for crop in (WHOLE, {"left": 0.5, "top": 0, "width": 8 / 15, "height": 1}):
        refused = request(gallery, upload, size_id=size, crop=crop)
        assert (refused.status_code, refused.json()["code"]) == (422, "InvalidCrop")
    crop = {"left": 0.1, "top": 0, "width": 8 / 15, "height": 1}
    response = request(gallery, upload, size_id=size, crop=crop)
    assert response.status_code == 202, response.text
    assert (response.json()["dpi"], response.json()["is_low_resolution"]) == (100, True)
    row = Generation.get(response.json()["id"])
    assert (row.size_id, row.crop, row.original_width, row.original_height) == (size, crop, 800, 1000)
    shown = gallery.merchant("GET", f"generations/{row.id}").json()
    assert (shown["size_id"], shown["crop"], shown["hold_reason"]) == (size, crop, None)


def test_a_photo_of_the_size_s_shape_needs_no_crop(gallery: Gallery) -> None:
    response = request(gallery, uploaded(gallery, Image.new("RGB", (404, 500), "red")), crop=None)
    assert (response.status_code, response.json()["dpi"], response.json()["is_low_resolution"]) == (202, 300, False)
    assert Generation.get(response.json()["id"]).crop == WHOLE


def test_a_preview_under_60_dpi_is_refused(gallery: Gallery) -> None:
    size = add_size(gallery, 2500, 3125)
    refused = request(gallery, gallery.accepted_upload(), size_id=size)
    assert (refused.status_code, refused.json()["code"]) == (422, "ResolutionTooLow")
    assert "57 dpi" in refused.json()["detail"]


def test_several_sizes_need_a_choice_among_the_product_s_active_ones(gallery: Gallery, other_gallery: Gallery) -> None:
    first, second = only_size(gallery), add_size(gallery, 200, 250, print_format="image/png")
    upload = gallery.accepted_upload()
    refused = request(gallery, upload)
    assert (refused.status_code, refused.json()["code"]) == (422, "SizeRequired")
    assert request(gallery, upload, size_id=only_size(other_gallery)).json()["code"] == "SizeNotFound"
    offered = gallery.shopper("GET", "products/8001").json()["sizes"]
    assert {size["id"]: size["print_format"] for size in offered} == {first: "image/jpeg", second: "image/png"}
    assert request(gallery, upload, size_id=second).status_code == 202
    gallery.merchant("DELETE", f"products/{gallery.product}/sizes/{second}")
    assert request(gallery, upload, size_id=second).json()["code"] == "SizeNotFound"
    assert request(gallery, upload).status_code == 202


def test_a_product_without_sizes_needs_neither_size_nor_crop(gallery: Gallery) -> None:
    gallery.merchant("DELETE", f"products/{gallery.product}/sizes/{only_size(gallery)}")
    response = request(gallery, gallery.accepted_upload(), crop=None)
    assert (response.status_code, response.json()["dpi"]) == (202, None)
    row = Generation.get(response.json()["id"])
    assert row.size_id is None
    assert (row.original_width, row.original_height) == (512, 600)


def test_the_size_of_a_photo_is_that_of_the_upright_photo(gallery: Gallery) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    upload = uploaded(gallery, Image.new("RGB", (500, 400), "red"), exif=exif)
    read = gallery.shopper("GET", f"uploads/{upload['id']}").json()
    assert (read["width"], read["height"]) == (400, 500)
    assert request(gallery, upload, crop=None).status_code == 202


@pytest.mark.parametrize("crop", [{"left": -0.1}, {"width": 0}, {"height": "all"}, {"right": 1}])
def test_a_crop_beyond_the_photo_is_refused_with_its_path(gallery: Gallery, crop: dict[str, Any]) -> None:
    response = request(gallery, gallery.accepted_upload(), crop=WHOLE | crop)
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, f"body.crop.{next(iter(crop))}")


def test_a_merchant_changes_the_type_of_a_size_s_prints(gallery: Gallery) -> None:
    path = f"products/{gallery.product}/sizes/{only_size(gallery)}"
    changed = gallery.merchant("PUT", path, {"print_format": "image/png"})
    assert (changed.status_code, changed.json()["print_format"]) == (200, "image/png")
    assert gallery.merchant("PUT", path, {"print_format": "image/gif"}).status_code == 422
