"""An image provider that takes jobs over HTTP and calls back when one is done (IMAGE_MODEL=http).

    POST {IMAGE_HTTP_URL}/jobs        {reference, image_url, prompt, long_side, parameters, callback_url} -> 202 {id}
    GET  {IMAGE_HTTP_URL}/jobs/{id}   {id, state, image_url?, error?}

with `Authorization: Bearer <IMAGE_HTTP_TOKEN>`; `state` is queued, processing, succeeded, failed or refused, and the last
three are final. A call-back only says that it is worth looking: what counts is what the provider answers to us.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from chalicelib.integrations.image_failures import (
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
"""Of a result."""
_CONNECT, _READ = 3, 20
_GONE = (404, 410)


class JobState(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the provider. The photo's link must last until the job is begun."""

    reference: str
    image_url: str
    prompt: str
    long_side: int
    parameters: dict[str, Any]
    callback_url: str


def submit(order: Order) -> str:
    """Hand a job in, once per reference; its id. Raises the failures of `image_failures`."""
    body = {name: getattr(order, name) for name in Order.__slots__}
    answer = _call("POST", "/jobs", json.dumps(body).encode(), {"Idempotency-Key": order.reference})
    if not isinstance(answer.get("id"), str):
        raise ModelUnavailable("the provider gave no job id")
    return str(answer["id"])


def collect(job: str) -> bytes | None:
    """The picture of a job that is done; None while it is at work. Raises the failures of `image_failures`."""
    answer = _call("GET", f"/jobs/{quote(job, safe='')}")
    try:
        state = JobState(str(answer.get("state")))
    except ValueError as error:
        raise ModelUnavailable("the provider tells a state that there is not") from error
    if state is JobState.REFUSED:
        raise ContentRefused(str(answer.get("error", ""))[:200])
    if state is JobState.FAILED:
        raise ModelGaveUp(str(answer.get("error", ""))[:200])
    return _fetch(str(answer.get("image_url"))) if state is JobState.SUCCEEDED else None


def _call(method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    from urllib3.exceptions import HTTPError

    sent = {"Authorization": f"Bearer {secret_reader.secret('IMAGE_HTTP_TOKEN')}", "Content-Type": "application/json"}
    try:
        answer = _pool().request(method, _base() + path, body=body, headers=sent | (headers or {}), redirect=False)
    except HTTPError as error:
        raise ModelUnavailable(type(error).__name__) from error
    content = _parsed(answer.data)
    if method == "GET" and answer.status in _GONE:
        raise ResultMissing(f"the job answers {answer.status}")
    if failure := _failure(answer.status, content):
        raise failure(f"{method} answers {answer.status}")
    if content is None:
        raise ModelUnavailable(f"{method} answers {answer.status} without a JSON object")
    return content


def _parsed(data: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None for any other body."""
    try:
        content = json.loads(data)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _failure(status: int, content: dict[str, Any] | None = None) -> type[ModelFailed] | None:
    """Return the failure that a response means, by its status; None for a success.

    401 and 403 are a wrong setting, whatever the body says; only a 422 that says `refused` refuses the picture.
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
    """A result from the provider's own host, and from nowhere else."""
    from urllib3.exceptions import HTTPError

    wanted, given = urlsplit(_base()), urlsplit(url)
    if (given.scheme, given.netloc) != (wanted.scheme, wanted.netloc):
        raise ModelGaveUp("the result is not on the provider's host")
    try:
        answer = _pool().request("GET", url, redirect=False, preload_content=False)
        data = answer.read(MOST_BYTES + 1)
        answer.release_conn()
    except HTTPError as error:
        raise ModelUnavailable(type(error).__name__) from error
    if answer.status not in _GONE and (failure := _failure(answer.status)):
        raise failure(f"the result answers {answer.status}")
    if answer.status != 200 or len(data) > MOST_BYTES:
        raise ResultMissing(f"the result answers {answer.status}, {len(data)} bytes")
    return bytes(data)


def _base() -> str:
    """The provider's address. Raises ModelMisconfigured where it is not set, or not https off this machine."""
    url = (config.settings().image_http_url or "").rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in config.LOOPBACK):
        raise ModelMisconfigured("IMAGE_HTTP_URL is not an https address")
    return url


@cache
def _pool() -> Any:
    from urllib3 import PoolManager, Timeout

    return PoolManager(timeout=Timeout(connect=_CONNECT, read=_READ), retries=False)
