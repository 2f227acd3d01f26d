"""Errors of the operator's console. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import NotFound


class QueueNotFound(NotFound):
    title = "This queue does not exist"


class BucketNotFound(NotFound):
    title = "This bucket does not exist"
