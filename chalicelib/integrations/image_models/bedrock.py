"""Amazon Bedrock: restyling and upscaling with models of Stability AI.

The region and the models are configured, each by a model id or by the id of an inference profile (ADR 41). Sources:
docs.aws.amazon.com/bedrock, "Stability AI Image Services" (Control Structure; upscaling: input of at most 1 megapixel,
output with sides four times as long), "Stability.ai Stable Diffusion 3.5 Large" (image-to-image), and the errors of
InvokeModel.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from chalicelib.integrations.image_models.failures import (
    ContentRefused,
    ModelFailed,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    StyleUnusable,
)
from chalicelib.integrations.image_models.selection import GeneratedImage
from chalicelib.integrations.images.decoding import UnreadableImage
from chalicelib.kit import aws, config

READ_SECONDS = 50
"""Read timeout of a model call. A final calls two models within 120 seconds if its preview has no unmarked picture."""
STRENGTH = 0.65
"""Default strength: how much the picture may differ from the photo, from 0 to 1."""
CONTROL_STRUCTURE = "stable-image-control-structure"
"""Part of the ids of the model and of its inference profiles. Other models get the body of image-to-image."""
MOST_PIXELS = 1_048_576
"""Maximum input of the upscaling models, and output of image-to-image, in pixels."""
_STEP = 64
"""Diffusion models produce sides that are multiples of this number of pixels."""
_MOST_SIDE = 1536
"""The longest side that is sent to a model, in pixels: a multiple of _STEP."""
_STRETCH = 0.02 / _STEP
"""Share by which a photo may be stretched, for each pixel of the step."""

_THROTTLED = {"ThrottlingException", "ServiceQuotaExceededException"}
_FAULTS = {
    "InternalServerException",
    "ModelErrorException",
    "ModelNotReadyException",
    "ModelTimeoutException",
    "ServiceUnavailableException",
}
_REFUSALS = ("content filter", "filter reason", "filtered words", "content_filtered")
"""Lower-case phrases in the texts by which a model reports that moderation refused the input or the picture."""


def make(photo: bytes, prompt: str, parameters: Mapping[str, Any]) -> GeneratedImage:
    """Generate a picture from the photo and the prompt, of about 1 megapixel.

    `parameters` may have a numeric `seed` and `strength` (0 to 1). Raises UnreadableImage if the photo cannot be
    decoded, StyleUnusable if a parameter is not a number, and another ModelFailed if a model makes no picture.
    """
    settings = config.settings()
    seed, strength = parameters.get("seed", 0), parameters.get("strength", STRENGTH)
    if not (_is_number(seed) and _is_number(strength)):
        raise StyleUnusable("the parameters `seed` and `strength` must be numbers")
    source, seed, strength = _source(photo), int(seed), float(strength)
    model = settings.bedrock_image_model
    body = _control_structure if CONTROL_STRUCTURE in model else _image_to_image
    picture = _picture(_invoke(model, body(source, prompt, strength, seed)))
    return GeneratedImage(picture, "image/png", *_size(picture), model=f"bedrock/{model}")


def upscale(picture: bytes, prompt: str) -> GeneratedImage:
    """Upscale a picture by the upscaling model's fixed factor; a picture above MOST_PIXELS is first reduced to MOST_PIXELS.

    The result's `model` is the name of the upscaling model. Raises UnreadableImage if the picture cannot be decoded,
    ModelFailed if the model returns no picture.
    """
    model = config.settings().bedrock_upscale_model
    width, height = _size(picture)
    source = _source(picture, step=1) if width * height > MOST_PIXELS else picture
    enlarged = _picture(_invoke(model, _upscale(source, prompt, model)))
    return GeneratedImage(enlarged, "image/png", *_size(enlarged), model=model)


def _source(photo: bytes, step: int = _STEP) -> bytes:
    """Encode the photo as an upright PNG of at most MOST_PIXELS, with sides that are multiples of `step` px."""
    from PIL.Image import Resampling

    from chalicelib.integrations.images import decoding

    picture = decoding.decode(photo, long_side=_MOST_SIDE)
    out = BytesIO()
    picture.resize(_sides(picture.width / picture.height, step), Resampling.LANCZOS).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _sides(aspect: float, step: int) -> tuple[int, int]:
    """Return the largest allowed sides with nearly the aspect (2 % off at a step of 64), else those with the nearest.

    The photo is stretched to them, and a result of another shape is cropped: the largest sides alone can be 7 % off.
    """

    def worth(sides: tuple[int, int]) -> tuple[float, int]:
        ratio = sides[0] / sides[1] / aspect
        return -max(ratio, 1 / ratio, 1 + step * _STRETCH), sides[0] * sides[1]

    widths = range(max(step, _STEP), _MOST_SIDE + 1, step)
    pairs = ((width, min(_MOST_SIDE, max(_STEP, round(width / aspect / step) * step))) for width in widths)
    return max((pair for pair in pairs if pair[0] * pair[1] <= MOST_PIXELS), key=worth)


def _control_structure(source: bytes, prompt: str, strength: float, seed: int) -> dict[str, Any]:
    """Return the body for Control Structure: the default strength gives 0.675, near the model's default of 0.7.

    `control_strength` is the influence of the photo's structure. Below 0.5 the person in the photo is lost.
    """
    return {
        "prompt": prompt[:10_000],
        "image": _text(source),
        "control_strength": round(1 - min(1.0, max(0.0, strength)) / 2, 4),
        "seed": seed,
        "output_format": "png",
    }


def _image_to_image(source: bytes, prompt: str, strength: float, seed: int) -> dict[str, Any]:
    return {
        "mode": "image-to-image",
        "prompt": prompt[:10_000],
        "image": _text(source),
        "strength": strength,
        "seed": seed,
        "output_format": "png",
    }


def _upscale(picture: bytes, prompt: str, model: str) -> dict[str, Any]:
    """Return the request body for upscaling. The fast upscaler accepts no prompt; the conservative one requires it."""
    body: dict[str, Any] = {"image": _text(picture), "output_format": "png"}
    return body if "fast-upscale" in model else body | {"prompt": prompt[:10_000]}


def _invoke(model: str, body: dict[str, Any]) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    client = aws.client("bedrock-runtime", config.settings().bedrock_region, READ_SECONDS, attempts=1)
    content = json.dumps(body).encode()
    try:
        answer = client.invoke_model(
            modelId=model, body=content, contentType="application/json", accept="application/json"
        )
        return dict(json.loads(answer["body"].read()))
    except ClientError as error:
        raise _failure(error.response)(f"{model}: {error.response['Error']['Code']}") from error
    except (BotoCoreError, ValueError) as error:
        raise ModelUnavailable(f"{model}: {type(error).__name__}") from error


def _failure(response: Mapping[str, Any]) -> type[ModelFailed]:
    """Return the failure that InvokeModel's error response means.

    Models report moderation of the input as a ValidationException with a known text. Any other ValidationException is a
    wrong request or a wrong model. 401 and 403 are a wrong configuration, whatever their text.
    """
    code, text = str(response["Error"]["Code"]), str(response["Error"].get("Message", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if status in (401, 403) or code == "AccessDeniedException":
        return ModelMisconfigured
    if code in _THROTTLED or (status == 429 and code not in _FAULTS):
        return ModelThrottled
    if code in _FAULTS or status >= 500:
        return ModelUnavailable
    return ContentRefused if code == "ValidationException" and _is_refusal(text) else ModelMisconfigured


def _is_refusal(text: str) -> bool:
    return any(mark in text.lower() for mark in _REFUSALS)


def _picture(answer: dict[str, Any]) -> bytes:
    """Return the picture of a response; `finish_reasons` tells why there is none.

    Raises ContentRefused if moderation refused the picture, ModelUnavailable if the response has no picture for another
    reason.
    """
    finished = next(iter(answer.get("finish_reasons") or []), None)
    if finished and _is_refusal(str(finished)):
        raise ContentRefused(str(finished)[:200])
    if finished and finished != "SUCCESS":
        raise ModelUnavailable(str(finished)[:200])
    try:
        picture = base64.b64decode(answer["images"][0])
        _size(picture)
    except (UnreadableImage, LookupError, TypeError, ValueError) as error:
        raise ModelUnavailable("the response contains no picture") from error
    return picture


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(picture: bytes) -> tuple[int, int]:
    from chalicelib.integrations.images import decoding

    return decoding.size_of(picture)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
