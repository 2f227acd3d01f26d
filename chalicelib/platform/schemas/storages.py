"""Schemas of the bucket that holds a store's files: at Amazon S3, Google Cloud Storage or Supabase Storage."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.platform.enums import StorageStatus, StorageType


def _check_key(key: SecretStr) -> SecretStr:
    """Return the key. Raises PydanticCustomError for characters that no header can hold."""
    if not _KEY.fullmatch(key.get_secret_value()):
        raise PydanticCustomError("key", "must be 1 to 256 printable ASCII characters without spaces")
    return key


_KEY = re.compile(r"[\x21-\x7e]{1,256}")
_Key = Annotated[SecretStr, AfterValidator(_check_key)]


class _OwnBucket(Input):
    access_key: _Key
    secret_key: _Key


class AwsBucket(_OwnBucket):
    """A bucket of Amazon S3 with the keys of an IAM user."""

    type: Literal[StorageType.AWS_S3]
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["tea-house-files"])]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]{2,12}){1,2}-[1-9]$", examples=["eu-central-1"])]


class GoogleBucket(_OwnBucket):
    """A bucket of Google Cloud Storage with an HMAC key of a service account."""

    type: Literal[StorageType.GOOGLE_CLOUD]
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$")]


class SupabaseBucket(_OwnBucket):
    """A bucket of a Supabase project with an S3 access key of the project."""

    type: Literal[StorageType.SUPABASE]
    bucket: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,98}[A-Za-z0-9]$")]
    project: Annotated[str, Field(pattern=r"^[a-z]{20}$", description="The project's reference ID.")]


Storage = AwsBucket | GoogleBucket | SupabaseBucket


class StorageInput(Input):
    """The storage of a store."""

    storage: Annotated[Storage, Field(discriminator="type")]


class StorageTestRead(Schema):
    """The result of a successful test: an object was written, read and deleted."""

    type: StorageType
    bucket: str
    tested_at: Timestamp


class StorageRead(Schema):
    """The storage of a store after a change. `place` is the region at Amazon S3, the project at Supabase, else empty."""

    type: StorageType
    status: StorageStatus
    bucket: str
    place: str
