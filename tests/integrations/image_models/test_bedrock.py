"""The Bedrock models, validated by the service description of botocore."""

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
from tests.integrations.sample_images import encode_image, open_image

PHOTO = (Path(__file__).parents[2] / "data" / "photos" / "grace_hopper.jpg").read_bytes()
MADE, LARGE = encode_image(Image.new("RGB", (832, 1216), "red")), encode_image(Image.new("RGB", (3328, 4864), "red"))
BLOCKED = "This request has been blocked by our content filters."
STYLE = "us.stability.stable-image-control-structure-v1:0"
UPSCALE = "us.stability.stable-fast-upscale-v1:0"


class StubbedModels:
    """Stubbed models: their responses and the recorded requests."""

    def __init__(self) -> None:
        self.client = aws.client("bedrock-runtime", config.settings().bedrock_region, bedrock.READ_SECONDS, attempts=1)
        self.stub = Stubber(self.client)
        self.requests: list[dict[str, Any]] = []
        self.client.meta.events.register("before-parameter-build.bedrock-runtime.InvokeModel", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        assert not ParamValidator().validate(params, model.input_shape).has_errors()
        self.requests.append(json.loads(params["body"]))

    def add_response(self, model: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        response = {"body": StreamingBody(io.BytesIO(raw), len(raw)), "contentType": "application/json"}
        expected = {"modelId": model, "body": ANY, "contentType": "application/json", "accept": "application/json"}
        self.stub.add_response("invoke_model", response, expected)

    def fail(self, code: str, text: str = "no", status: int = 400) -> None:
        self.stub.add_client_error("invoke_model", code, text, status)


@pytest.fixture
def models() -> Iterator[StubbedModels]:
    fake_models = StubbedModels()
    with fake_models.stub:
        yield fake_models
        fake_models.stub.assert_no_pending_responses()
    aws.forget_clients()


def picture(data: bytes) -> dict[str, Any]:
    return {"seeds": [7], "finish_reasons": [None], "images": [base64.b64encode(data).decode()]}


def generate_image(long_side: int = 1024, **parameters: Any) -> selection.GeneratedImage:
    return selection.choose_model("bedrock")(PHOTO, "an oil painting", long_side, parameters)


def test_a_photo_is_downscaled_and_styled(models: StubbedModels) -> None:
    models.add_response(STYLE, picture(MADE))
    image = generate_image(strength=0.5, seed=3)
    assert (image.image, image.width, image.height, image.model) == (MADE, 832, 1216, f"bedrock/{STYLE}")
    (body,) = models.requests
    assert {name: body[name] for name in body if name != "image"} == {
        "prompt": "an oil painting",
        "control_strength": 0.75,
        "seed": 3,
        "output_format": "png",
    }
    sent_image = open_image(base64.b64decode(body["image"]))
    assert sent_image.width * sent_image.height <= bedrock.MOST_PIXELS
    assert sent_image.width % 64 == sent_image.height % 64 == 0
    assert not sent_image.getexif()


@pytest.mark.parametrize("size", [(800, 1000), (1000, 1500), (900, 1200), (1600, 900), (3000, 1000), (1100, 1400)])
def test_a_photo_is_sent_in_its_shape(models: StubbedModels, size: tuple[int, int]) -> None:
    """Otherwise it is stretched, and the result is cropped to the shape that the shopper chose."""
    models.add_response(STYLE, picture(MADE))
    selection.choose_model("bedrock")(encode_image(Image.new("RGB", size), "JPEG"), "an oil painting", 1024, {})
    sent_image = open_image(base64.b64decode(models.requests[0]["image"]))
    assert sent_image.width / sent_image.height == pytest.approx(size[0] / size[1], rel=0.02)
    assert 0.7 * bedrock.MOST_PIXELS < sent_image.width * sent_image.height <= bedrock.MOST_PIXELS


def upscale(data: bytes) -> selection.GeneratedImage:
    upscaler = selection.choose_upscaler("bedrock")
    assert upscaler is not None
    return upscaler(data, "an oil painting", 3200)


def test_a_picture_is_upscaled(models: StubbedModels) -> None:
    models.add_response(UPSCALE, picture(LARGE))
    image = upscale(MADE)
    assert (image.width, image.height, image.model) == (3328, 4864, UPSCALE)
    assert models.requests == [{"image": base64.b64encode(MADE).decode(), "output_format": "png"}]


def test_a_picture_of_another_model_is_reduced_before_it_is_upscaled(models: StubbedModels) -> None:
    models.add_response(UPSCALE, picture(LARGE))
    upscale(encode_image(Image.new("RGB", (1500, 2000))))
    sent_image = open_image(base64.b64decode(models.requests[0]["image"]))
    assert 0.99 * bedrock.MOST_PIXELS < sent_image.width * sent_image.height <= bedrock.MOST_PIXELS
    assert sent_image.width / sent_image.height == pytest.approx(0.75, abs=0.001)


@pytest.mark.parametrize(("strength", "sent"), [(None, 0.675), (0, 1.0), (1, 0.5), (7, 0.5), (-1, 1.0)])
def test_the_structure_of_the_photo_is_kept_at_every_strength(
    models: StubbedModels, strength: float | None, sent: float
) -> None:
    models.add_response(STYLE, picture(MADE))
    parameters: dict[str, Any] = {} if strength is None else {"strength": strength}
    generate_image(**parameters)
    assert models.requests[0]["control_strength"] == sent


@pytest.fixture
def other_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Choose a model that is called by its own id."""
    name = "stability.sd3-5-large-v1:0"
    monkeypatch.setenv("BEDROCK_IMAGE_MODEL", name)
    config.forget_settings()
    yield name
    monkeypatch.undo()
    config.forget_settings()


def test_another_model_gets_the_body_of_image_to_image(other_model: str, models: StubbedModels) -> None:
    models.add_response(other_model, picture(MADE))
    assert generate_image(strength=0.7).model == f"bedrock/{other_model}"
    (body,) = models.requests
    assert (body["mode"], body["strength"], "control_strength" in body) == ("image-to-image", 0.7, False)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({"finish_reasons": ["Filter reason: prompt"]}, ContentRefused),
        ({"finish_reasons": ["Filter reason: input image"], "images": []}, ContentRefused),
        ({"finish_reasons": ["Inference error"]}, ModelUnavailable),
        ({"finish_reasons": [None], "images": []}, ModelUnavailable),
        ({"finish_reasons": ["CONTENT_FILTERED"]}, ContentRefused),
        ({"finish_reasons": ["All of the generated images have been blocked by our content filters."]}, ContentRefused),
        ({"finish_reasons": [None], "images": ["bm8gcGljdHVyZQ=="]}, ModelUnavailable),
        ({"finish_reasons": [None], "images": ["no base64"]}, ModelUnavailable),
        ({"finish_reasons": [None], "images": [None]}, ModelUnavailable),
        ({"images": {}}, ModelUnavailable),
    ],
)
def test_a_response_without_an_image_raises(
    models: StubbedModels, answer: dict[str, Any], failure: type[ModelFailed]
) -> None:
    models.add_response(STYLE, answer)
    with pytest.raises(failure):
        generate_image()


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
def test_errors_map_to_their_failures(models: StubbedModels, code: str, failure: type[ModelFailed]) -> None:
    models.fail(code)
    with pytest.raises(failure, match=code):
        generate_image()


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
def test_a_refusal_differs_from_a_misconfiguration(
    models: StubbedModels, code: str, text: str, status: int, failure: type[ModelFailed]
) -> None:
    models.fail(code, text, status)
    with pytest.raises(failure) as error:
        generate_image()
    assert error.type is failure
    assert error.value.is_refusal == (failure is ContentRefused)
