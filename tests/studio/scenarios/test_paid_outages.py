"""A paid final survives every outage: it is retried for days and made once; only a refusal fails it.

Only finals of previews of the previous version call the model; later previews have an unmarked picture.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from chalicelib.integrations.image_models import selection
from chalicelib.integrations.image_models.failures import ContentRefused
from chalicelib.integrations.image_models.selection import GeneratedImage
from chalicelib.kit import aws, clock, config
from chalicelib.studio.domain.retry_schedule import MAX_DELAY
from chalicelib.studio.models import Generation, GenerationStatus, UpscaleStatus
from chalicelib.studio.repository import generations
from chalicelib.studio.service import finals, generation_worker, stuck_generations
from infra.deploy import handlers
from infra.local import delivery
from infra.sandbox.image_provider import SANDBOX_TOKEN, SANDBOX_WEBHOOK_SECRET, ImageProviderSandbox
from tests.integrations.sample_images import encode_image
from tests.shops.conftest import forget_messages, message_counts
from tests.studio.conftest import Gallery

PICTURE = encode_image(Image.new("RGB", (1024, 1280), (200, 30, 30)))


@dataclass
class ManualClock:
    """Our clock, advanced by the test."""

    now: datetime

    def advance(self, span: timedelta) -> None:
        """Advance the clock, then run the schedule and the queues."""
        self.now += span
        stuck_generations.recover_generations(self.now)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImageProviderSandbox]:
    with ImageProviderSandbox() as running:
        monkeypatch.setenv("IMAGE_HTTP_URL", running.url)
        monkeypatch.setenv("IMAGE_HTTP_TOKEN", SANDBOX_TOKEN)
        monkeypatch.setenv("IMAGE_HTTP_SECRET", SANDBOX_WEBHOOK_SECRET)
        yield running


@pytest.fixture
def use_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def choose(name: str) -> None:
        monkeypatch.setenv("IMAGE_MODEL", name)
        config.forget_settings()

    yield choose
    monkeypatch.undo()
    config.forget_settings()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Use a clock that the test advances."""
    result = ManualClock(clock.now())
    monkeypatch.setattr(clock, "now", lambda: result.now)
    return result


@pytest.fixture
def final(gallery: Gallery, time: ManualClock) -> str:
    """A paid final that no worker has started."""
    order = gallery.order(gallery.preview()["line_item_property"])
    gallery.forget_pictures()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    time.now += timedelta(seconds=1)
    fulfil = next(each for each in handlers.consumers() if each.name == "studio-apply_order_change")
    handler = handlers.chalice_app().handler_map[fulfil.name]
    assert delivery.deliver(fulfil, delivery.receive(fulfil), lambda _, event: handler(event, None)) == []
    (row,) = [each for each in Generation.scan() if each.order_id]
    return str(row.id)


def assert_pending(final: str, reason: str = generation_worker.IMAGE_SERVICE_DOWN) -> Generation:
    row = Generation.get(final, consistent_read=True)
    assert (row.status, row.upscale_status) == (GenerationStatus.PENDING, UpscaleStatus.PENDING)
    assert (row.error_message, row.open_work) == (reason, "final")
    assert row.next_attempt_at == row.lease_until
    return row


def assert_completed_once(gallery: Gallery, final: str) -> Generation:
    row = Generation.get(final, consistent_read=True)
    assert (row.status, row.upscale_status) == (GenerationStatus.COMPLETED, UpscaleStatus.COMPLETED)
    assert [row.error_message, row.next_attempt_at, row.open_work] == [None] * 3
    bucket = config.settings().images_bucket
    listing = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"finals/{gallery.shop}/")["Contents"]
    assert [f"s3://{bucket}/{each['Key']}" for each in listing] == [row.final_image_url]
    assert [each.id for each in Generation.scan() if each.order_id] == [final]
    return row


def finish_newest_job(gallery: Gallery, provider: ImageProviderSandbox, time: ManualClock) -> str:
    """Finish the newest job with an image, and call back."""
    job = list(provider.jobs)[-1]
    provider.finish(job, PICTURE)
    assert provider.call_back(job, at=time.now.timestamp()).answer == '{"status":"heard"}'
    assert gallery.drain() == []
    return job


