"""Client of an image provider that accepts jobs over HTTP and sends callbacks (IMAGE_MODEL=http).

    POST {IMAGE_HTTP_URL}/jobs        {reference, image_url, prompt, long_side, parameters, callback_url} -> 202 {id}
    GET  {IMAGE_HTTP_URL}/jobs/{id}   {id, state, image_url?, error?}

Requests have the header `Authorization: Bearer <IMAGE_HTTP_TOKEN>`. `state` is queued, processing, succeeded, failed or
refused; the last three are final. A callback only triggers a fetch of the job; its content is not trusted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

from chalicelib.integrations.http_pools import http_pool
from chalicelib.integrations.image_models.failures import (
    ContentRefused,
    ModelFailed,
    ModelGaveUp,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    ResultMissing,
)
from chalicelib.kit import config, secret_reader

MOST_BYTES = 25_000_000
"""Maximum size of a result."""
_READ_TIMEOUT = 20
"""Seconds."""
_GONE = (404, 410)


class JobState(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Order:
    """A job for the provider. The photo's URL must be valid until the job starts. `long_side` is in px."""

    reference: str
    image_url: str
    prompt: str
    long_side: int
    parameters: dict[str, Any]
    callback_url: str


def submit(order: Order) -> str:
    """Submit a job and return its id. The reference is the idempotency key.

    Raises a ModelFailed if the provider does not accept the job.
    """
    body = {name: getattr(order, name) for name in Order.__slots__}
    answer = _call("POST", "/jobs", json.dumps(body).encode(), {"Idempotency-Key": order.reference})
    if not isinstance(answer.get("id"), str):
        raise ModelUnavailable("the provider returned no job id")
    return str(answer["id"])


def collect(job: str) -> bytes | None:
    """Fetch the picture of a job; None while the job is queued or processing.

    Raises a ModelFailed if the job failed or was refused, or its result cannot be fetched.
    """
    answer = _call("GET", f"/jobs/{quote(job, safe='')}")
    try:
        state = JobState(str(answer.get("state")))
    except ValueError as error:
        raise ModelUnavailable("the provider returned an unknown job state") from error
    if state is JobState.REFUSED:
        raise ContentRefused(str(answer.get("error", ""))[:200])
    if state is JobState.FAILED:
        raise ModelGaveUp(str(answer.get("error", ""))[:200])
    return _fetch(str(answer.get("image_url"))) if state is JobState.SUCCEEDED else None


def _call(method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    from urllib3.exceptions import HTTPError

    sent = {"Authorization": f"Bearer {secret_reader.secret('IMAGE_HTTP_TOKEN')}", "Content-Type": "application/json"}
    try:
        answer = http_pool(_READ_TIMEOUT).request(
            method, _base() + path, body=body, headers=sent | (headers or {}), redirect=False
        )
    except HTTPError as error:
        raise ModelUnavailable(type(error).__name__) from error
    content = _parsed(answer.data)
    if method == "GET" and answer.status in _GONE:
        raise ResultMissing(f"job not found: HTTP {answer.status}")
    if failure := _failure(answer.status, content):
        raise failure(f"{method} returned HTTP {answer.status}")
    if content is None:
        raise ModelUnavailable(f"{method} returned HTTP {answer.status} without a JSON object")
    return content


def _parsed(data: bytes) -> dict[str, Any] | None:
    """Parse a body as a JSON object; return None if it is not one."""
    try:
        content = json.loads(data)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _failure(status: int, content: dict[str, Any] | None = None) -> type[ModelFailed] | None:
    """Return the failure that a response means, by its status; None for a success.

    401 and 403 are a wrong configuration, whatever the body. Only a 422 with the error `refused` refuses the content.
    """
    if status < 300:
        return None
    if status in (408, 425) or status >= 500:
        return ModelUnavailable
    if status == 429:
        return ModelThrottled
    if status == 422 and content is not None and content.get("error") == JobState.REFUSED:
        return ContentRefused
    return ModelMisconfigured


def _fetch(url: str) -> bytes:
    """Fetch a result from the provider's host.

    Raises ModelGaveUp if the URL has another host, ResultMissing if the result is missing or larger than MOST_BYTES,
    another ModelFailed if the request fails.
    """
    from urllib3.exceptions import HTTPError

    wanted, given = urlsplit(_base()), urlsplit(url)
    if (given.scheme, given.netloc) != (wanted.scheme, wanted.netloc):
        raise ModelGaveUp("the result is not on the provider's host")
    try:
        answer = http_pool(_READ_TIMEOUT).request("GET", url, redirect=False, preload_content=False)
        data = answer.read(MOST_BYTES + 1)
        answer.release_conn()
    except HTTPError as error:
        raise ModelUnavailable(type(error).__name__) from error
    if answer.status not in _GONE and (failure := _failure(answer.status)):
        raise failure(f"the result returned HTTP {answer.status}")
    if answer.status != 200 or len(data) > MOST_BYTES:
        raise ResultMissing(f"no usable result: HTTP {answer.status}, {len(data)} bytes")
    return bytes(data)


def _base() -> str:
    """Return the provider's base URL. Raises ModelMisconfigured if it is missing, or neither https nor loopback."""
    url = (config.settings().image_http_url or "").rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in config.LOOPBACK):
        raise ModelMisconfigured("IMAGE_HTTP_URL is not an https address")
    return url
