"""Strangers' pictures, decoded in a child process: a decoder that crashes on one ends the child and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chalicelib.integrations import image_decoding
from chalicelib.integrations.image_decoding import UnreadableImage
from chalicelib.kit import child_process
from chalicelib.kit.child_process import Limits

WORKER = Limits(megabytes=900, cpu_seconds=25, seconds=45)
"""For the functions of images: within the shortest time-out, 60 s, and the smallest memory, 1,536 MB."""
REQUEST = Limits(megabytes=768, cpu_seconds=8, seconds=20)
"""For the API, which answers within 29 s in 1,024 MB."""


class DecoderFailed(UnreadableImage):
    """The decoder returned neither a picture nor an error."""


class DecoderCrashed(DecoderFailed):
    """A signal ended the decoder: a defect of it, which whoever sent the picture may know."""


class DecodingTooCostly(DecoderFailed):
    """Decoding exceeded its time or memory."""


def check(data: bytes, limits: Limits) -> None:
    """Read the picture `data` to its end in a child. Raises UnreadableImage, DecoderCrashed, DecodingTooCostly."""
    run(image_decoding.check_decodes, [data], {}, limits)


def run(
    function: Callable[..., bytes | None],
    pictures: Sequence[bytes],
    options: Mapping[str, str | float],
    limits: Limits,
) -> bytes:
    """Return what `function(*pictures, **options)` returns in a child.

    Raises UnreadableImage as the function does, DecoderCrashed, DecodingTooCostly.
    """
    try:
        return child_process.call(function, pictures, options, limits)
    except child_process.ChildCrashed as error:
        raise DecoderCrashed(str(error)) from error
    except (child_process.ChildTimedOut, child_process.ChildOutOfMemory) as error:
        raise DecodingTooCostly(str(error)) from error
    except child_process.ChildRaised as error:
        if error.name == UnreadableImage.__name__:
            raise UnreadableImage(error.text) from error
        raise
