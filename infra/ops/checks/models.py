"""Check that the configured Bedrock models can be called: they exist, are alive, and are addressed as they must be.

The caller needs `bedrock:GetFoundationModel` and `bedrock:GetInferenceProfile`. Whether the account has accepted a model's
terms shows only when the model is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws, clock, config
from infra.deploy.bedrock_ids import is_profile, model_of
from infra.ops.checks import Finding

READ_SECONDS = 10


def check() -> Iterator[Finding]:
    """Yield a finding for each setting that names a Bedrock model; nothing if no model of Bedrock is configured."""
    settings = config.settings()
    named = {}
    if settings.image_model == "bedrock":
        named["BEDROCK_IMAGE_MODEL"] = settings.bedrock_image_model
        named["BEDROCK_UPSCALE_MODEL"] = settings.bedrock_upscale_model
    if settings.text_model == "bedrock":
        named["TEXT_MODEL"] = settings.bedrock_text_profile
    for setting, identifier in named.items():
        yield _finding(setting, identifier)


def _finding(setting: str, identifier: str) -> Finding:
    region = config.settings().bedrock_region
    client = aws.client("bedrock", region, READ_SECONDS)
    place = f"{identifier} in {region}"
    try:
        profile = client.get_inference_profile(inferenceProfileIdentifier=identifier) if is_profile(identifier) else {}
        details = client.get_foundation_model(modelIdentifier=model_of(identifier))["modelDetails"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("ResourceNotFoundException", "ValidationException"):
            advice = f"{place} does not exist, or is past its end of life; set {setting} to another id"
            return Finding(setting, "failed", advice)
        return Finding(setting, "warning", f"{place} was not checked: {code}")
    except BotoCoreError as error:
        return Finding(setting, "warning", f"{place} was not checked: {type(error).__name__}")
    if profile.get("status", "ACTIVE") != "ACTIVE":
        return Finding(setting, "failed", f"the inference profile {place} is {profile['status']}; choose another")
    if not profile and "ON_DEMAND" not in details.get("inferenceTypesSupported", ()):
        geography = f"set {setting} to the id of an inference profile, such as us.{identifier}"
        return Finding(setting, "failed", f"{place} cannot be called by its own id; {geography}")
    return _lifecycle(setting, place, details.get("modelLifecycle", {}))


def _lifecycle(setting: str, place: str, lifecycle: dict[str, Any]) -> Finding:
    end: datetime | None = lifecycle.get("endOfLifeTime")
    if end and end <= clock.now():
        return Finding(setting, "failed", f"{place} ended on {end:%Y-%m-%d}; set {setting} to another id")
    if end or lifecycle.get("status") == "LEGACY":
        until = f"ends on {end:%Y-%m-%d}" if end else "is being withdrawn"
        advice = f"{place} {until}, and new accounts may not get access to it; set {setting} to another id"
        return Finding(setting, "warning", advice)
    return Finding(setting, "ok", f"{place} can be called")
