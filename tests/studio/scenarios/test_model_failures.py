"""Model failures: temporary ones are retried, permanent ones reported, and none is charged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from io import BytesIO

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from chalicelib.integrations.image_models import bedrock
from chalicelib.integrations.image_models.failures import (
    ContentRefused,
    ModelMisconfigured,
    ModelThrottled,
)
from chalicelib.kit import aws, clock, config
from chalicelib.studio.models import Generation, GenerationStatus
from chalicelib.studio.service import generation_worker, previews, stuck_generations
from tests.shops.conftest import message_counts
from tests.studio.conftest import Gallery
from tests.studio.scenarios.test_quota_races import assert_counters_equal_rows

BLOCKED = (
    "This request has been blocked by our content filters. Please adjust your input image to submit a new request."
)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Stub Bedrock with the responses that the test adds."""
    monkeypatch.setenv("IMAGE_MODEL", "bedrock")
    config.forget_settings()
    client = aws.client("bedrock-runtime", config.settings().bedrock_region, bedrock.READ_SECONDS, attempts=1)
    with Stubber(client) as stub:
        yield stub
    monkeypatch.undo()
    config.forget_settings()
    aws.forget_clients()


def request_preview(gallery: Gallery) -> str:
    response = gallery.shopper("POST", "generations", gallery.preview_request(gallery.accepted_upload()))
    return str(response.json()["id"])


@pytest.mark.parametrize(("code", "failure"), [("AccessDeniedException", ModelMisconfigured)])
def test_permanent_model_errors_fail_the_preview_at_once(
    gallery: Gallery, model: Stubber, code: str, failure: type[ModelMisconfigured]
) -> None:
    generation = request_preview(gallery)
    model.add_client_error("invoke_model", code)
    assert gallery.drain() == []
    row = Generation.get(generation)
    assert (row.status, row.error_message, row.attempts) == (GenerationStatus.FAILED, failure.reason, 1)
    assert gallery.shopper("GET", f"generations/{generation}").json()["error_message"] == failure.reason
    assert gallery.quota()["current_generations"] == 0
    assert_counters_equal_rows(gallery)


def test_a_refusal_is_reported_and_not_charged(gallery: Gallery, model: Stubber) -> None:
    generation = request_preview(gallery)
    raw = json.dumps({"finish_reasons": ["Filter reason: input image"]}).encode()
    model.add_response(
        "invoke_model", {"body": StreamingBody(BytesIO(raw), len(raw)), "contentType": "application/json"}
    )
    assert gallery.drain() == []
    row = Generation.get(generation)
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, ContentRefused.reason)
    assert_counters_equal_rows(gallery)


def test_a_throttled_model_is_retried_up_to_the_limit(gallery: Gallery, model: Stubber) -> None:
    generation = request_preview(gallery)
    for attempt in range(1, generation_worker.MAX_ATTEMPTS):
        model.add_client_error("invoke_model", "ThrottlingException")
        if attempt == 1:
            assert gallery.drain() == []
        else:
            previews.make_preview(gallery.shop, generation)
        row = Generation.get(generation)
        assert (row.status, row.attempts) == (GenerationStatus.PENDING, attempt)
        assert message_counts("studio-generate_preview") == (0, attempt), "the message is delayed in the queue"
        assert gallery.quota()["generations_at_work"] == 1
    model.add_client_error("invoke_model", "ThrottlingException")
    previews.make_preview(gallery.shop, generation)
    row = Generation.get(generation)
    assert (row.status, row.error_message) == (GenerationStatus.FAILED, ModelThrottled.reason)
    assert_counters_equal_rows(gallery)


def test_a_paid_final_stays_pending_after_model_errors(
    gallery: Gallery, model: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_MODEL", "local")
    config.forget_settings()
    order = gallery.order(gallery.preview()["line_item_property"])
    gallery.forget_pictures()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    monkeypatch.setenv("IMAGE_MODEL", "bedrock")
    config.forget_settings()
    model.add_client_error("invoke_model", "AccessDeniedException")
    assert gallery.drain() == []
    (final,) = gallery.finals()
    moment = clock.now()
    for _ in range(5):
        moment += timedelta(hours=4)
        monkeypatch.setattr(clock, "now", partial(lambda then: then, moment))
        stuck_generations.recover_generations(moment)
        model.add_client_error("invoke_model", "AccessDeniedException")
        assert gallery.drain() == []
        assert Generation.get(final["id"]).status is GenerationStatus.PENDING, "the final stays pending"
    monkeypatch.setenv("IMAGE_MODEL", "local")
    config.forget_settings()
    moment += timedelta(hours=4)
    monkeypatch.setattr(clock, "now", lambda: moment)
    stuck_generations.recover_generations(moment)
    assert gallery.drain() == []
    assert Generation.get(final["id"]).status is GenerationStatus.COMPLETED


@pytest.mark.parametrize(
    ("code", "text", "status", "state"),
    [
        ("ThrottlingException", "slow down", 429, GenerationStatus.PENDING),
        ("ValidationException", "The provided model identifier is invalid.", 400, GenerationStatus.PENDING),
        ("AccessDeniedException", BLOCKED, 403, GenerationStatus.PENDING),
        ("ValidationException", BLOCKED, 400, GenerationStatus.FAILED),
    ],
)
def test_only_a_refusal_of_its_image_fails_a_paid_final(
    gallery: Gallery,
    model: Stubber,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    text: str,
    status: int,
    state: GenerationStatus,
) -> None:
    monkeypatch.setenv("IMAGE_MODEL", "local")
    config.forget_settings()
    order = gallery.order(gallery.preview()["line_item_property"])
    gallery.forget_pictures()
    monkeypatch.setenv("IMAGE_MODEL", "bedrock")
    config.forget_settings()
    model.add_client_error("invoke_model", code, text, status)
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    assert gallery.drain() == []
    (final,) = gallery.finals()
    assert (final["status"], final["next_attempt_at"] is None) == (state, state is GenerationStatus.FAILED)
    assert final["error_message"] == (
        ContentRefused.reason if final["status"] == "failed" else generation_worker.IMAGE_SERVICE_DOWN
    )
