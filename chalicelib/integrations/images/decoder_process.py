"""Decode untrusted pictures in a child process, so that a crash of the decoder ends only the child."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chalicelib.integrations.images import decoding
from chalicelib.integrations.images.decoding import UnreadableImage
from chalicelib.kit import child_process
from chalicelib.kit.child_process import Limits

WORKER = Limits(megabytes=900, cpu_seconds=25, seconds=45)
"""Limits for the image functions: within their shortest timeout (60 s) and smallest memory (1,536 MB)."""
REQUEST = Limits(megabytes=768, cpu_seconds=8, seconds=20)
"""Limits for the API: within its timeout (29 s) and memory (1,024 MB)."""


class DecoderFailed(UnreadableImage):
    """The decoder returned neither a picture nor an error."""


class DecoderCrashed(DecoderFailed):
    """A signal ended the decoder: a defect in it, which the sender of the picture may exploit."""


class DecodingTooCostly(DecoderFailed):
    """Decoding exceeded its limit of time or memory."""


def check(data: bytes, limits: Limits) -> None:
    """Decode the picture `data` completely in a child process. Raises the same errors as `run`."""
    run(decoding.check_decodes, [data], {}, limits)


def run(
    function: Callable[..., bytes | None],
    pictures: Sequence[bytes],
    options: Mapping[str, str | float],
    limits: Limits,
) -> bytes:
    """Run `function(*pictures, **options)` in a child process and return its result.

    Raises UnreadableImage if the function does, DecoderCrashed if a signal ends the child, DecodingTooCostly if the
    child exceeds `limits`.
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
