"""Previews: asked for, made, paid for out of the quota once, whoever races or dies."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.image_models.failures import StyleUnusable
from chalicelib.kit import aws, clock, config, messages
from chalicelib.studio.models import AiStyle, Generation, GenerationStatus, Quota, Watermark
from chalicelib.studio.repository import generations
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.service import previews
from tests.integrations.pictures import encoded
from tests.patience import LIMIT
from tests.studio.conftest import CUSTOMER, Drain, Gallery


def _limits(gallery: Gallery, **limits: int) -> None:
    Quota(gallery.shop).update([getattr(Quota, name).set(value) for name, value in limits.items()])


def test_a_preview_is_made_with_its_facts_and_without_metadata(gallery: Gallery) -> None:
    read = gallery.preview()
    picture = httpx.get(read["preview_url"]).content
    with Image.open(io.BytesIO(picture)) as opened:
        assert max(opened.size) == 1024
        assert opened.format == "JPEG"
        assert not opened.getexif()
    row = Generation.get(read["id"])
    assert row.ai_prompt_used == "Pencil of Portrait:"
    assert row.ai_model_used == "local/pencil"
    assert row.processing_time_ms > 0
    assert row.open_work is None
    assert AiStyle.get(gallery.shop, gallery.style).usage_count == 1
    quota = gallery.quota()
    assert (quota["current_generations"], quota["total_generations"], quota["generations_at_work"]) == (1, 1, 0)
    stored = Decimal(quota["current_storage_mb"]) * 1_000_000
    photo = storage.size(row.input_image_url) or 0
    assert stored == photo + len(picture)


def test_a_shopper_s_words_reach_the_prompt_made_harmless(gallery: Gallery) -> None:
    upload = gallery.accepted()
    answer = gallery.shopper("POST", "generations", gallery.asked(upload, text="warm\nlight {style}"))
    assert Generation.get(answer.json()["id"]).ai_prompt_used == "Pencil of Portrait: warm light style"


def test_the_same_key_gives_the_same_preview(gallery: Gallery) -> None:
    asked = gallery.asked(gallery.accepted())
    first = gallery.shopper("POST", "generations", asked, key="k")
    assert gallery.shopper("POST", "generations", asked, key="k").json() == first.json()
    assert gallery.shopper("POST", "generations", asked | {"text": "x"}, key="k").status_code == 409
    assert gallery.quota()["current_generations"] == 1


@pytest.mark.parametrize("what", ["product", "style", "link"])
def test_what_is_not_offered_cannot_be_asked_for(gallery: Gallery, what: str) -> None:
    upload = gallery.accepted()
    if what == "product":
        gallery.merchant("PUT", f"products/{gallery.product}", {"is_enabled": False})
    elif what == "style":
        gallery.merchant("DELETE", f"styles/{gallery.style}")
    else:
        gallery.merchant("PUT", f"products/{gallery.product}/styles/{gallery.style}", {"is_enabled": False})
    answer = gallery.shopper("POST", "generations", gallery.asked(upload))
    assert (answer.status_code, answer.json()["code"]) == (409, "NotOffered")


def test_another_shop_s_ids_lead_nowhere(gallery: Gallery, another: Gallery) -> None:
    upload, read = gallery.accepted(), gallery.preview()
    assert another.shopper("GET", f"generations/{read['id']}").status_code == 404
    assert another.merchant("GET", f"generations/{read['id']}").status_code == 404
    theirs = gallery.asked(upload) | {"product_id": another.product, "style_id": another.style}
    assert another.shopper("POST", "generations", theirs).json()["code"] == "UploadNotFound"
    assert another.shopper("POST", "generations", gallery.asked(upload)).json()["code"] == "NotOffered"


def test_another_customer_does_not_see_it(gallery: Gallery) -> None:
    read = gallery.preview()
    for customer in (1, None):
        assert gallery.shopper("GET", f"generations/{read['id']}", customer=customer).status_code == 404


@pytest.mark.parametrize(
    ("limits", "code", "free"),
    [
        ({"max_concurrent_generations": 3}, "TooManyGenerations", 3),
        ({"max_concurrent_generations": 50, "monthly_generation_limit": 4}, "QuotaExceeded", 4),
        ({"max_concurrent_generations": 1}, "TooManyGenerations", 1),
    ],
)
def test_twenty_race_for_the_last_slots(gallery: Gallery, limits: dict[str, int], code: str, free: int) -> None:
    upload = gallery.accepted()
    _limits(gallery, **limits)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: gallery.shopper("POST", "generations", gallery.asked(upload)), range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] * free + [429] * (20 - free)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 429} == {code}
    quota = gallery.quota()
    assert (quota["current_generations"], quota["generations_at_work"]) == (free, free)
    assert Generation.by_shop.count(gallery.shop) == free
    assert gallery.drain() == []
    assert gallery.quota()["generations_at_work"] == 0


def test_a_photo_that_went_away_fails_it_and_gives_the_quota_back_once(gallery: Gallery) -> None:
    answer = gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).json()
    storage.delete(Generation.get(answer["id"]).input_image_url)
    assert gallery.drain() == []
    read = gallery.shopper("GET", f"generations/{answer['id']}").json()
    assert (read["status"], read["preview_url"]) == ("failed", None)
    assert read["error_message"]
    previews.make_preview(gallery.shop, answer["id"])
    assert gallery.quota()["current_generations"] == 0


def test_a_message_that_comes_again_changes_nothing(gallery: Gallery) -> None:
    read = gallery.preview()
    before = Generation.get(read["id"]).serialize()
    for _ in range(3):
        messages.publish(GenerationRequested(shop=gallery.shop, generation_id=read["id"]))
    assert gallery.drain() == []
    assert Generation.get(read["id"]).serialize() == before
    assert gallery.quota()["current_generations"] == 1


def test_parallel_workers_make_one_preview(gallery: Gallery) -> None:
    answer = gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).json()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: previews.make_preview(gallery.shop, answer["id"]), range(4)))
    bucket = config.settings().images_bucket
    made = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"previews/{gallery.shop}/")["KeyCount"]
    assert made == 1
    assert AiStyle.get(gallery.shop, gallery.style).usage_count == 1


def test_a_poison_message_does_not_stop_the_others(gallery: Gallery, drain: Drain) -> None:
    answer = gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).json()
    url = messages.queue_url("studio-generate_preview")
    poison: list[dict[str, Any]] = [{"Id": "1", "MessageBody": "{}"}, {"Id": "2", "MessageBody": "poison"}]
    aws.client("sqs").send_message_batch(QueueUrl=url, Entries=poison)
    assert sorted(message["Body"] for message in drain()) == ["poison", "{}"]
    assert gallery.shopper("GET", f"generations/{answer['id']}").json()["status"] == "completed"


def test_a_style_s_parameters_reach_the_model(gallery: Gallery) -> None:
    gallery.merchant("PUT", f"styles/{gallery.style}", {"parameters": {"style": "oil"}})
    row = Generation.get(gallery.preview()["id"])
    assert (row.ai_model_used, row.generation_params) == ("local/oil", {"style": "oil"})


def test_a_style_that_the_model_does_not_know_fails_at_once(gallery: Gallery) -> None:
    gallery.merchant("PUT", f"styles/{gallery.style}", {"parameters": {"style": "crayon"}})
    answer = gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).json()
    assert gallery.drain() == []
    row = Generation.get(answer["id"])
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, StyleUnusable.reason)
    assert gallery.quota()["current_generations"] == 0


def test_the_poll_url_is_under_the_path_that_the_merchant_gave_the_proxy(gallery: Gallery) -> None:
    asked = gallery.asked(gallery.accepted())
    url = gallery.shopify.proxy_url(
        "studio", gallery.shop, "generations", customer_id=CUSTOMER, path_prefix="/a/portraits"
    )
    answer = gallery.api.post(url, json=asked).json()
    assert answer["poll_url"] == f"/a/portraits/generations/{answer['id']}"


def test_a_picture_is_shown_once_it_is_completed(gallery: Gallery) -> None:
    answer = gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).json()
    generations.start_attempt(Generation.get(answer["id"]), clock.now(), "s3://bucket/previews/x")
    read = gallery.merchant("GET", f"generations/{answer['id']}").json()
    assert (read["status"], read["preview_url"]) == ("processing", None)


def test_a_watermark_without_its_picture_is_not_the_photo_s_fault(gallery: Gallery) -> None:
    image = base64.b64encode(encoded(Image.new("RGBA", (80, 20), "white"))).decode()
    assert gallery.merchant("PUT", "watermark", {"image": image}).status_code == 200
    answer = gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).json()
    mark = Watermark.get(gallery.shop)
    picture = storage.get(mark.image_url)
    storage.delete(mark.image_url)
    assert len(gallery.drain()) == 1
    assert Generation.get(answer["id"]).open_work
    storage.put(mark.image_url, picture, "image/png")
    previews.make_preview(gallery.shop, answer["id"])
    assert Generation.get(answer["id"]).status is GenerationStatus.COMPLETED


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


def test_two_processes_race_for_the_last_place_of_the_month(gallery: Gallery) -> None:
    asked = json.dumps(gallery.asked(gallery.accepted()))
    Quota(gallery.shop).update([Quota.monthly_generation_limit.set(1)])
    command = [sys.executable, "-c", RACE, gallery.shop, f"gid://shopify/Customer/{CUSTOMER}", asked]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as other:
        both = (one, other)
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in both:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = sorted(process.communicate(timeout=LIMIT)[0].strip() for process in both)
    assert said == ["QuotaExceeded", "reserved"]
    assert gallery.quota()["current_generations"] == 1
