"""The releases of each stack: the templates and zips that it was deployed with, in the artefact bucket."""

from __future__ import annotations

import json
from typing import NotRequired, TypedDict

from botocore.exceptions import ClientError

from chalicelib.kit import aws

KEPT = 10
"""Releases in the list of a stack. Templates and zips stay in the bucket."""


class Release(TypedDict):
    """A template's key in the bucket, and its parameters that name the bucket and the keys of its zips.

    `data` is the key of the data stack's template that the functions were packaged with; releases before 0.2.0 lack it.
    """

    template: str
    zips: dict[str, str]
    data: NotRequired[str]


def record(bucket: str, stack: str, release: Release) -> None:
    """Append a release to the stack's list, unless the last one has the same template and zips."""
    listed = list_releases(bucket, stack)
    if not listed or any(listed[-1][key] != release[key] for key in ("template", "zips")):
        _write(bucket, stack, [*listed, release][-KEPT:])


def remove_last(bucket: str, stack: str) -> None:
    """Remove the last release, which was rolled back."""
    _write(bucket, stack, list_releases(bucket, stack)[:-1])


def before(bucket: str, stack: str, template: str) -> Release | None:
    """Return the last release with another template than the one with this key, or None."""
    return next((each for each in reversed(list_releases(bucket, stack)) if each["template"] != template), None)


def list_releases(bucket: str, stack: str) -> list[Release]:
    """Return the stack's releases, oldest first; none if it was never deployed."""
    try:
        stored = aws.client("s3").get_object(Bucket=bucket, Key=_key(stack))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
            return []
        raise
    return list(json.loads(stored))


def _write(bucket: str, stack: str, listed: list[Release]) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key=_key(stack), Body=json.dumps(listed).encode())


def _key(stack: str) -> str:
    return f"releases/{stack}.json"
