"""One interface for the image models that return a picture directly. `IMAGE_MODEL` selects the model.

An image model generates a picture from a photo. An upscaling model enlarges the picture for a print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class GeneratedImage:
    """An encoded picture of type `content_type`, with its size in px. `model` is the name shown to the merchant."""

    image: bytes
    content_type: str
    width: int
    height: int
    model: str


ImageModel = Callable[[bytes, str, int, Mapping[str, Any]], GeneratedImage]
"""A function of the photo, the prompt, the long side in px and the style's parameters.

Raises UnreadableImage if the photo cannot be decoded, ModelFailed if the model makes no picture.
"""


Upscaler = Callable[[bytes, str, int], GeneratedImage]
"""A function of the picture, the prompt and the print's long side in px, which is longer than the picture's.

The result may be smaller or larger than the print. Raises the same errors as an ImageModel.
"""


_UNKNOWN = "IMAGE_MODEL={!r}: must be `local`, `bedrock` or `http`"


class UnknownImageModel(ValueError):
    """`IMAGE_MODEL` is not the name of a model behind this interface."""


def choose_model(name: str) -> ImageModel:
    """Return the model with that name. Raises UnknownImageModel if there is none."""
    if name == "local":
        return _local
    if name == "bedrock":
        return _bedrock
    raise UnknownImageModel(_UNKNOWN.format(name))


def choose_upscaler(name: str) -> Upscaler | None:
    """Return the upscaling model of the image model `name`; None if it has none. Raises UnknownImageModel."""
    if name == "bedrock":
        return _bedrock_upscaler
    if name in ("local", "http"):
        return None
    raise UnknownImageModel(_UNKNOWN.format(name))


def _bedrock(photo: bytes, prompt: str, _: int, parameters: Mapping[str, Any]) -> GeneratedImage:
    from chalicelib.integrations.image_models import bedrock

    return bedrock.make(photo, prompt, parameters)


def _bedrock_upscaler(picture: bytes, prompt: str, _: int) -> GeneratedImage:
    from chalicelib.integrations.image_models import bedrock

    return bedrock.upscale(picture, prompt)


def _local(photo: bytes, prompt: str, long_side: int, parameters: Mapping[str, Any]) -> GeneratedImage:
    from chalicelib.integrations.image_models import local_styles
    from chalicelib.integrations.images import decoding, renditions

    style = local_styles.pick(prompt, parameters)
    picture = local_styles.stylise(decoding.decode(photo, long_side=long_side), style)
    return GeneratedImage(renditions.encode_picture(picture), "image/jpeg", *picture.size, model=f"local/{style}")