def test_a_final_survives_three_days_of_provider_outage(
    gallery: Gallery, provider: ImageProviderSandbox, use_model: Callable[[str], None], final: str, time: ManualClock
) -> None:
    """Attempts have growing delays; the final is made once."""
    use_model("http")
    provider.outage = (503, b"<h1>Service Unavailable</h1>")
    outage_start, gaps = time.now, []
    assert gallery.drain() == []
    while time.now - outage_start < timedelta(days=3):
        row = assert_pending(final)
        assert row.next_attempt_at is not None
        gaps.append(row.next_attempt_at - time.now)
        stuck_generations.recover_generations(row.next_attempt_at - timedelta(seconds=1))
        assert message_counts("studio-make_final") == (0, 0), "no attempt before its due time"
        time.advance(gaps[-1] + timedelta(seconds=1))
        assert gallery.drain() == []
    assert gaps == sorted(gaps)
    assert gaps[0] <= timedelta(minutes=1)
    assert timedelta(hours=3) <= gaps[-1] <= MAX_DELAY
    assert Generation.get(final).retries == len(gaps) + 1 >= 20
    provider.outage = None
    time.advance(MAX_DELAY + timedelta(seconds=1))
    assert gallery.drain() == []
    assert Generation.get(final).awaits
    finish_newest_job(gallery, provider, time)
    row = assert_completed_once(gallery, final)
    assert len(provider.jobs) == 1
    counted_bytes, stored_bytes = gallery.storage()
    assert counted_bytes == stored_bytes
    time.advance(timedelta(days=1))
    assert gallery.drain() == []
    assert Generation.get(final).attempts == row.attempts


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b'{"error": "refused"}'),
        (403, b"<h1>Forbidden: refused</h1>"),
        (429, b"{}"),
        (500, b""),
        (400, b'{"error": "refused"}'),
        (404, b"{}"),
        (200, b"not JSON"),
        (200, b'{"id": 5}'),
    ],
)
def test_only_a_refusal_fails_a_final(
    gallery: Gallery,
    provider: ImageProviderSandbox,
    use_model: Callable[[str], None],
    final: str,
    time: ManualClock,
    status: int,
    body: bytes,
) -> None:
    use_model("http")
    provider.outage = (status, body)
    assert gallery.drain() == []
    for _ in range(generation_worker.MAX_ATTEMPTS + 1):
        assert_pending(final)
        time.advance(MAX_DELAY)
        assert gallery.drain() == []
    provider.outage = None
    time.advance(MAX_DELAY)
    assert gallery.drain() == []
    job = list(provider.jobs)[-1]
    provider.outage = (status, body)  # the provider loses the job and recovers
    provider.call_back(job, at=time.now.timestamp())
    assert gallery.drain() == []
    assert_pending(final)
    provider.outage = None
    time.advance(MAX_DELAY)
    assert gallery.drain() == []
    assert Generation.get(final).awaits
    finish_newest_job(gallery, provider, time)
    assert_completed_once(gallery, final)


def test_a_refusal_of_the_image_fails_a_final(
    gallery: Gallery, provider: ImageProviderSandbox, use_model: Callable[[str], None], final: str
) -> None:
    use_model("http")
    provider.refuse_next = (422, {"error": "refused"})
    assert gallery.drain() == []
    row = Generation.get(final)
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, ContentRefused.reason)
    assert [row.next_attempt_at, row.open_work] == [None, None]


@pytest.mark.parametrize("end", ["failed", "lost", "no_picture", "never"])
def test_a_job_without_an_image_is_replaced(
    gallery: Gallery,
    provider: ImageProviderSandbox,
    use_model: Callable[[str], None],
    final: str,
    time: ManualClock,
    end: str,
) -> None:
    use_model("http")
    assert gallery.drain() == []
    (first,) = provider.jobs
    reference = provider.jobs[first]["reference"]
    if end == "failed":
        provider.end(first, "failed", "GPU lost")
    elif end == "lost":
        provider.lose(first)
    elif end == "no_picture":
        provider.finish(first, b"%PDF-1.7")
    time.advance(timedelta(days=1, minutes=1))
    assert gallery.drain() == []
    assert_pending(final)
    time.advance(timedelta(minutes=1))
    assert gallery.drain() == []
    second = list(provider.jobs)[-1]
    assert second != first
    assert provider.jobs[second]["reference"] != reference
    finish_newest_job(gallery, provider, time)
    assert_completed_once(gallery, final)


def test_a_callback_completes_a_pending_final(
    gallery: Gallery, provider: ImageProviderSandbox, use_model: Callable[[str], None], final: str, time: ManualClock
) -> None:
    use_model("http")
    assert gallery.drain() == []
    provider.outage = (503, b"")
    for _ in range(9):
        time.advance(MAX_DELAY)
        assert gallery.drain() == []
    assert_pending(final)
    provider.outage = None
    finish_newest_job(gallery, provider, time)
    assert_completed_once(gallery, final)


