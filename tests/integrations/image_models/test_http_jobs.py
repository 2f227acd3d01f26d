"""Responses of an image provider, by status and body: only a refusal code is a refusal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.integrations.image_models import http_jobs
from chalicelib.integrations.image_models.failures import (
    ContentRefused,
    ModelFailed,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    ResultMissing,
)
from chalicelib.kit import config
from infra.sandbox.image_provider import SANDBOX_TOKEN, ImageProviderSandbox

ORDER = http_jobs.Order("reference", "https://example.com/photo", "a hat", 1024, {}, "https://example.com/back")
REFUSED = b'{"error": "refused"}'


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImageProviderSandbox]:
    with ImageProviderSandbox() as running:
        monkeypatch.setenv("IMAGE_HTTP_URL", running.url)
        monkeypatch.setenv("IMAGE_HTTP_TOKEN", SANDBOX_TOKEN)
        config.forget_settings()
        yield running
        monkeypatch.undo()
        config.forget_settings()


@pytest.mark.parametrize("body", [REFUSED, b"", b"<h1>refused</h1>", b"[]"])
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (302, ModelMisconfigured),
        (400, ModelMisconfigured),
        (401, ModelMisconfigured),
        (403, ModelMisconfigured),
        (408, ModelUnavailable),
        (429, ModelThrottled),
        (500, ModelUnavailable),
        (503, ModelUnavailable),
    ],
)
def test_the_status_decides_with_any_body(
    provider: ImageProviderSandbox, status: int, failure: type[ModelFailed], body: bytes
) -> None:
    provider.outage = (status, body)
    for call in (lambda: http_jobs.submit(ORDER), lambda: http_jobs.collect("job")):
        with pytest.raises(failure) as error:
            call()
        assert error.type is failure
        assert not error.value.is_refusal


@pytest.mark.parametrize(("body", "failure"), [(REFUSED, ContentRefused), (b"<h1>refused</h1>", ModelMisconfigured)])
def test_a_422_with_a_refusal_code_is_a_refusal(
    provider: ImageProviderSandbox, body: bytes, failure: type[ModelFailed]
) -> None:
    provider.outage = (422, body)
    with pytest.raises(failure):
        http_jobs.submit(ORDER)


def test_a_success_without_json_is_an_outage(provider: ImageProviderSandbox) -> None:
    provider.outage = (200, b"<h1>Welcome</h1>")
    with pytest.raises(ModelUnavailable):
        http_jobs.submit(ORDER)


def test_a_deleted_job_or_result_is_missing(provider: ImageProviderSandbox) -> None:
    job = http_jobs.submit(ORDER)
    provider.finish(job, b"", f"{provider.url}/results/none")
    with pytest.raises(ResultMissing):
        http_jobs.collect(job)
    provider.lose(job)
    with pytest.raises(ResultMissing):
        http_jobs.collect(job)
