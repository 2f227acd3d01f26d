"""Addresses of buckets. Hosts are built from validated regions and project refs, never taken from callers.

Sources: Amazon S3 "Amazon Simple Storage Service endpoints and quotas"; Google Cloud Storage "Simple migration from
Amazon S3" (XML API, HMAC keys, the region `auto`); Supabase "S3 Authentication". Supabase accepts signatures for
`us-east-1` in every region (github.com/supabase/storage, `signature-v4.ts`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.integrations.object_storage.errors import InvalidBucketPlace
from chalicelib.kit import config

_REGION = re.compile(r"[a-z]{2}(-[a-z]{2,12}){1,2}-[1-9]")
_PROJECT = re.compile(r"[a-z]{20}")
_GOOGLE_REGION, _SUPABASE_REGION = "auto", "us-east-1"
_SANDBOX = "object_storage"
"""The name of the sandbox's base URL in `settings().vendor_base_urls`."""


class Vendor(StrEnum):
    AWS_S3 = "aws-s3"
    GOOGLE_CLOUD = "google-cloud-storage"
    SUPABASE = "supabase-storage"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket with the keys of its owner. `place` is the region at Amazon, the project ref at Supabase, else empty."""

    vendor: Vendor
    name: str
    place: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    @property
    def address(self) -> tuple[Vendor, str, str]:
        """Where the bucket is, without its keys."""
        return self.vendor, self.name, self.place


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The URL of an S3 interface, the region that requests are signed for, and whether paths begin with the bucket."""

    url: str
    region: str
    has_bucket_in_path: bool = True


def endpoint_of(bucket: Bucket) -> Endpoint:
    """Return the endpoint of a bucket; in `local` and `test` that of the sandbox, if there is one.

    Raises InvalidBucketPlace if its region or project ref is malformed.
    """
    endpoint, settings = _vendor_endpoint(bucket), config.settings()
    sandbox = settings.vendor_base_urls.get(_SANDBOX)
    return Endpoint(sandbox, settings.region) if sandbox else endpoint


def is_sandbox() -> bool:
    """Return whether a sandbox on this machine replaces all vendors."""
    return _SANDBOX in config.settings().vendor_base_urls


def _vendor_endpoint(bucket: Bucket) -> Endpoint:
    if bucket.vendor is Vendor.AWS_S3:
        region = _checked(_REGION, bucket.place)
        return Endpoint(f"https://s3.{region}.amazonaws.com", region, has_bucket_in_path=False)
    if bucket.vendor is Vendor.SUPABASE:
        project = _checked(_PROJECT, bucket.place)
        return Endpoint(f"https://{project}.storage.supabase.co/storage/v1/s3", _SUPABASE_REGION)
    return Endpoint("https://storage.googleapis.com", _GOOGLE_REGION)


def _checked(pattern: re.Pattern[str], place: str) -> str:
    if not pattern.fullmatch(place):
        raise InvalidBucketPlace("This is not a valid region or project ref.")
    return place
