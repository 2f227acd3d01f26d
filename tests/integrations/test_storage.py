"""Objects by URL, presigned forms and links, on the embedded S3 over HTTP."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.integrations.storage import NoSuchObject
from chalicelib.kit import config


@pytest.fixture
def url() -> str:
    return storage.address(config.settings().images_bucket, "uploads/a shop/ä b+c.jpg")


def test_an_object_is_overwritten_read_measured_and_deleted(url: str) -> None:
    storage.put(url, b"first", "text/plain")
    storage.put(url, b"second", "text/plain")
    assert (storage.get(url), storage.size(url)) == (b"second", 6)
    for _ in range(2):
        storage.delete(url)
    assert storage.size(url) is None
    with pytest.raises(NoSuchObject):
        storage.get(url)


def test_an_address_round_trips() -> None:
    assert storage.parts(storage.address("bucket", "a/b/c")) == ("bucket", "a/b/c")


@pytest.mark.parametrize("text", ["", "bucket/key", "s3://", "s3://bucket", "s3://bucket/", "s3:///key", "http://b/k"])
def test_an_invalid_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        storage.parts(text)


def _send(form: storage.PresignedPost, data: bytes, **changed: str) -> int:
    return httpx2.post(form.url, data=form.fields | changed, files={"file": data}).status_code


def test_a_form_accepts_one_object_of_its_type_and_size(url: str) -> None:
    form = storage.presigned_post(url, content_type="image/jpeg", max_bytes=10, seconds=60)
    assert _send(form, b"0123456789") == 201
    assert storage.get(url) == b"0123456789"
    assert _send(form, b"0123456789a") == 400
    assert _send(form, b"") == 400
    assert _send(form, b"x", **{"Content-Type": "text/html"}) == 403
    assert _send(form, b"x", key="finals/somebody") == 403
    assert storage.get(url) == b"0123456789"


def test_a_form_expires(url: str) -> None:
    form = storage.presigned_post(url, content_type="image/jpeg", max_bytes=10, seconds=-1)
    assert _send(form, b"x") == 403
    assert storage.size(url) is None


def test_a_link_returns_the_object_with_a_download_name(url: str) -> None:
    storage.put(url, b"picture", "image/jpeg")
    plain = httpx2.get(storage.presigned_get(url, seconds=60))
    assert (plain.content, plain.headers["content-type"]) == (b"picture", "image/jpeg")
    named_response = httpx2.get(storage.presigned_get(url, seconds=60, download_name="print.jpg"))
    assert named_response.headers["content-disposition"] == 'attachment; filename="print.jpg"'


def test_a_link_is_valid_for_its_object_only(url: str) -> None:
    storage.put(url, b"mine", "image/jpeg")
    other = storage.address(config.settings().images_bucket, "uploads/a shop/other.jpg")
    storage.put(other, b"theirs", "image/jpeg")
    link = httpx2.URL(storage.presigned_get(url, seconds=60))
    assert httpx2.get(link.copy_with(path=link.path.replace("ä b+c", "other"))).status_code == 403
