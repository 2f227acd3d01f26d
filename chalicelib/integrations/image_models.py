"""The image models behind one interface: a photo and a prompt in, a picture out. `IMAGE_MODEL` chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class GeneratedImage:
    """`image` is encoded as `content_type`; `model` is what made it, as it is shown to the merchant."""

    image: bytes
    content_type: str
    width: int
    height: int
    model: str


ImageModel = Callable[[bytes, str, int, Mapping[str, Any]], GeneratedImage]
"""(photo, prompt, long side in px, the style's parameters).

Raises `images.UnreadableImage`, and what `image_failures` declares.
"""


class UnknownImageModel(ValueError):
    """`IMAGE_MODEL` names no model that this version knows."""


def choose(name: str) -> ImageModel:
    """The model of that name. Raises UnknownImageModel."""
    if name == "local":
        return _local
    if name == "bedrock":
        return _bedrock
    raise UnknownImageModel(f"IMAGE_MODEL={name!r}: this version knows `local` and `bedrock`")


def _bedrock(photo: bytes, prompt: str, long_side: int, parameters: Mapping[str, Any]) -> GeneratedImage:
    from chalicelib.integrations import bedrock

    return bedrock.make(photo, prompt, long_side, parameters)


def _local(photo: bytes, prompt: str, long_side: int, parameters: Mapping[str, Any]) -> GeneratedImage:
    from chalicelib.integrations import image_decoding, image_png, local_styles

    style = local_styles.pick(prompt, parameters)
    picture = local_styles.stylise(image_decoding.decode(photo, long_side=long_side), style)
    return GeneratedImage(image_png.encode(picture), "image/png", *picture.size, model=f"local/{style}")
