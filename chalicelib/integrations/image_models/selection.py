"""One interface for the image models that return a picture directly. `IMAGE_MODEL` selects the model."""

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


class UnknownImageModel(ValueError):
    """`IMAGE_MODEL` is not the name of a model behind this interface."""


def choose_model(name: str) -> ImageModel:
    """Return the model with that name. Raises UnknownImageModel if there is none."""
    if name == "local":
        return _local
    if name == "bedrock":
        return _bedrock
    raise UnknownImageModel(f"IMAGE_MODEL={name!r}: must be `local`, `bedrock` or `http`")


def _bedrock(photo: bytes, prompt: str, long_side: int, parameters: Mapping[str, Any]) -> GeneratedImage:
    from chalicelib.integrations.image_models import bedrock

    return bedrock.make(photo, prompt, long_side, parameters)


def _local(photo: bytes, prompt: str, long_side: int, parameters: Mapping[str, Any]) -> GeneratedImage:
    from chalicelib.integrations.image_models import local_styles
    from chalicelib.integrations.images import decoding, png

    style = local_styles.pick(prompt, parameters)
    picture = local_styles.stylise(decoding.decode(photo, long_side=long_side), style)
    return GeneratedImage(png.encode(picture), "image/png", *picture.size, model=f"local/{style}")
