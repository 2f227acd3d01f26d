"""An image that crashes the decoder, over HTTP and in the worker, is rejected and affects no other request.

The child process really crashes: its interpreter is a script that kills itself.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.integrations import storage
from chalicelib.integrations.images import decoder_process
from chalicelib.kit import config
from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_validation import RejectReason
from chalicelib.studio.models import Watermark
from chalicelib.studio.service import previews
from tests.integrations.jpeg_files import Picture
from tests.integrations.sample_images import encode_image, open_image
from tests.studio.conftest import PHOTO, Gallery
from tests.timeouts import LIMIT

LOSSLESS = base64.b64encode(Picture(3).data()).decode()
MARK = base64.b64encode(encode_image(Image.new("RGBA", (40, 20), "red"))).decode()
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def crashing_decoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every child process crashes with a segmentation fault."""
    script = tmp_path / "crashing"
    script.write_text("#!/bin/sh\nkill -SEGV $$\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))


def image_requests(gallery: Gallery, picture: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return a request for every route that accepts an image, by field."""
    return {
        "watermark": ("PUT", "watermark", {"image": picture}),
        "example": ("PUT", f"styles/{gallery.style}/example", {"image": picture}),
        "preview, its mark": ("POST", "watermark/preview", {"image": picture}),
        "preview, its photo": ("POST", "watermark/preview", {"image": MARK, "photo": picture}),
    }


ROUTES = {"watermark": "image", "example": "image", "preview, its mark": "image", "preview, its photo": "photo"}


@pytest.mark.parametrize("route", ROUTES)
def test_a_lossless_jpeg_is_rejected_with_its_reason(gallery: Gallery, route: str) -> None:
    response = gallery.merchant(*image_requests(gallery, LOSSLESS)[route])
    assert (response.status_code, response.json()["code"]) == (422, "InvalidImage")
    detail = image_validation.DETAIL[RejectReason.UNSUPPORTED_JPEG]
    assert response.json()["errors"] == [{"path": f"body.{ROUTES[route]}", "message": detail}]


@pytest.mark.parametrize("route", ROUTES)
def test_a_decoder_crash_rejects_the_image_and_the_api_survives(
    gallery: Gallery, route: str, crashing_decoder: None
) -> None:
    response = gallery.merchant(*image_requests(gallery, MARK)[route])
    assert (response.status_code, response.json()["code"]) == (422, "InvalidImage"), response.text
    assert image_validation.DETAIL[RejectReason.DECODER_FAILED] in response.json()["detail"]
    assert response.json()["errors"][0]["path"].startswith("body.")
    assert gallery.merchant("GET", "quota").status_code == 200
    keys = storage_keys(gallery)
    assert not [key for key in keys if "watermarks/" in key or "examples/" in key]


def test_a_stored_watermark_that_crashes_the_decoder_is_rejected(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert gallery.merchant("PUT", "watermark", {"image": MARK}).status_code == 200
    monkeypatch.setattr(sys, "executable", "/bin/false")
    response = gallery.merchant("POST", "watermark/preview", {})
    assert (response.status_code, response.json()["code"]) == (422, "InvalidImage")


def test_a_photo_that_crashes_the_decoder_is_rejected_at_the_first_attempt(
    gallery: Gallery, crashing_decoder: None
) -> None:
    upload = gallery.upload_photo(PHOTO.read_bytes())
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"uploads/{upload['id']}").json()
    assert (body["status"], body["reject_reason"]) == ("rejected", image_validation.DETAIL[RejectReason.DECODER_FAILED])
    assert not storage_keys(gallery)


def test_a_lossless_photo_is_rejected(gallery: Gallery) -> None:
    upload = gallery.upload_photo(Picture(3).data())
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"uploads/{upload['id']}").json()
    assert (body["status"], body["reject_reason"]) == (
        "rejected",
        image_validation.DETAIL[RejectReason.UNSUPPORTED_JPEG],
    )
    response = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert (response.status_code, response.json()["code"]) == (422, "InvalidUpload")


def test_an_image_over_the_memory_limit_is_rejected(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """59 megapixels in 350 KB: a watermark is decoded whole."""
    bomb = base64.b64encode(Picture(0, 7700, 7700, components=3, sampling=0x22).data()).decode()
    monkeypatch.setattr(decoder_process, "REQUEST", decoder_process.REQUEST._replace(megabytes=200))
    response = gallery.merchant("POST", "watermark/preview", {"image": bomb})
    assert response.status_code == 422, response.text[:200]
    assert image_validation.DETAIL[RejectReason.TOO_COSTLY] in response.json()["detail"]
    assert response.json()["errors"][0]["path"] == "body.image"


def test_an_image_over_the_time_limit_is_rejected(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "sleeping"
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    monkeypatch.setattr(decoder_process, "REQUEST", decoder_process.REQUEST._replace(seconds=1))
    response = gallery.merchant("PUT", "watermark", {"image": MARK})
    assert (response.status_code, response.json()["code"]) == (422, "InvalidImage")
    assert image_validation.DETAIL[RejectReason.TOO_COSTLY] in response.json()["detail"]


def test_an_invalid_stored_watermark_fails_the_preview_with_its_reason(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    assert gallery.merchant("PUT", "watermark", {"image": MARK}).status_code == 200
    storage.put(Watermark.get(gallery.shop).image_url, Picture(3).data(), "image/jpeg")
    response = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"generations/{response.json()['id']}").json()
    assert (body["status"], body["error_message"]) == ("failed", previews.WATERMARK_UNUSABLE)
    refusal = gallery.merchant("POST", "watermark/preview", {})
    assert (refusal.status_code, refusal.json()["code"]) == (422, "InvalidImage")


SERVE = """
import sys
sys.modules["PIL"] = None  # importing it fails
from infra.deploy import handlers
from infra.local import server
running = server.create(handlers.chalice_app(), "127.0.0.1", 0)
print(running.server.server_port, flush=True)
running.server.serve_forever()
"""


@pytest.fixture
def without_pillow(engine: object) -> Iterator[httpx2.Client]:
    """The API in a process that cannot import Pillow."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
            with httpx2.Client(base_url=url, timeout=LIMIT) as client:
                yield client
        finally:
            process.kill()


def test_no_route_decodes_in_the_api_process(gallery: Gallery, without_pillow: httpx2.Client) -> None:
    gallery.api = without_pillow
    photo = base64.b64encode(PHOTO.read_bytes()).decode()
    assert gallery.merchant("PUT", "watermark", {"image": MARK}).status_code == 200
    assert gallery.merchant("PUT", f"styles/{gallery.style}/example", {"image": photo}).status_code == 200
    for body in ({}, {"image": MARK}, {"photo": photo}, {"image": MARK, "photo": photo}):
        response = gallery.merchant("POST", "watermark/preview", body)
        assert response.status_code == 200, response.text[:500]
        assert open_image(base64.b64decode(response.json()["preview"])).width <= 1024
    refusal = gallery.merchant(
        "PUT", "watermark", {"image": base64.b64encode(encode_image(Image.new("L", (9, 9)))[:44]).decode()}
    )
    assert refusal.status_code == 422


def storage_keys(gallery: Gallery) -> list[str]:
    from chalicelib.kit import aws

    objects = aws.client("s3").list_objects_v2(Bucket=config.settings().images_bucket)
    return [item["Key"] for item in objects.get("Contents", []) if gallery.shop in item["Key"]]
