"""Errors of the operator's console. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import NotFound


class QueueNotFound(NotFound):
    code = "QueueNotFound"
    title = "This queue does not exist"


class BucketNotFound(NotFound):
    code = "BucketNotFound"
    title = "This bucket does not exist"