def test_an_invalid_model_image_does_not_reject_the_photo(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch, final: str, time: ManualClock
) -> None:
    broken = GeneratedImage(PICTURE[:300], "image/png", 1024, 1280, "broken/1")
    with monkeypatch.context() as while_broken:
        while_broken.setattr(selection, "choose_model", lambda _: lambda *_: broken)
        assert gallery.drain() == []
    assert_pending(final)
    time.advance(MAX_DELAY)
    assert gallery.drain() == []
    assert_completed_once(gallery, final)


def test_an_unexpected_error_keeps_the_final_pending(
    gallery: Gallery, use_model: Callable[[str], None], final: str, time: ManualClock
) -> None:
    """Otherwise its message becomes a dead letter after five receives."""
    use_model("nonsense")
    assert gallery.drain() == []
    for _ in range(6):
        assert_pending(final, generation_worker.FINAL_DELAYED)
        time.advance(MAX_DELAY)
        assert gallery.drain() == []
    use_model("local")
    time.advance(MAX_DELAY)
    assert gallery.drain() == []
    assert_completed_once(gallery, final)


def test_lost_messages_keep_the_final_pending(gallery: Gallery, final: str, time: ManualClock) -> None:
    """After five receives by a throttled function the message is a dead letter, and the schedule sends another."""
    sent_messages = []
    for _ in range(60):
        if message_counts("studio-make_final") != (0, 0):
            sent_messages.append(time.now)
            forget_messages("studio-make_final")
        time.advance(timedelta(minutes=30))
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent_messages)]
    assert gaps == sorted(gaps)
    assert len(sent_messages) > 8
    assert gaps[-1] > timedelta(hours=2)
    time.advance(MAX_DELAY)
    assert gallery.drain() == []
    assert_completed_once(gallery, final)


def test_worker_crashes_keep_the_final_pending(gallery: Gallery, final: str, time: ManualClock) -> None:
    forget_messages("studio-make_final")
    for death in range(1, 11):
        row = generations.find(gallery.shop, final)
        assert row is not None
        time.now += MAX_DELAY
        assert generations.start_attempt(
            row, time.now + generation_worker.WORKER_LEASE, row.final_image_url or "s3://images/finals/x.jpg"
        )
        time.advance(generation_worker.WORKER_LEASE + timedelta(seconds=1))
        row = assert_pending(final, generation_worker.FINAL_DELAYED)
        assert (row.deaths, row.retries) == (death, death)
    assert message_counts("studio-make_final") == (0, 0)
    Generation(final).update([Generation.final_image_url.remove()])
    time.advance(MAX_DELAY)
    assert gallery.drain() == []
    assert_completed_once(gallery, final)


def test_a_duplicate_message_starts_no_early_attempt(
    gallery: Gallery, provider: ImageProviderSandbox, use_model: Callable[[str], None], final: str
) -> None:
    use_model("http")
    provider.outage = (503, b"")
    assert gallery.drain() == []
    attempts = assert_pending(final).attempts
    for _ in range(3):
        finals.make_final(gallery.shop, final)
    assert Generation.get(final).attempts == attempts


def test_the_merchant_sees_a_pending_final_and_its_reason(gallery: Gallery, use_model: Callable[[str], None]) -> None:
    order = gallery.order(gallery.preview()["line_item_property"])
    use_model("nonsense")
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    (read,) = gallery.merchant("GET", "generations?upscale_status=pending").json()["items"]
    assert (read["status"], read["retries"], read["error_message"]) == ("pending", 1, generation_worker.FINAL_DELAYED)
    assert clock.parse(read["next_attempt_at"]) > clock.now()
    assert read["final_url"] is None


def test_every_run_measures_the_pending_finals(
    final: str, time: ManualClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(type(config.settings()), "is_live", property(lambda _: True))

    def pending_metric() -> dict[str, Any]:
        capsys.readouterr()
        stuck_generations.measure_open_finals(time.now)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        return {name: line[name] for line in lines for name in ("PrintsOpen", "OldestOpenPrint") if name in line}

    time.now += timedelta(minutes=31)
    assert pending_metric()["PrintsOpen"] == [1]
    assert 31 * 60 <= pending_metric()["OldestOpenPrint"][0] < 33 * 60
    Generation(final).update([Generation.open_work.remove()])
    assert pending_metric() == {"PrintsOpen": [0], "OldestOpenPrint": [0]}
