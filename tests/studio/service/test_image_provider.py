"""An image provider with jobs and callbacks: late, duplicated, concurrent, forged or absent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.image_models.failures import ContentRefused, ModelGaveUp, ModelMisconfigured
from chalicelib.kit import clock, config
from chalicelib.studio.models import Generation, GenerationStatus
from chalicelib.studio.service import image_provider, stuck_generations
from infra.sandbox.delivery import send
from infra.sandbox.image_provider import SANDBOX_TOKEN, SANDBOX_WEBHOOK_SECRET, ImageProviderSandbox
from tests.integrations.sample_images import colour_at, encode_image, open_image
from tests.shops.conftest import message_counts
from tests.studio.conftest import PHOTO, Gallery
from tests.studio.scenarios.test_quota_races import assert_counters_equal_rows

PICTURE = encode_image(Image.new("RGB", (1024, 768), (200, 30, 30)))


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImageProviderSandbox]:
    with ImageProviderSandbox() as running:
        monkeypatch.setenv("IMAGE_MODEL", "http")
        monkeypatch.setenv("IMAGE_HTTP_URL", running.url)
        monkeypatch.setenv("IMAGE_HTTP_TOKEN", SANDBOX_TOKEN)
        monkeypatch.setenv("IMAGE_HTTP_SECRET", f"whsec_AAAA,{SANDBOX_WEBHOOK_SECRET}")
        config.forget_settings()
        yield running
        monkeypatch.undo()
        config.forget_settings()


def request_preview(gallery: Gallery) -> tuple[str, str]:
    """Request a preview that waits for its job; return both ids."""
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload(), text="a hat"))
    assert gallery.drain() == []
    row = Generation.get(response.json()["id"])
    assert (row.status, row.awaits) == (GenerationStatus.PROCESSING, True)
    return row.id, row.provider_job or ""


def test_a_callback_completes_a_preview(gallery: Gallery, provider: ImageProviderSandbox) -> None:
    generation, job = request_preview(gallery)
    job_request = provider.jobs[job]
    assert "a hat" in job_request["prompt"]
    assert job_request["long_side"] == 1024
    copy = httpx2.get(job_request["image_url"])
    assert copy.headers["content-type"] == "image/jpeg"
    assert open_image(copy.content).size == (480, 600)
    assert copy.content != PHOTO.read_bytes()
    assert gallery.quota()["generations_at_work"] == 1
    provider.finish(job, PICTURE)
    assert provider.call_back(job).answer == '{"status":"heard"}'
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"generations/{generation}").json()
    preview = httpx2.get(body["preview_url"]).content
    assert open_image(preview).size == (819, 1024)  # in the shape of the crop
    assert colour_at(preview, 0.5, 0.5)[0] > 150
    row = Generation.get(generation)
    assert (row.ai_model_used, row.attempts) == ("http/127.0.0.1", 2)
    assert provider.call_back(job).answer == '{"status":"ignored"}'
    assert_counters_equal_rows(gallery)


def test_a_result_with_an_orientation_is_not_cropped_as_it_lies(
    gallery: Gallery, provider: ImageProviderSandbox
) -> None:
    generation, job = request_preview(gallery)
    exif = Image.Exif()
    exif[0x0112] = 6
    provider.finish(job, encode_image(Image.new("RGB", (1000, 800), "red"), "JPEG", exif=exif))
    provider.call_back(job)
    assert gallery.drain() == []
    preview = gallery.shopper("GET", f"generations/{generation}").json()["preview_url"]
    assert open_image(httpx2.get(preview).content).size == (800, 1000)


def test_gps_stays_in_the_house(gallery: Gallery, provider: ImageProviderSandbox) -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    photo = encode_image(Image.new("RGB", (480, 600), "red"), "JPEG", exif=exif, comment=b"secret")
    assert open_image(photo).getexif().get_ifd(0x8825)
    upload = gallery.upload_photo(photo)
    assert gallery.drain() == []
    body = gallery.shopper("POST", "generations", gallery.preview_request(upload)).json()
    assert gallery.drain() == []
    row = Generation.get(body["id"])
    copy = open_image(httpx2.get(provider.jobs[str(row.provider_job)]["image_url"]).content)
    assert copy.size == (480, 600)
    assert not copy.getexif()
    assert "comment" not in copy.info
    provider.end(str(row.provider_job), "failed", "no")
    provider.call_back(str(row.provider_job))
    assert gallery.drain() == []
    assert storage.size(str(row.unmarked_image_url)) is None, "the copy is deleted with the failed job"


def test_a_callback_completes_a_final_and_a_remake_is_another_job(
    gallery: Gallery, provider: ImageProviderSandbox
) -> None:
    """Its preview is of the previous version, without an unmarked picture."""
    generation, job = request_preview(gallery)
    provider.finish(job, PICTURE)
    provider.call_back(job)
    assert gallery.drain() == []
    line_property = gallery.shopper("GET", f"generations/{generation}").json()["line_item_property"]
    gallery.forget_pictures()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(line_property))
    assert gallery.drain() == []
    for number in (2, 3):
        assert len(provider.jobs) == number
        last = list(provider.jobs)[-1]
        provider.finish(last, PICTURE)
        provider.call_back(last)
        assert gallery.drain() == []
        (final,) = gallery.finals()
        assert (final["status"], final["final_width"], final["final_height"]) == ("completed", 400, 500)
        if number == 2:
            assert gallery.merchant("POST", f"generations/{final['id']}/remake").status_code == 202
            assert gallery.drain() == []


def test_ten_concurrent_callbacks_complete_it_once(gallery: Gallery, provider: ImageProviderSandbox) -> None:
    generation, job = request_preview(gallery)
    provider.finish(job, PICTURE)
    with ThreadPoolExecutor(10) as pool:
        responses = [each.answer for each in pool.map(lambda _: provider.call_back(job), range(10))]
    assert responses.count('{"status":"heard"}') == 1
    assert message_counts("studio-generate_preview") == (1, 0)
    assert gallery.drain() == []
    assert Generation.get(generation).attempts == 2
    assert_counters_equal_rows(gallery)


def test_forged_stale_and_foreign_callbacks_are_ignored(
    gallery: Gallery, provider: ImageProviderSandbox, api: httpx2.Client
) -> None:
    generation, job = request_preview(gallery)
    provider.finish(job, PICTURE)
    assert provider.call_back(job, secret="whsec_c29tZWJvZHk=").status == 401
    assert provider.call_back(job, at=time.time() - 301).status == 401
    assert provider.call_back(job, named="another").answer == '{"status":"ignored"}'
    genuine = provider.callback(job)
    assert httpx2.post(genuine.url, content=genuine.body + b" ", headers=genuine.headers).status_code == 401
    elsewhere = genuine.url.replace(generation, "00000000-0000-4000-8000-000000000000")
    assert httpx2.post(elsewhere, content=genuine.body, headers=genuine.headers).json() == {"status": "ignored"}
    assert api.get(f"/webhooks/images/{generation}").status_code == 405
    assert message_counts("studio-generate_preview") == (0, 0)
    assert send(genuine).status == 200


@pytest.mark.parametrize(("state", "reason"), [("refused", ContentRefused.reason), ("failed", ModelGaveUp.reason)])
def test_a_job_without_an_image_fails_once_and_is_not_charged(
    gallery: Gallery, provider: ImageProviderSandbox, state: str, reason: str
) -> None:
    generation, job = request_preview(gallery)
    provider.end(job, state, "no")
    provider.call_back(job)
    assert gallery.drain() == []
    provider.finish(job, PICTURE)  # a terminal state never changes
    provider.call_back(job)
    assert gallery.drain() == []
    row = Generation.get(generation)
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, reason)
    assert_counters_equal_rows(gallery)


def test_a_lost_callback_is_recovered_by_polling(gallery: Gallery, provider: ImageProviderSandbox) -> None:
    generation, job = request_preview(gallery)
    later = clock.now() + image_provider.CALLBACK_WITHIN + timedelta(seconds=1)
    Generation(generation).update([Generation.lease_until.set(clock.now())])
    stuck_generations.recover_generations(later)
    assert gallery.drain() == []
    row = Generation.get(generation)
    assert (row.awaits, row.provider_job, len(provider.jobs)) == (True, job, 1)  # still in progress: no second request
    provider.finish(job, PICTURE)
    Generation(generation).update([Generation.lease_until.set(clock.now())])
    stuck_generations.recover_generations(later)
    assert gallery.drain() == []
    assert Generation.get(generation).status is GenerationStatus.COMPLETED
    assert_counters_equal_rows(gallery)


def test_a_crash_before_the_job_is_stored_submits_no_second_job(
    gallery: Gallery, provider: ImageProviderSandbox
) -> None:
    generation, job = request_preview(gallery)
    Generation(generation).update([Generation.provider_job.remove(), Generation.awaits.remove()])
    Generation(generation).update([Generation.lease_until.set(clock.now())])
    stuck_generations.recover_generations(clock.now() + timedelta(seconds=1))
    assert gallery.drain() == []
    assert (Generation.get(generation).provider_job, len(provider.jobs)) == (job, 1)


@pytest.mark.parametrize(
    ("picture", "url"),
    [(PICTURE, "http://localhost:1/results/x"), (b"%PDF-1.7", None), (PICTURE[:200], None)],
)
def test_an_untrusted_result_is_ignored(
    gallery: Gallery, provider: ImageProviderSandbox, picture: bytes, url: str | None
) -> None:
    """From another host, not an image, or truncated."""
    generation, job = request_preview(gallery)
    provider.finish(job, picture, url)
    provider.call_back(job)
    assert gallery.drain() == []
    row = Generation.get(generation)
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, ModelGaveUp.reason)
    assert_counters_equal_rows(gallery)


def test_a_refused_job_fails_the_preview(gallery: Gallery, provider: ImageProviderSandbox) -> None:
    upload = gallery.accepted_upload()
    for response, status, reason in (
        ((429, {}), GenerationStatus.PENDING, None),
        ((422, {"error": "refused"}), GenerationStatus.FAILED, ContentRefused.reason),
        ((400, {"error": "model"}), GenerationStatus.FAILED, ModelMisconfigured.reason),
    ):
        provider.refuse_next = response
        body = gallery.shopper("POST", "generations", gallery.preview_request(upload)).json()
        assert gallery.drain() == []
        row = Generation.get(body["id"])
        assert (row.status, row.error_message) == (status, reason)
    assert message_counts("studio-generate_preview") == (0, 1)
