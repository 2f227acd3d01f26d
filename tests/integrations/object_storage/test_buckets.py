"""The addresses that requests for a bucket go to."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.integrations.object_storage import clients, objects
from chalicelib.integrations.object_storage.buckets import Bucket, Vendor, endpoint_of
from chalicelib.integrations.object_storage.errors import InvalidBucketPlace
from chalicelib.integrations.object_storage.objects import ObjectFacts
from chalicelib.kit import config

PROJECT = "abcdefghijklmnopqrst"


@pytest.fixture(autouse=True)
def _no_sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OBJECT_STORAGE_API_BASE")
    config.forget_settings()
    clients.forget_clients()
    yield
    monkeypatch.undo()
    config.forget_settings()
    clients.forget_clients()


@pytest.mark.parametrize(
    ("bucket", "origin", "path", "region"),
    [
        (
            Bucket(Vendor.AWS_S3, "tea", "eu-central-1", "a", "s"),
            "https://tea.s3.eu-central-1.amazonaws.com",
            "/",
            "eu-central-1",
        ),
        (
            Bucket(Vendor.AWS_S3, "tea.house", "us-gov-west-1", "a", "s"),
            "https://s3.us-gov-west-1.amazonaws.com",
            "/tea.house/",
            "us-gov-west-1",
        ),
        (Bucket(Vendor.GOOGLE_CLOUD, "tea", "", "a", "s"), "https://storage.googleapis.com", "/tea/", "auto"),
        (
            Bucket(Vendor.SUPABASE, "tea", PROJECT, "a", "s"),
            f"https://{PROJECT}.storage.supabase.co",
            "/storage/v1/s3/tea/",
            "us-east-1",
        ),
    ],
)
def test_requests_go_to_the_vendor_and_sign_size_and_type(bucket: Bucket, origin: str, path: str, region: str) -> None:
    urls = [
        objects.presigned_put(bucket, "a/b", ObjectFacts(5, "image/png"), 900),
        objects.presigned_get(bucket, "a/b", 900),
    ]
    for url, signed in zip(urls, ("content-length;content-type;host", "host"), strict=True):
        parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
        assert (f"{parts.scheme}://{parts.netloc}", parts.path) == (origin, f"{path}a/b")
        assert (query["X-Amz-SignedHeaders"], query["X-Amz-Expires"]) == ([signed], ["900"])
        assert query["X-Amz-Credential"][0].split("/")[2] == region
        assert {name for name in query if not name.startswith("X-Amz-")} == set(), "no checksum that a vendor lacks"


@pytest.mark.parametrize(
    ("vendor", "place"),
    [
        (Vendor.AWS_S3, ""),
        (Vendor.AWS_S3, "evil.example"),
        (Vendor.AWS_S3, "eu-central-1.evil.example/"),
        (Vendor.AWS_S3, "eu-central-1\n"),
        (Vendor.SUPABASE, ""),
        (Vendor.SUPABASE, f"{PROJECT}.evil"),
        (Vendor.SUPABASE, "169.254.169.254"),
    ],
)
def test_no_host_is_built_of_anything_else(vendor: Vendor, place: str) -> None:
    with pytest.raises(InvalidBucketPlace):
        endpoint_of(Bucket(vendor, "tea", place))


def test_our_own_credentials_are_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
    monkeypatch.setenv("AWS_PROFILE", "missing")
    url = objects.presigned_get(Bucket(Vendor.GOOGLE_CLOUD, "tea", "", "theirs", "s"), "a", 900)
    assert "theirs" in url
    assert "ours" not in url


def test_the_keys_of_a_bucket_are_not_shown() -> None:
    assert "s3cret" not in repr(Bucket(Vendor.AWS_S3, "tea", "eu-central-1", "s3cret", "s3cret"))
