"""The validation accepts only the frames SOF0, SOF1 and SOF2, wherever a decoder would find another."""

from __future__ import annotations

import pytest

from chalicelib.studio.domain.image_header import probe
from chalicelib.studio.domain.image_validation import RejectReason, rejection_reason
from tests.integrations.jpeg_files import ADMITTED, EOI, FRAME_TYPES, Picture, segment
from tests.integrations.separate_processes import decode_outcomes

BASELINE = Picture(0)
FRAME, LOSSLESS = BASELINE.frame(), Picture(3).frame()
COMMENT = segment(0xFE, b"made for a test")


def altered(old: bytes, new: bytes) -> bytes:
    data = BASELINE.data()
    assert data.count(old) == 1
    return data.replace(old, new)


@pytest.mark.parametrize("components", [1, 3, 4])
@pytest.mark.parametrize("frame_type", FRAME_TYPES)
def test_frame_types_are_read_from_the_header(frame_type: int, components: int) -> None:
    header = probe(Picture(frame_type, components=components).data())
    assert (header.width, header.height, header.is_standard) == (48, 32, frame_type in ADMITTED)
    assert rejection_reason(header) is (None if frame_type in ADMITTED else RejectReason.UNSUPPORTED_JPEG)


@pytest.mark.parametrize("frame_type", [kind for kind in FRAME_TYPES if kind not in ADMITTED])
def test_no_unsupported_frame_passes_when_truncated(frame_type: int) -> None:
    data = Picture(frame_type, components=3).data()
    for end in range(3, len(data)):
        assert rejection_reason(probe(data[:end])) in (RejectReason.UNSUPPORTED_JPEG, RejectReason.UNREADABLE), end


@pytest.mark.parametrize("precision", [2, 7, 12, 16])
def test_only_eight_bit_samples_are_accepted(precision: int) -> None:
    assert rejection_reason(probe(Picture(1, precision=precision).data())) is RejectReason.UNSUPPORTED_JPEG


HIDDEN = {
    "behind a fill byte": altered(FRAME, b"\xff" + LOSSLESS),
    "behind many fill bytes": altered(FRAME, b"\xff" * 1000 + LOSSLESS),
    "behind stray bytes": altered(FRAME, b"stray\0\xff\0" + LOSSLESS),
    "behind a restart marker": altered(FRAME, b"\xff\xd3" + LOSSLESS),
    "behind an empty segment": altered(FRAME, b"\xff\xe5\0\2" + LOSSLESS),
    "behind a segment without a length": altered(FRAME, b"\xff\xe5\0\0" + LOSSLESS),
    "behind a segment of length one": altered(FRAME, b"\xff\xe5\0\1" + LOSSLESS),
    "behind a segment that hides the first": altered(FRAME, segment(0xE5, FRAME) + LOSSLESS),
    "before the first": altered(FRAME, LOSSLESS + FRAME),
    "after the first": altered(FRAME, FRAME + LOSSLESS),
    "after the first, a fill byte between": altered(FRAME, FRAME + b"\xff" + LOSSLESS),
    "after the scan": altered(EOI, LOSSLESS + EOI),
    "after the scan, fill bytes between": altered(EOI, b"\xff\xff\xff" + LOSSLESS + EOI),
    "of the same type again": altered(FRAME, FRAME + FRAME),
    "hierarchical": altered(FRAME, segment(0xDE, FRAME[4:]) + FRAME),
    "hierarchical, expanded": altered(FRAME, FRAME + segment(0xDF, b"\x11")),
    "JPG": altered(FRAME, segment(0xC8, FRAME[4:]) + FRAME),
    "JPEG-LS": altered(FRAME, segment(0xF7, FRAME[4:]) + FRAME),
}


@pytest.mark.parametrize("place", HIDDEN)
def test_a_hidden_second_frame_is_found(place: str) -> None:
    assert rejection_reason(probe(HIDDEN[place])) is RejectReason.UNSUPPORTED_JPEG


def test_hidden_frames_do_not_crash_the_decoder() -> None:
    assert all(isinstance(outcome, list) for outcome in decode_outcomes(list(HIDDEN.values())))


GOOD = {
    "fill bytes": altered(FRAME, b"\xff\xff\xff" + FRAME),
    "stray bytes": altered(FRAME, b"\0stray" + FRAME),
    "a frame in a segment": altered(COMMENT, segment(0xE5, LOSSLESS)),
    "a frame after the end": BASELINE.data() + LOSSLESS,
    "restart markers": altered(FRAME, b"\xff\xd0" + FRAME),
    "arithmetic conditioning": altered(FRAME, segment(0xCC, b"\0\0") + FRAME),
}


@pytest.mark.parametrize("oddity", GOOD)
def test_segments_that_decoders_skip_are_skipped(oddity: str) -> None:
    """The validation accepts the size of the frame, and Pillow decodes the same size."""
    header = probe(GOOD[oddity])
    assert (rejection_reason(header), header.width, header.height) == (None, 48, 32)
    assert decode_outcomes([GOOD[oddity]])[0][:2] == ["good", [48, 32]]


@pytest.mark.parametrize("stray", [b"\xff\xd8", b"\xff\x01", b"\xff\x02\0\2", b"\xff\xbf\0\2"])
def test_ambiguous_markers_are_refused(stray: bytes) -> None:
    data = altered(FRAME, stray + FRAME)
    assert rejection_reason(probe(data)) is RejectReason.UNREADABLE
    assert decode_outcomes([data])[0] == ["refused"] * 4


def test_the_number_of_scanned_segments_is_limited() -> None:
    assert rejection_reason(probe(altered(FRAME, b"\xff\xe5\0\2" * 6000 + LOSSLESS))) is RejectReason.UNREADABLE
    assert (
        rejection_reason(probe(altered(FRAME, FRAME + b"\xff\xe5\0\2" * 6000 + LOSSLESS)))
        is RejectReason.TOO_MANY_SCANS
    )
