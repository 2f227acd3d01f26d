"""Previews: requested, generated, and charged to the quota once despite races and crashes."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.image_models.failures import StyleUnusable
from chalicelib.kit import aws, clock, config, messages
from chalicelib.studio.models import AiStyle, Generation, GenerationStatus, Quota, Watermark
from chalicelib.studio.repository import generations
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.service import previews
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import CUSTOMER, Drain, Gallery
from tests.timeouts import LIMIT


def _limits(gallery: Gallery, **limits: int) -> None:
    Quota(gallery.shop).update([getattr(Quota, name).set(value) for name, value in limits.items()])


def test_a_preview_has_its_columns_and_no_metadata(gallery: Gallery) -> None:
    preview = gallery.preview()
    picture = httpx2.get(preview["preview_url"]).content
    with Image.open(io.BytesIO(picture)) as image:
        assert max(image.size) == 1024
        assert image.format == "JPEG"
        assert not image.getexif()
    row = Generation.get(preview["id"])
    assert row.ai_prompt_used == "Pencil of Portrait:"
    assert row.ai_model_used == "local/pencil"
    assert row.processing_time_ms > 0
    assert row.open_work is None
    assert AiStyle.get(gallery.shop, gallery.style).usage_count == 1
    quota = gallery.quota()
    assert (quota["current_generations"], quota["total_generations"], quota["generations_at_work"]) == (1, 1, 0)
    stored_bytes = Decimal(quota["current_storage_mb"]) * 1_000_000
    photo = storage.size(row.input_image_url) or 0
    unmarked = storage.get(str(row.unmarked_image_url))
    assert stored_bytes == photo + len(picture) + len(unmarked)
    assert preview["is_watermarked"] is False
    assert (row.original_width, row.original_height) == (480, 600)


def test_the_text_of_a_shopper_is_sanitized_in_the_prompt(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    response = gallery.shopper("POST", "generations", gallery.preview_request(upload, text="warm\nlight {style}"))
    assert Generation.get(response.json()["id"]).ai_prompt_used == "Pencil of Portrait: warm light style"


def test_one_key_creates_one_preview(gallery: Gallery) -> None:
    body = gallery.preview_request(gallery.accepted_upload())
    first = gallery.shopper("POST", "generations", body, key="k")
    assert gallery.shopper("POST", "generations", body, key="k").json() == first.json()
    assert gallery.shopper("POST", "generations", body | {"text": "x"}, key="k").status_code == 409
    assert gallery.quota()["current_generations"] == 1


@pytest.mark.parametrize("field", ["product", "style", "link"])
def test_an_unavailable_product_or_style_is_refused(gallery: Gallery, field: str) -> None:
    upload = gallery.accepted_upload()
    if field == "product":
        gallery.merchant("PUT", f"products/{gallery.product}", {"is_enabled": False})
    elif field == "style":
        gallery.merchant("DELETE", f"styles/{gallery.style}")
    else:
        gallery.merchant("PUT", f"products/{gallery.product}/styles/{gallery.style}", {"is_enabled": False})
    response = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert (response.status_code, response.json()["code"]) == (409, "NotOffered")


def test_ids_of_another_shop_are_not_found(gallery: Gallery, other_gallery: Gallery) -> None:
    upload, preview = gallery.accepted_upload(), gallery.preview()
    assert other_gallery.shopper("GET", f"generations/{preview['id']}").status_code == 404
    assert other_gallery.merchant("GET", f"generations/{preview['id']}").status_code == 404
    foreign_body = gallery.preview_request(upload) | {
        "product_id": other_gallery.product,
        "style_id": other_gallery.style,
    }
    assert other_gallery.shopper("POST", "generations", foreign_body).json()["code"] == "UploadNotFound"
    assert other_gallery.shopper("POST", "generations", gallery.preview_request(upload)).json()["code"] == "NotOffered"


def test_another_customer_cannot_read_a_preview(gallery: Gallery) -> None:
    preview = gallery.preview()
    for customer in (1, None):
        assert gallery.shopper("GET", f"generations/{preview['id']}", customer=customer).status_code == 404


@pytest.mark.parametrize(
    ("limits", "code", "free"),
    [
        ({"max_concurrent_generations": 3}, "TooManyGenerations", 3),
        ({"max_concurrent_generations": 50, "monthly_generation_limit": 4}, "QuotaExceeded", 4),
        ({"max_concurrent_generations": 1}, "TooManyGenerations", 1),
    ],
)
def test_concurrent_requests_do_not_exceed_the_slots(
    gallery: Gallery, limits: dict[str, int], code: str, free: int
) -> None:
    upload = gallery.accepted_upload()
    _limits(gallery, **limits)
    with ThreadPoolExecutor(20) as pool:
        responses = list(
            pool.map(lambda _: gallery.shopper("POST", "generations", gallery.preview_request(upload)), range(20))
        )
    assert sorted(response.status_code for response in responses) == [202] * free + [429] * (20 - free)
    assert {response.json()["code"] for response in responses if response.status_code == 429} == {code}
    quota = gallery.quota()
    assert (quota["current_generations"], quota["generations_at_work"]) == (free, free)
    assert Generation.by_shop.count(gallery.shop) == free
    assert gallery.drain() == []
    assert gallery.quota()["generations_at_work"] == 0


def test_a_missing_photo_fails_the_preview_and_refunds_the_quota_once(gallery: Gallery) -> None:
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload())).json()
    storage.delete(Generation.get(response["id"]).input_image_url)
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"generations/{response['id']}").json()
    assert (body["status"], body["preview_url"]) == ("failed", None)
    assert body["error_message"]
    previews.make_preview(gallery.shop, response["id"])
    assert gallery.quota()["current_generations"] == 0


def test_a_redelivered_message_changes_nothing(gallery: Gallery) -> None:
    preview = gallery.preview()
    before = Generation.get(preview["id"]).serialize()
    for _ in range(3):
        messages.publish(GenerationRequested(shop=gallery.shop, generation_id=preview["id"]))
    assert gallery.drain() == []
    assert Generation.get(preview["id"]).serialize() == before
    assert gallery.quota()["current_generations"] == 1


def test_concurrent_workers_make_one_preview(gallery: Gallery) -> None:
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload())).json()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: previews.make_preview(gallery.shop, response["id"]), range(4)))
    bucket = config.settings().images_bucket
    listing = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"previews/{gallery.shop}/")["KeyCount"]
    assert listing == 1
    assert AiStyle.get(gallery.shop, gallery.style).usage_count == 1


def test_a_poison_message_does_not_stop_the_others(gallery: Gallery, drain: Drain) -> None:
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload())).json()
    url = messages.queue_url("studio-generate_preview")
    poison: list[dict[str, Any]] = [{"Id": "1", "MessageBody": "{}"}, {"Id": "2", "MessageBody": "poison"}]
    aws.client("sqs").send_message_batch(QueueUrl=url, Entries=poison)
    assert sorted(message["Body"] for message in drain()) == ["poison", "{}"]
    assert gallery.shopper("GET", f"generations/{response['id']}").json()["status"] == "completed"


def test_a_style_s_parameters_reach_the_model(gallery: Gallery) -> None:
    gallery.merchant("PUT", f"styles/{gallery.style}", {"parameters": {"style": "oil"}})
    row = Generation.get(gallery.preview()["id"])
    assert (row.ai_model_used, row.generation_params) == ("local/oil", {"style": "oil"})


def test_an_unknown_model_style_fails_at_once(gallery: Gallery) -> None:
    gallery.merchant("PUT", f"styles/{gallery.style}", {"parameters": {"style": "crayon"}})
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload())).json()
    assert gallery.drain() == []
    row = Generation.get(response["id"])
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, StyleUnusable.reason)
    assert gallery.quota()["current_generations"] == 0


def test_the_poll_url_has_the_proxy_path_of_the_shop(gallery: Gallery) -> None:
    body = gallery.preview_request(gallery.accepted_upload())
    url = gallery.shopify.proxy_url(
        "studio", gallery.shop, "generations", customer_id=CUSTOMER, path_prefix="/a/portraits"
    )
    response = gallery.api.post(url, json=body).json()
    assert response["poll_url"] == f"/a/portraits/generations/{response['id']}"


def test_an_image_url_is_returned_after_completion(gallery: Gallery) -> None:
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload())).json()
    generations.start_attempt(Generation.get(response["id"]), clock.now(), "s3://bucket/previews/x")
    body = gallery.merchant("GET", f"generations/{response['id']}").json()
    assert (body["status"], body["preview_url"]) == ("processing", None)


def test_a_missing_watermark_image_does_not_reject_the_photo(gallery: Gallery) -> None:
    image = base64.b64encode(encode_image(Image.new("RGBA", (80, 20), "white"))).decode()
    assert gallery.merchant("PUT", "watermark", {"image": image}).status_code == 200
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload())).json()
    mark = Watermark.get(gallery.shop)
    picture = storage.get(mark.image_url)
    storage.delete(mark.image_url)
    assert len(gallery.drain()) == 1
    assert Generation.get(response["id"]).open_work
    storage.put(mark.image_url, picture, "image/png")
    previews.make_preview(gallery.shop, response["id"])
    assert Generation.get(response["id"]).status is GenerationStatus.COMPLETED


RACE = """
import sys
from chalicelib.kit.errors import TooManyRequests
from chalicelib.shops.service import Shopper
from chalicelib.studio.schemas.shopper import GenerationCreate
from chalicelib.studio.service import generations

shopper = Shopper(sys.argv[1], "studio", sys.argv[2])
asked = GenerationCreate.model_validate_json(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
try:
    generations.request_preview(shopper, asked, "", None)
    print("reserved")
except TooManyRequests as problem:
    print(problem.code)
"""


def test_two_processes_do_not_exceed_the_monthly_quota(gallery: Gallery) -> None:
    body = json.dumps(gallery.preview_request(gallery.accepted_upload()))
    Quota(gallery.shop).update([Quota.monthly_generation_limit.set(1)])
    command = [sys.executable, "-c", RACE, gallery.shop, f"gid://shopify/Customer/{CUSTOMER}", body]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as other:
        processes = (one, other)
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        outcomes = sorted(process.communicate(timeout=LIMIT)[0].strip() for process in processes)
    assert outcomes == ["QuotaExceeded", "reserved"]
    assert gallery.quota()["current_generations"] == 1
