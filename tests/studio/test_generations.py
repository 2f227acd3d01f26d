"""Previews: asked for, made, paid for out of the quota once, whoever races or dies."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.kit import aws, config, messages
from chalicelib.studio.models import AiStyle, Generation, Quota
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.service import previews
from tests.studio.conftest import Drain, Gallery


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
    previews.make(gallery.shop, answer["id"])
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
        list(pool.map(lambda _: previews.make(gallery.shop, answer["id"]), range(4)))
    bucket = config.settings().images_bucket
    made = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"previews/{gallery.shop}/")["KeyCount"]
    assert made == 1
    assert AiStyle.get(gallery.shop, gallery.style).usage_count == 1


def test_a_poison_message_does_not_stop_the_others(gallery: Gallery, drain: Drain) -> None:
    answer = gallery.shopper("POST", "generations", gallery.asked(gallery.accepted())).json()
    url = messages.queue_url("studio-generate")
    poison: list[dict[str, Any]] = [{"Id": "1", "MessageBody": "{}"}, {"Id": "2", "MessageBody": "poison"}]
    aws.client("sqs").send_message_batch(QueueUrl=url, Entries=poison)
    assert sorted(message["Body"] for message in drain()) == ["poison", "{}"]
    assert gallery.shopper("GET", f"generations/{answer['id']}").json()["status"] == "completed"
