"""Amazon Bedrock: image-to-image and upscaling by Stability AI's models, or image variation by Amazon Nova Canvas.

Sources: docs.aws.amazon.com/bedrock, "Stability.ai Stable Diffusion 3.5 Large" (image-to-image), "Stability AI Image
Services" (upscale: at most 1 megapixel in, four times as long out), "Amazon Nova Canvas" (IMAGE_VARIATION) and its
"Error handling", and the errors of InvokeModel. Which models and which region is configuration.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from chalicelib.integrations.image_decoding import UnreadableImage
from chalicelib.integrations.image_failures import (
    ContentRefused,
    ModelFailed,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    StyleUnusable,
)
from chalicelib.integrations.image_models import GeneratedImage
from chalicelib.kit import aws, config

READ_SECONDS = 50
"""How long a model may take: a final asks two of them, and its function has 120 seconds."""
STRENGTH = 0.65
"""How far a picture may go from the photo (0 to 1) where the style does not say."""
MOST_PIXELS = 1_048_576
"""What the upscaling models take, and image-to-image makes."""
_STEP = 64
"""Sides are multiples of it: what diffusion models make."""

_THROTTLED = {"ThrottlingException", "ServiceQuotaExceededException"}
_FAULTS = {
    "InternalServerException",
    "ModelErrorException",
    "ModelNotReadyException",
    "ModelTimeoutException",
    "ServiceUnavailableException",
}
_REFUSALS = ("content filter", "filter reason", "filtered words", "content_filtered", "responsible ai")
"""In a text that says that moderation refused the input or the picture, in small letters."""


def make(photo: bytes, prompt: str, long_side: int, parameters: Mapping[str, Any]) -> GeneratedImage:
    """The photo in the prompt's style, upscaled where it is to be longer than the model makes it.

    Raises images.UnreadableImage for the photo, and the failures of `image_failures`.
    """
    settings = config.settings()
    seed, strength = parameters.get("seed", 0), parameters.get("strength", STRENGTH)
    if not (_is_number(seed) and _is_number(strength)):
        raise StyleUnusable("its parameters `seed` and `strength` are numbers")
    source, seed, strength = _source(photo), int(seed), float(strength)
    model = settings.bedrock_image_model
    if model.startswith("amazon."):
        answer = _invoke(model, _variation(source, prompt, 1 - strength, seed))
    else:
        answer = _invoke(model, _image_to_image(source, prompt, strength, seed))
    picture, made_by = _picture(answer), f"bedrock/{model}"
    width, height = _size(picture)
    if long_side > max(width, height):
        upscaler = settings.bedrock_upscale_model
        picture = _picture(_invoke(upscaler, _upscale(picture, prompt, upscaler)))
        width, height = _size(picture)
        made_by += f" + {upscaler}"
    return GeneratedImage(picture, "image/png", width, height, model=made_by)


def _source(photo: bytes) -> bytes:
    """The photo as PNG, upright, of about a megapixel."""
    from PIL.Image import Resampling

    from chalicelib.integrations import image_decoding

    picture = image_decoding.decode(photo, long_side=1536)
    scale = min(1.0, (MOST_PIXELS / (picture.width * picture.height)) ** 0.5)
    size = tuple(max(_STEP, int(side * scale) // _STEP * _STEP) for side in picture.size)
    out = BytesIO()
    picture.resize((size[0], size[1]), Resampling.LANCZOS).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _image_to_image(source: bytes, prompt: str, strength: float, seed: int) -> dict[str, Any]:
    return {
        "mode": "image-to-image",
        "prompt": prompt[:10_000],
        "image": _text(source),
        "strength": strength,
        "seed": seed,
        "output_format": "png",
    }


def _variation(source: bytes, prompt: str, similarity: float, seed: int) -> dict[str, Any]:
    width, height = _size(source)
    return {
        "taskType": "IMAGE_VARIATION",
        "imageVariationParams": {
            "images": [_text(source)],
            "text": prompt[:1024],
            "similarityStrength": min(1.0, max(0.2, similarity)),
        },
        "imageGenerationConfig": {"numberOfImages": 1, "width": width, "height": height, "seed": seed},
    }


def _upscale(picture: bytes, prompt: str, model: str) -> dict[str, Any]:
    """The fast upscaler takes no prompt, the conservative one needs one."""
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

    Models report moderation of the input as a ValidationException with a text; any other one is a wrong request or a
    wrong model. 401 and 403 are a wrong setting, whatever their text.
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
    """The one picture of an answer. Nova says what it refused in `error`, Stability in `finish_reasons`.

    Raises ContentRefused, and ModelUnavailable for any other answer that has no picture.
    """
    finished = next(iter(answer.get("finish_reasons") or []), None) or answer.get("error")
    if finished and _is_refusal(str(finished)):
        raise ContentRefused(str(finished)[:200])
    if finished and finished != "SUCCESS":
        raise ModelUnavailable(str(finished)[:200])
    try:
        picture = base64.b64decode(answer["images"][0])
        _size(picture)
    except (UnreadableImage, LookupError, TypeError, ValueError) as error:
        raise ModelUnavailable("no picture in the answer") from error
    return picture


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(picture: bytes) -> tuple[int, int]:
    from chalicelib.integrations import image_decoding

    return image_decoding.size_of(picture)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
