"""Every JPEG frame type, and PNG and WebP of every kind, truncated at every segment, each in its own process.

The validation rejects most of these by their header; here the decoder gets all of them.
"""

from __future__ import annotations

import pytest

from tests.integrations import unusual_images
from tests.integrations.jpeg_files import ADMITTED, FRAME_TYPES, Picture
from tests.integrations.separate_processes import decode_outcomes

REFUSED = ["refused"] * 4
FULL = [48, 32]


def truncations(pieces: list[bytes]) -> list[bytes]:
    """Yield the file truncated after and within each piece."""
    files = []
    for number, piece in enumerate(pieces):
        beginning = b"".join(pieces[:number])
        files += [beginning, beginning + piece[: len(piece) // 2]]
    return files


def has_survived(outcome: object) -> bool:
    """Return whether the process survived: a crash, a timeout or too much memory is a text."""
    return isinstance(outcome, list)


@pytest.mark.parametrize("frame_type", FRAME_TYPES)
def test_a_complete_jpeg_is_decoded_or_refused(frame_type: int) -> None:
    kinds = [(components, sampling) for components in (1, 3, 4) for sampling in (0x11, 0x22, 0x41)]
    files = [Picture(frame_type, components=components, sampling=sampling).data() for components, sampling in kinds]
    for kind, outcome in zip(kinds, decode_outcomes(files), strict=True):
        assert has_survived(outcome), (kind, outcome)
        if frame_type in ADMITTED:
            assert outcome == ["good", FULL, [16, 11], FULL], kind


@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("frame_type", FRAME_TYPES)
def test_a_jpeg_truncated_at_any_segment_is_safe(frame_type: int, components: int) -> None:
    pieces = Picture(frame_type, components=components).segments()
    for number, outcome in enumerate(decode_outcomes(truncations(pieces[:-1]))):
        assert has_survived(outcome), (number, outcome)
        if number < 2 * pieces.index(next(piece for piece in pieces if piece[:2] == b"\xff\xda")):
            assert outcome == REFUSED, number


def test_other_precisions_are_refused() -> None:
    files = [Picture(kind, precision=bits).data() for kind in FRAME_TYPES for bits in (0, 2, 7, 9, 12, 16, 255)]
    for number, outcome in enumerate(decode_outcomes(files)):
        assert outcome == REFUSED, number


@pytest.mark.parametrize(("colour_type", "depth"), unusual_images.PNG_KINDS)
def test_any_png_is_decoded_or_refused(colour_type: int, depth: int) -> None:
    size = [unusual_images.WIDTH, unusual_images.HEIGHT]
    for interlaced in (False, True):
        for transparent in {False, colour_type in (0, 2, 3)}:
            pieces = unusual_images.png(colour_type, depth, interlaced=interlaced, transparent=transparent)
            whole, *rest = decode_outcomes([b"".join(pieces), *truncations(pieces)])
            assert whole == ["good", size, [16, 9], size]
            for number, outcome in enumerate(rest):
                assert has_survived(outcome), (number, outcome)
                if number < 2 * (len(pieces) - 3):  # before the first pixels
                    assert outcome == REFUSED, number


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_any_webp_is_decoded_or_refused(mode: str, lossless: bool, extended: bool) -> None:
    size = [unusual_images.WIDTH, unusual_images.HEIGHT]
    pieces = unusual_images.webp(mode, lossless=lossless, extended=extended)
    whole, *rest = decode_outcomes([b"".join(pieces), *truncations(pieces)])
    assert whole == ["good", size, [16, 9], size]
    assert all(map(has_survived, rest)), rest
