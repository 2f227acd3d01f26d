"""Every type of JPEG frame, and PNG and WebP of every kind, cut off at every segment: each in a process of its own.

The guard refuses most of these by their header; here the decoder itself meets them all.
"""

from __future__ import annotations

import pytest

from tests.integrations import odd_files
from tests.integrations.jpeg_files import ADMITTED, FRAME_TYPES, Picture
from tests.integrations.separate_processes import outcomes

REFUSED = ["refused"] * 4
FULL = [48, 32]


def cut(pieces: list[bytes]) -> list[bytes]:
    """Cut off after each piece but the last, and in the middle of each."""
    files = []
    for number, piece in enumerate(pieces):
        begun = b"".join(pieces[:number])
        files += [begun, begun + piece[: len(piece) // 2]]
    return files


def has_survived(outcome: object) -> bool:
    """A crash, a time-out or too much memory shows as a text instead of a list."""
    return isinstance(outcome, list)


@pytest.mark.parametrize("frame_type", FRAME_TYPES)
def test_a_whole_jpeg_gives_a_picture_or_a_refusal(frame_type: int) -> None:
    kinds = [(components, sampling) for components in (1, 3, 4) for sampling in (0x11, 0x22, 0x41)]
    files = [Picture(frame_type, components=components, sampling=sampling).data() for components, sampling in kinds]
    for kind, outcome in zip(kinds, outcomes(files), strict=True):
        assert has_survived(outcome), (kind, outcome)
        if frame_type in ADMITTED:
            assert outcome == ["good", FULL, [16, 11], FULL], kind


@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("frame_type", FRAME_TYPES)
def test_a_jpeg_cut_off_at_any_segment(frame_type: int, components: int) -> None:
    pieces = Picture(frame_type, components=components).segments()
    for number, outcome in enumerate(outcomes(cut(pieces[:-1]))):
        assert has_survived(outcome), (number, outcome)
        if number < 2 * pieces.index(next(piece for piece in pieces if piece[:2] == b"\xff\xda")):
            assert outcome == REFUSED, number


def test_other_precisions() -> None:
    files = [Picture(kind, precision=bits).data() for kind in FRAME_TYPES for bits in (0, 2, 7, 9, 12, 16, 255)]
    for number, outcome in enumerate(outcomes(files)):
        assert outcome == REFUSED, number


@pytest.mark.parametrize(("colour_type", "depth"), odd_files.PNG_KINDS)
def test_a_png_of_any_kind(colour_type: int, depth: int) -> None:
    size = [odd_files.WIDTH, odd_files.HEIGHT]
    for interlaced in (False, True):
        for transparent in {False, colour_type in (0, 2, 3)}:
            pieces = odd_files.png(colour_type, depth, interlaced=interlaced, transparent=transparent)
            whole, *rest = outcomes([b"".join(pieces), *cut(pieces)])
            assert whole == ["good", size, [16, 9], size]
            for number, outcome in enumerate(rest):
                assert has_survived(outcome), (number, outcome)
                if number < 2 * (len(pieces) - 3):  # before the first pixels
                    assert outcome == REFUSED, number


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_webp_of_any_kind(mode: str, lossless: bool, extended: bool) -> None:
    size = [odd_files.WIDTH, odd_files.HEIGHT]
    pieces = odd_files.webp(mode, lossless=lossless, extended=extended)
    whole, *rest = outcomes([b"".join(pieces), *cut(pieces)])
    assert whole == ["good", size, [16, 9], size]
    assert all(map(has_survived, rest)), rest
