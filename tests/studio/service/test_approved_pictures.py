"""A final is made from the unmarked picture of the approved preview, and held if its shape differs."""

from __future__ import annotations

import base64
from decimal import Decimal
from itertools import count
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.image_models import selection
from chalicelib.integrations.image_models.selection import GeneratedImage
from chalicelib.kit import aws, config
from chalicelib.studio.models import Generation, GenerationStatus, UpscaleStatus
from chalicelib.studio.service import finals, generation_worker
from tests.integrations.sample_images import colour_at, encode_image, is_close, open_image
from tests.studio.conftest import VARIANT, Gallery

COLOURS = ((220, 30, 30), (30, 220, 30), (30, 30, 220))


@pytest.fixture
def varying_model(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Use a model that returns another picture at each call; return the requested long sides."""
    calls: list[int] = []
    number = count()

    def make(_photo: bytes, _prompt: str, long_side: int, _parameters: Any) -> GeneratedImage:
        calls.append(long_side)
        picture = Image.new("RGB", (long_side * 4 // 5, long_side), COLOURS[next(number) % 3])
        return GeneratedImage(encode_image(picture), "image/png", *picture.size, model="varying/1")

    monkeypatch.setattr(selection, "choose_model", lambda _: make)
    return calls


def pay(gallery: Gallery, line_property: dict[str, str], **order: Any) -> dict[str, Any]:
    """Pay an order with a line, and return it."""
    paid = gallery.order(line_property, **order)
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", paid).ok
    assert gallery.drain() == []
    return paid


def only_final(gallery: Gallery) -> dict[str, Any]:
    (final,) = gallery.finals()
    return final


def add_size(gallery: Gallery, width: int, height: int, variant: int, **more: Any) -> str:
    body = {"name": "other", "width_px": width, "height_px": height, **more}
    body["shopify_variant_id"] = f"gid://shopify/ProductVariant/{variant}"
    response = gallery.merchant("POST", f"products/{gallery.product}/sizes", body)
    assert response.status_code == 201, response.text
    return str(response.json()["uuid"])


def test_the_print_is_the_approved_picture(gallery: Gallery, varying_model: list[int]) -> None:
    """The model is not deterministic, the photo is posted again after acceptance, and the final is remade."""
    upload = gallery.accepted_upload()
    body = gallery.shopper("POST", "generations", gallery.preview_request(upload)).json()
    assert gallery.drain() == []
    blue = encode_image(Image.new("RGB", (512, 600), "blue"), "JPEG")
    assert httpx2.post(upload["url"], data=upload["fields"], files={"file": blue}).status_code == 201
    assert gallery.drain() == []
    preview = gallery.shopper("GET", f"generations/{body['id']}").json()
    shown = colour_at(httpx2.get(preview["preview_url"]).content, 0.5, 0.5)
    pay(gallery, preview["line_item_property"])
    for _ in range(2):
        final = only_final(gallery)
        assert (final["status"], final["ai_model_used"]) == ("completed", "varying/1")
        assert is_close(colour_at(httpx2.get(final["final_url"]).content, 0.5, 0.5), shown, 6)
        assert gallery.merchant("POST", f"generations/{final['id']}/remake").status_code == 202
        assert gallery.drain() == []
    assert varying_model == [1024]
    counted_bytes, stored_bytes = gallery.storage()
    assert counted_bytes == stored_bytes


def test_the_model_is_called_once_for_the_long_side_of_the_photo(gallery: Gallery, varying_model: list[int]) -> None:
    for width in (400, 1200, 4000):
        upload = gallery.upload_photo(encode_image(Image.new("RGB", (width, width * 5 // 4), "red"), "JPEG"))
        assert gallery.drain() == []
        assert gallery.shopper("POST", "generations", gallery.preview_request(upload)).status_code == 202
        assert gallery.drain() == []
    assert varying_model == [1024, 1500, 2048]


def test_style_and_preview_are_made_from_the_cropped_photo(gallery: Gallery) -> None:
    photo = Image.new("RGB", (1000, 500), "white")
    photo.paste("black", (0, 0, 500, 500))
    upload = gallery.upload_photo(encode_image(photo, "JPEG"))
    assert gallery.drain() == []
    crop = {"left": 0.6, "top": 0, "width": 0.4, "height": 1}
    body = gallery.shopper("POST", "generations", gallery.preview_request(upload, crop=crop)).json()
    assert gallery.drain() == []
    preview = gallery.shopper("GET", f"generations/{body['id']}").json()
    picture = httpx2.get(preview["preview_url"]).content
    assert open_image(picture).size == (819, 1024)
    assert min(colour_at(picture, 0.02, 0.5)) > 200
    pay(gallery, preview["line_item_property"])
    final = only_final(gallery)
    assert (final["upscale_factor"], final["crop"]) == ("1.00", crop)
    row = Generation.get(final["id"])
    assert (row.original_width, row.original_height) == (400, 500)


def test_the_unmarked_picture_is_private_and_the_preview_says_if_it_is_marked(gallery: Gallery) -> None:
    mark = base64.b64encode(encode_image(Image.new("RGBA", (80, 20), "white"))).decode()
    body = {"image": mark, "opacity": "1", "size_percentage": "100", "position": "center"}
    assert gallery.merchant("PUT", "watermark", body).status_code == 200
    preview = gallery.preview()
    row = Generation.get(preview["id"])
    assert preview["is_watermarked"] is True
    assert str(row.unmarked_image_url).rsplit("/", 1)[-1] not in str(gallery.merchant("GET", "generations").json())
    bucket, key = storage.parts(str(row.unmarked_image_url))
    assert httpx2.get(f"{storage.origins(bucket).split()[0]}/{bucket}/{key}").status_code in (403, 404)
    shown = httpx2.get(preview["preview_url"]).content
    assert not is_close(colour_at(storage.get(str(row.unmarked_image_url)), 0.5, 0.5), colour_at(shown, 0.5, 0.5), 4)


def test_a_final_of_another_shape_is_held_until_the_merchant_accepts_the_crop(gallery: Gallery) -> None:
    size = add_size(gallery, 300, 300, VARIANT + 1)
    pay(gallery, gallery.preview_size(None)["line_item_property"], variant=VARIANT + 1)
    held = only_final(gallery)
    assert (held["status"], held["upscale_status"], held["final_url"]) == ("pending", "pending", None)
    assert "100% of its width and 80% of its height" in held["hold_reason"]
    row = Generation.get(held["id"])
    assert [row.open_work, row.lease_until] == [None, None]
    finals.make_final(gallery.shop, held["id"])
    assert only_final(gallery)["status"] == "pending"
    accepted = gallery.merchant("POST", f"generations/{held['id']}/remake")
    assert (accepted.status_code, accepted.json()["hold_reason"]) == (202, None)
    assert gallery.drain() == []
    final = only_final(gallery)
    assert (final["status"], final["final_width"], final["final_height"]) == ("completed", 300, 300)
    path = f"products/{gallery.product}/sizes/{size}"
    assert gallery.merchant("PUT", path, {"width_px": 300, "height_px": 200}).status_code == 200
    assert gallery.merchant("POST", f"generations/{held['id']}/remake").status_code == 202
    assert gallery.drain() == []
    assert only_final(gallery)["hold_reason"], "another size has another crop"


def test_a_held_final_of_a_canceled_order_fails(gallery: Gallery) -> None:
    add_size(gallery, 300, 300, VARIANT + 1)
    order = pay(gallery, gallery.preview_size(None)["line_item_property"], variant=VARIANT + 1)
    canceled = gallery.shopify.cancel_order(gallery.shop, order["id"])
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/cancelled", canceled).ok
    assert gallery.drain() == []
    row = Generation.get(only_final(gallery)["id"])
    assert (row.status, row.upscale_status) == (GenerationStatus.FAILED, UpscaleStatus.FAILED)
    assert [row.error_message, row.hold_reason] == [generation_worker.LINE_CANCELED, None]


def test_a_print_that_is_held_after_its_cancellation_fails_when_it_is_accepted(gallery: Gallery) -> None:
    """Its worker had read the order before."""
    add_size(gallery, 300, 300, VARIANT + 1)
    order = pay(gallery, gallery.preview_size(None)["line_item_property"], variant=VARIANT + 1)
    held = Generation.get(only_final(gallery)["id"])
    canceled = gallery.shopify.cancel_order(gallery.shop, order["id"])
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/cancelled", canceled).ok
    assert gallery.drain() == []
    held.save()
    assert gallery.merchant("POST", f"generations/{held.id}/remake").json()["code"] == "FinalCanceled"
    row = Generation.get(held.id)
    assert [row.status, row.error_message, row.hold_reason] == ["failed", generation_worker.LINE_CANCELED, None]


def test_a_size_can_ask_for_png_prints(gallery: Gallery) -> None:
    size = add_size(gallery, 80, 100, VARIANT + 1, print_format="image/png")
    pay(gallery, gallery.preview_size(size)["line_item_property"], variant=VARIANT + 1)
    final = only_final(gallery)
    response = httpx2.get(final["final_download_url"])
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"].endswith('.png"')
    image = open_image(response.content)
    assert (image.format, image.size, final["upscale_factor"]) == ("PNG", (80, 100), "0.17")
    bucket = config.settings().images_bucket
    listing = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"finals/{gallery.shop}/")["Contents"]
    assert [f"s3://{bucket}/{each['Key']}" for each in listing] == [Generation.get(final["id"]).final_image_url]


def test_an_upscaling_model_gets_the_picture_and_the_long_side_of_the_print(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = add_size(gallery, 2560, 3200, VARIANT + 1)
    larger = add_size(gallery, 3200, 4000, VARIANT + 2)
    asked: list[tuple[bytes, int]] = []

    def upscale(picture: bytes, _prompt: str, long_side: int) -> GeneratedImage:
        asked.append((picture, long_side))
        return GeneratedImage(picture, "image/jpeg", 819, 1024, model="enlarger/1")

    monkeypatch.setattr(selection, "choose_upscaler", lambda _: upscale)
    photo = encode_image(Image.new("RGB", (1200, 1500), "red"), "JPEG")
    preview = gallery.preview_size(size, photo)
    pay(gallery, preview["line_item_property"], variant=VARIANT + 1)
    assert only_final(gallery)["ai_model_used"] == "local/pencil + enlarger/1"
    assert Decimal(only_final(gallery)["upscale_factor"]) == Decimal("2.13")
    picture = storage.get(str(Generation.get(preview["id"]).unmarked_image_url))
    pay(gallery, gallery.preview_size(larger, photo)["line_item_property"], variant=VARIANT + 2)
    assert [long_side for _, long_side in asked] == [3200, 3200]
    assert asked[0][0] == picture


def test_a_final_without_its_unmarked_picture_fails_with_a_reason(gallery: Gallery) -> None:
    preview = gallery.preview()
    storage.delete(str(Generation.get(preview["id"]).unmarked_image_url))
    pay(gallery, preview["line_item_property"])
    final = only_final(gallery)
    assert (final["status"], final["error_message"]) == ("failed", finals.PREVIEW_MISSING)
