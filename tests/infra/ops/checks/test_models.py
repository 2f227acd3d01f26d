"""The check of Bedrock's models. The embedded AWS has no Bedrock: AWS's answers are stubbed, and checked by botocore."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from chalicelib.kit import aws, config
from infra.ops.checks import models

MODEL = "amazon.nova-lite-v1:0"
PROFILE = f"us.{MODEL}"
ARN = f"arn:aws:bedrock:us-west-2::foundation-model/{MODEL}"


@pytest.fixture
def bedrock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setenv("TEXT_MODEL", f"bedrock:{PROFILE}")
    config.forget_settings()
    with Stubber(aws.client("bedrock", config.settings().bedrock_region, models.READ_SECONDS)) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
    aws.forget_clients()
    monkeypatch.undo()
    config.forget_settings()


def add_profile(stubber: Stubber) -> None:
    response = {
        "inferenceProfileName": "US Nova Lite",
        "inferenceProfileArn": f"arn:aws:bedrock:us-west-2:123456789012:inference-profile/{PROFILE}",
        "inferenceProfileId": PROFILE,
        "models": [{"modelArn": ARN}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
    stubber.add_response("get_inference_profile", response, {"inferenceProfileIdentifier": PROFILE})


def add_model(stubber: Stubber, lifecycle: dict[str, Any], kinds: tuple[str, ...] = ("ON_DEMAND",)) -> None:
    details = {
        "modelArn": ARN,
        "modelId": MODEL,
        "modelLifecycle": lifecycle,
        "inferenceTypesSupported": list(kinds),
    }
    stubber.add_response("get_foundation_model", {"modelDetails": details}, {"modelIdentifier": MODEL})


def test_a_profile_of_an_active_model_is_ok(bedrock: Stubber) -> None:
    """A model that only profiles reach does not support on-demand calls by its own id."""
    add_profile(bedrock)
    add_model(bedrock, {"status": "ACTIVE"}, ("INFERENCE_PROFILE",))

    [finding] = models.check()

    assert (finding.name, finding.status) == ("TEXT_MODEL", "ok")
    assert PROFILE in finding.advice


def test_a_model_that_needs_a_profile_fails_by_its_own_id(bedrock: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXT_MODEL", f"bedrock:{MODEL}")
    config.forget_settings()
    add_model(bedrock, {"status": "ACTIVE"}, ("INFERENCE_PROFILE",))

    [finding] = models.check()

    assert finding.status == "failed"
    assert f"such as {PROFILE}" in finding.advice


@pytest.mark.parametrize(
    ("lifecycle", "status", "advice"),
    [
        ({"status": "LEGACY"}, "warning", "is being withdrawn"),
        ({"status": "LEGACY", "endOfLifeTime": datetime(2999, 1, 2, tzinfo=UTC)}, "warning", "ends on 2999-01-02"),
        ({"status": "LEGACY", "endOfLifeTime": datetime(2026, 9, 30, tzinfo=UTC)}, "failed", "ended on 2026-09-30"),
    ],
)
def test_a_model_near_or_past_its_end_is_reported(
    bedrock: Stubber, lifecycle: dict[str, Any], status: str, advice: str
) -> None:
    add_profile(bedrock)
    add_model(bedrock, lifecycle)

    [finding] = models.check()

    assert finding.status == status
    assert advice in finding.advice


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("ResourceNotFoundException", "failed", "does not exist"),
        ("ValidationException", "failed", "set TEXT_MODEL to another id"),
        ("AccessDeniedException", "warning", "was not checked: AccessDeniedException"),
    ],
)
def test_an_id_that_bedrock_does_not_know_fails(bedrock: Stubber, code: str, status: str, advice: str) -> None:
    bedrock.add_client_error("get_inference_profile", code, "no", 400)

    [finding] = models.check()

    assert finding.status == status
    assert advice in finding.advice


def test_image_models_are_checked_if_they_are_configured(bedrock: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXT_MODEL", "local")
    monkeypatch.setenv("IMAGE_MODEL", "bedrock")
    config.forget_settings()
    for _ in range(2):
        bedrock.add_client_error("get_inference_profile", "ThrottlingException", "no", 400)

    assert [finding.name for finding in models.check()] == ["BEDROCK_IMAGE_MODEL", "BEDROCK_UPSCALE_MODEL"]


def test_local_models_need_no_check() -> None:
    assert list(models.check()) == []
