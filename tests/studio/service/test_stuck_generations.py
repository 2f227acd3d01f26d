"""Workers crash during a generation: the work is completed and no slot stays reserved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pynamodb.expressions.update import Action

from chalicelib.integrations import storage
from chalicelib.kit import aws, clock, config
from chalicelib.studio.models import Generation, GenerationStatus
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generations import GenerationEnded
from chalicelib.studio.service import generation_worker, previews, stuck_generations
from chalicelib.studio.service.generations import START_LEASE
from chalicelib.studio.service.stuck_generations import MAX_DEATHS
from infra.deploy import handlers
from infra.local import delivery
from infra.local.worker import HandlerFailed, Worker
from tests.studio.conftest import Gallery
from tests.timeouts import LIMIT


@pytest.fixture
def worker() -> Iterator[Worker]:
    generate = next(consumer for consumer in handlers.consumers() if consumer.name == "studio-generate_preview")
    running = Worker(replace(generate, entry="tests.shops.crashing_handlers.studio_generate_preview", timeout=LIMIT))
    yield running
    running.stop()


def _request_preview(gallery: Gallery) -> str:
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload()))
    assert response.status_code == 202
    return str(response.json()["id"])


def _kill_before_storing(worker: Worker, generation: str) -> None:
    """Deliver the message to the worker, which is killed before it stores the image."""
    generate = next(consumer for consumer in handlers.consumers() if consumer.name == "studio-generate_preview")
    batch = delivery.receive(generate)
    assert len(batch) == 1
    with pytest.raises(HandlerFailed, match="died"):
        worker.invoke(delivery.event_of(generate, batch) | {"dies_at": [1, "before-call", "PutObject"]})
    assert Generation.get(generation).status is GenerationStatus.PROCESSING


def test_a_killed_worker_loses_no_preview(gallery: Gallery, worker: Worker) -> None:
    generation = _request_preview(gallery)
    _kill_before_storing(worker, generation)
    assert gallery.quota()["generations_at_work"] == 1
    stuck_generations.recover_generations(clock.now())
    assert gallery.drain() == []
    assert Generation.get(generation).status is GenerationStatus.PROCESSING, "the lease is not expired"
    stuck_generations.recover_generations(clock.now() + generation_worker.WORKER_LEASE + timedelta(seconds=1))
    assert gallery.drain() == []
    row = Generation.get(generation)
    assert (row.status, row.attempts) == (GenerationStatus.COMPLETED, 2)
    quota = gallery.quota()
    assert (quota["current_generations"], quota["generations_at_work"]) == (1, 0)


def test_a_preview_that_kills_every_worker_fails_and_is_refunded(gallery: Gallery) -> None:
    generation = _request_preview(gallery)
    later = clock.now() + generation_worker.WORKER_LEASE + START_LEASE
    actions: list[Action] = [
        Generation.status.set(GenerationStatus.PROCESSING),
        Generation.deaths.set(MAX_DEATHS - 1),
        Generation.lease_until.set(clock.now()),
    ]
    Generation(generation).update(actions)
    stuck_generations.recover_generations(later)
    stuck_generations.recover_generations(later)
    row = Generation.get(generation)
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, stuck_generations.PREVIEW_ABANDONED)
    quota = gallery.quota()
    assert (quota["current_generations"], quota["generations_at_work"]) == (0, 0)
    assert gallery.drain() == []
    assert Generation.get(generation).status is GenerationStatus.FAILED


def test_a_preview_with_a_lost_message_is_queued_again(gallery: Gallery) -> None:
    generation = _request_preview(gallery)
    generate = next(consumer for consumer in handlers.consumers() if consumer.name == "studio-generate_preview")
    delivery.deliver(generate, delivery.receive(generate), lambda *_: {})  # received from the queue, not processed
    stuck_generations.recover_generations(clock.now())
    assert gallery.drain() == []
    assert Generation.get(generation).status is GenerationStatus.PENDING
    stuck_generations.recover_generations(clock.now() + START_LEASE + timedelta(seconds=1))
    assert gallery.drain() == []
    assert Generation.get(generation).status is GenerationStatus.COMPLETED


def test_a_final_with_an_expired_lease_is_made(gallery: Gallery) -> None:
    gallery.shopify.deliver(
        "studio", gallery.shop, "orders/paid", gallery.order(gallery.preview()["line_item_property"])
    )
    fulfil = next(consumer for consumer in handlers.consumers() if consumer.name == "studio-apply_order_change")
    printing = next(consumer for consumer in handlers.consumers() if consumer.name == "studio-make_final")
    handler = handlers.chalice_app().handler_map
    delivery.deliver(fulfil, delivery.receive(fulfil), lambda consumer, event: handler[consumer.name](event, None))
    delivery.deliver(printing, delivery.receive(printing), lambda *_: {})
    assert gallery.finals()[0]["status"] == "pending"
    stuck_generations.recover_generations(clock.now() + START_LEASE + timedelta(seconds=1))
    assert gallery.drain() == []
    assert gallery.finals()[0]["status"] == "completed"


def test_a_temporary_failure_releases_the_lease(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    generation = _request_preview(gallery)
    monkeypatch.setenv("IMAGE_MODEL", "nonsense")
    config.forget_settings()
    assert len(gallery.drain()) == 1
    row = Generation.get(generation)
    assert row.status is GenerationStatus.PENDING
    stuck_generations.recover_generations(clock.now() + timedelta(minutes=2))
    assert gallery.drain() == [], "only the queue redelivers it"
    monkeypatch.delenv("IMAGE_MODEL")
    config.forget_settings()
    previews.make_preview(gallery.shop, generation)
    assert Generation.get(generation).status is GenerationStatus.COMPLETED


def test_a_worker_killed_after_storing_leaves_one_image(gallery: Gallery) -> None:
    generation, bucket = _request_preview(gallery), config.settings().images_bucket
    row = Generation.get(generation)
    generations.start_attempt(row, clock.now(), storage.address(bucket, f"previews/{gallery.shop}/first.jpg"))
    storage.put(row.preview_image_url, b"and then it died", "image/jpeg")
    gallery.drain()
    stuck_generations.recover_generations(clock.now() + START_LEASE)
    assert gallery.drain() == []
    assert Generation.get(generation).status is GenerationStatus.COMPLETED
    listing = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"previews/{gallery.shop}/")
    assert [stored_object["Key"] for stored_object in listing["Contents"]] == [f"previews/{gallery.shop}/first.jpg"]
    assert listing["Contents"][0]["Size"] > 1000


def test_a_generation_that_ends_during_recovery_takes_no_slot(gallery: Gallery) -> None:
    row = Generation.get(_request_preview(gallery))
    assert gallery.drain() == []
    with pytest.raises(GenerationEnded):
        generations.requeue_work(row, clock.now(), clock.now() + timedelta(minutes=10))
    assert gallery.quota()["generations_at_work"] == 0


def test_an_unprocessed_preview_fails_within_an_hour(gallery: Gallery) -> None:
    generation = _request_preview(gallery)
    stuck_generations.recover_generations(clock.now() + stuck_generations.PREVIEW_LIFETIME + timedelta(seconds=1))
    assert Generation.get(generation).status is GenerationStatus.FAILED
    quota = gallery.quota()
    assert (quota["current_generations"], quota["generations_at_work"]) == (0, 0)
    assert gallery.drain() == []
    assert Generation.get(generation).status is GenerationStatus.FAILED
