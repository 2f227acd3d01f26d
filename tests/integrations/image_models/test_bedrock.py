"""Bedrock's models, by botocore's own description of the service."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from botocore.validate import ParamValidator
from PIL import Image

from chalicelib.integrations.image_models import bedrock, selection
from chalicelib.integrations.image_models.failures import (
    ContentRefused,
    ModelFailed,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
)
from chalicelib.kit import aws, config
from tests.integrations.pictures import encoded, opened

PHOTO = (Path(__file__).parents[2] / "data" / "photos" / "grace_hopper.jpg").read_bytes()
MADE, LARGE = encoded(Image.new("RGB", (832, 1216), "red")), encoded(Image.new("RGB", (3328, 4864), "red"))
BLOCKED = "This request has been blocked by our content filters."
STYLE, UPSCALE = "stability.sd3-5-large-v1:0", "stability.stable-fast-upscale-v1:0"


class Models:
    """What the models answer, and what they were asked."""

    def __init__(self) -> None:
        self.client = aws.client("bedrock-runtime", config.settings().bedrock_region, bedrock.READ_SECONDS, attempts=1)
        self.stub = Stubber(self.client)
        self.asked: list[dict[str, Any]] = []
        self.client.meta.events.register("before-parameter-build.bedrock-runtime.InvokeModel", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        assert not ParamValidator().validate(params, model.input_shape).has_errors()
        self.asked.append(json.loads(params["body"]))

    def answer(self, model: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        answer = {"body": StreamingBody(io.BytesIO(raw), len(raw)), "contentType": "application/json"}
        expected = {"modelId": model, "body": ANY, "contentType": "application/json", "accept": "application/json"}
        self.stub.add_response("invoke_model", answer, expected)

    def fail(self, code: str, text: str = "no", status: int = 400) -> None:
        self.stub.add_client_error("invoke_model", code, text, status)


@pytest.fixture
def models() -> Iterator[Models]:
    made = Models()
    with made.stub:
        yield made
        made.stub.assert_no_pending_responses()
    aws.forget()


def picture(data: bytes) -> dict[str, Any]:
    return {"seeds": [7], "finish_reasons": [None], "images": [base64.b64encode(data).decode()]}


def make(long_side: int = 1024, **parameters: Any) -> selection.GeneratedImage:
    return selection.choose_model("bedrock")(PHOTO, "an oil painting", long_side, parameters)


def test_a_photo_goes_out_small_and_comes_back_in_style(models: Models) -> None:
    models.answer(STYLE, picture(MADE))
    made = make(strength=0.5, seed=3)
    assert (made.image, made.width, made.height, made.model) == (MADE, 832, 1216, f"bedrock/{STYLE}")
    (body,) = models.asked
    assert {name: body[name] for name in body if name != "image"} == {
        "mode": "image-to-image",
        "prompt": "an oil painting",
        "strength": 0.5,
        "seed": 3,
        "output_format": "png",
    }
    sent = opened(base64.b64decode(body["image"]))
    assert sent.width * sent.height <= bedrock.MOST_PIXELS
    assert sent.width % 64 == sent.height % 64 == 0
    assert not sent.getexif()


def test_a_final_is_upscaled(models: Models) -> None:
    models.answer(STYLE, picture(MADE))
    models.answer(UPSCALE, picture(LARGE))
    made = make(2048)
    assert (made.width, made.height, made.model) == (3328, 4864, f"bedrock/{STYLE} + {UPSCALE}")
    assert models.asked[1] == {"image": base64.b64encode(MADE).decode(), "output_format": "png"}


def test_nova_canvas_makes_a_variation(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDROCK_IMAGE_MODEL", "amazon.nova-canvas-v1:0")
    config.forget()
    models.answer("amazon.nova-canvas-v1:0", {"images": [base64.b64encode(MADE).decode()], "error": None})
    assert make(strength=0.7).model == "bedrock/amazon.nova-canvas-v1:0"
    (body,) = models.asked
    assert (body["taskType"], body["imageVariationParams"]["text"]) == ("IMAGE_VARIATION", "an oil painting")
    assert body["imageVariationParams"]["similarityStrength"] == pytest.approx(0.3)
    size = body["imageGenerationConfig"]["width"], body["imageGenerationConfig"]["height"]
    assert opened(base64.b64decode(body["imageVariationParams"]["images"][0])).size == size
    monkeypatch.undo()
    config.forget()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({"finish_reasons": ["Filter reason: prompt"]}, ContentRefused),
        ({"finish_reasons": ["Filter reason: input image"], "images": []}, ContentRefused),
        ({"error": "This image may violate the Responsible AI policy.", "images": []}, ContentRefused),
        ({"finish_reasons": ["Inference error"]}, ModelUnavailable),
        ({"finish_reasons": [None], "images": []}, ModelUnavailable),
        ({"finish_reasons": ["CONTENT_FILTERED"]}, ContentRefused),
        ({"error": "All of the generated images have been blocked by our content filters."}, ContentRefused),
        ({"error": "The model has no capacity left.", "images": []}, ModelUnavailable),
        ({"finish_reasons": [None], "images": ["bm8gcGljdHVyZQ=="]}, ModelUnavailable),
        ({"finish_reasons": [None], "images": ["no base64"]}, ModelUnavailable),
        ({"finish_reasons": [None], "images": [None]}, ModelUnavailable),
        ({"images": {}}, ModelUnavailable),
    ],
)
def test_answers_without_a_picture(models: Models, answer: dict[str, Any], failure: type[ModelFailed]) -> None:
    models.answer(STYLE, answer)
    with pytest.raises(failure):
        make()


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("ThrottlingException", ModelThrottled),
        ("ServiceQuotaExceededException", ModelThrottled),
        ("ModelTimeoutException", ModelUnavailable),
        ("ModelNotReadyException", ModelUnavailable),
        ("InternalServerException", ModelUnavailable),
        ("AccessDeniedException", ModelMisconfigured),
        ("ResourceNotFoundException", ModelMisconfigured),
        ("ValidationException", ModelMisconfigured),
    ],
)
def test_errors_are_told_apart(models: Models, code: str, failure: type[ModelFailed]) -> None:
    models.fail(code)
    with pytest.raises(failure, match=code):
        make()


@pytest.mark.parametrize(
    ("code", "text", "status", "failure"),
    [
        ("ValidationException", f"{BLOCKED} Please adjust your text prompt.", 400, ContentRefused),
        ("ValidationException", f"{BLOCKED} Please adjust your input image.", 400, ContentRefused),
        (
            "ValidationException",
            "(400, 'invalid_prompts', 'One or more prompts contains filtered words.')",
            400,
            ContentRefused,
        ),
        ("ValidationException", "The provided model identifier is invalid.", 400, ModelMisconfigured),
        ("ValidationException", "width: 100 is not a multiple of 16", 400, ModelMisconfigured),
        ("AccessDeniedException", BLOCKED, 403, ModelMisconfigured),
        ("AccessDeniedException", BLOCKED, 400, ModelMisconfigured),
        ("ValidationException", BLOCKED, 403, ModelMisconfigured),
        ("UnrecognizedClientException", BLOCKED, 401, ModelMisconfigured),
        ("ExpiredTokenException", "expired", 403, ModelMisconfigured),
        ("ModelErrorException", BLOCKED, 424, ModelUnavailable),
        ("ModelNotReadyException", "warming up", 429, ModelUnavailable),
        ("TooManyRequestsException", "slow down", 429, ModelThrottled),
        ("SomethingNewException", "no", 502, ModelUnavailable),
    ],
)
def test_a_refusal_is_told_from_a_wrong_setting(
    models: Models, code: str, text: str, status: int, failure: type[ModelFailed]
) -> None:
    models.fail(code, text, status)
    with pytest.raises(failure) as raised:
        make()
    assert raised.type is failure
    assert raised.value.is_refusal == (failure is ContentRefused)
