"""Files with missing rows are refused, even with an end marker; files that decode completely are accepted."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.integrations.images.decoding import UnreadableImage, check_decodes, decode
from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.image_header import probe
from tests.integrations.jpeg_files import EOI, Picture, scan
from tests.integrations.sample_images import encode_image
from tests.integrations.unusual_images import chunk

PHOTO = Image.open(Path(__file__).parents[2] / "data" / "photos" / "flower.jpg").convert("RGB").resize((320, 214))
WAYS: dict[str, dict[str, object]] = {
    "baseline": {"quality": 85},
    "own tables": {"quality": 40, "optimize": True},
    "restart markers": {"quality": 85, "restart_marker_rows": 1},
    "progressive": {"quality": 85, "progressive": True},
    "progressive with restart markers": {"quality": 85, "progressive": True, "restart_marker_rows": 2},
}
JPEGS = {name: encode_image(PHOTO, "JPEG", **options) for name, options in WAYS.items()}
JPEGS["inks"] = encode_image(PHOTO.convert("CMYK"), "JPEG", quality=85)
JPEGS["grey"] = encode_image(PHOTO.convert("L"), "JPEG", quality=85)
_GREY_BELOW = PHOTO.copy()
_GREY_BELOW.paste((128, 128, 128), (0, 60, 320, 214))
FLAT = {
    "flat grey": encode_image(Image.new("RGB", (320, 240), (128, 128, 128)), "JPEG", optimize=True),
    "white": encode_image(Image.new("RGB", (2000, 1500), "white"), "JPEG", optimize=True),
    "grey below": encode_image(_GREY_BELOW, "JPEG", quality=60, optimize=True),
    "zeros only": Picture(0, 480, 320).data(),
}
"""Pictures whose own rows look like missing ones: libjpeg's grey, or coded data of zeros."""


def is_accepted(data: bytes) -> bool:
    if image_validation.rejection_reason(probe(data)) is not None:
        return False
    try:
        check_decodes(data)
    except UnreadableImage:
        return False
    return True


def half(data: bytes) -> int:
    """Return the middle of the coded data."""
    return (data.index(b"\xff\xda") + len(data)) // 2


@pytest.mark.parametrize("name", JPEGS)
def test_a_jpeg_without_its_last_rows_is_refused(name: str):
    data = JPEGS[name]
    middle = half(data)
    zeros = bytes(len(data) - middle)
    damaged = [data[:middle], data[:middle] + EOI, data[:middle] + zeros, data[:middle] + zeros[2:] + EOI]
    damaged.append(data[:middle] + bytes(100_000) + EOI)
    assert [is_accepted(each) for each in damaged] == [False] * len(damaged)


@pytest.mark.parametrize("name", [*JPEGS, *FLAT])
def test_a_jpeg_that_decodes_whole_is_accepted(name: str):
    data = (JPEGS | FLAT)[name]
    frame = next(data.index(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in data)
    whole = {
        "as it is": data,
        "no end marker": data[:-2],
        "half an end marker": data[:-1],
        "a byte after the start": data[:2] + b"x" + data[2:],
        "a byte before the frame": data[:frame] + b"\0" + data[frame:],
        "bytes before the end marker": data[:-2] + b"xyz" + EOI,
        "fill bytes": data[:frame] + b"\xff\xff" + data[frame:-2] + b"\xff\xff" + EOI,
        "a second picture": data + JPEGS["baseline"][: half(JPEGS["baseline"])],
        "zeros after the end marker": data + bytes(100_000),
    }
    assert {each: is_accepted(file) for each, file in whole.items()} == dict.fromkeys(whole, True)
    expected = decode(data, long_side=64).tobytes()
    assert all(decode(file, long_side=64).tobytes() == expected for file in whole.values())


@settings(max_examples=20)
@given(st.sampled_from(sorted(JPEGS)), st.floats(0.05, 1), st.booleans())
def test_a_jpeg_cut_anywhere_is_refused(name: str, share: float, has_end: bool):
    """At least 40 bytes are missing, because up to 64 missing bits look like the reader's own padding."""
    data = JPEGS[name]
    start = data.index(b"\xff\xda")
    cut = start + round((len(data) - 42 - start) * share)
    assert not is_accepted(data[:cut] + (EOI if has_end else b""))


@pytest.mark.parametrize("name", ["restart markers", "progressive with restart markers"])
def test_a_jpeg_without_a_restart_interval_is_refused(name: str):
    data = JPEGS[name]
    starts = [match.start() for match in re.finditer(rb"\xff[\xd0-\xd7]", data)]
    end = re.compile(rb"\xff[\xc4\xd9\xda]").search(data, starts[-1])
    assert end
    for start, following in ((starts[0], starts[1]), (starts[-1], end.start())):
        assert not is_accepted(data[:start] + data[following:])


def test_a_progressive_jpeg_needs_the_coefficients_of_every_row():
    pieces = Picture(2, components=3, sampling=0x11).segments()
    assert is_accepted(b"".join(pieces))
    luma_at = len(pieces) - 7  # three scans of AC coefficients, each a header and data, then the end marker
    assert not is_accepted(b"".join(pieces[:luma_at] + pieces[luma_at + 2 :]))
    assert is_accepted(b"".join(pieces[:-3] + pieces[-1:]))  # an encoder may leave out a colour that is flat


def test_a_sequential_jpeg_needs_a_scan_for_each_component():
    picture = Picture(0, components=3)
    begin = picture.segments()[:-3]
    coded = bytes(picture.width * picture.height // 64 * 2 // 8)
    scans = [piece for component in (1, 2, 3) for piece in (scan([component], (0, 63, 0)), coded)]
    assert is_accepted(b"".join((*begin, *scans, EOI)))
    assert not is_accepted(b"".join((*begin, *scans[:-2], EOI)))
    assert not is_accepted(b"".join((*begin, scans[0], b"", *scans[2:], EOI)))


def png(rows: bytes, *, compressed: bytes | None = None, tail: tuple[bytes, ...] = (b"IEND",)) -> bytes:
    header = struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)
    content = zlib.compress(rows) if compressed is None else compressed
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), chunk(b"IDAT", content), *(chunk(t, b"") for t in tail))
    )


def test_a_png_without_its_last_rows_is_refused():
    rows = b"".join(b"\0" + bytes((x * y) % 251 for x in range(180)) for y in range(40))
    packed = zlib.compress(rows)
    cut = len(packed) // 2
    assert is_accepted(png(rows))
    assert is_accepted(png(rows, tail=()))
    assert is_accepted(png(rows + rows))
    damaged = [png(rows[: 181 * 20]), png(rows[:-1]), png(b""), png(rows, compressed=packed[:cut])]
    damaged.append(png(rows, compressed=packed[:cut] + bytes(cut)))
    assert [is_accepted(each) for each in damaged] == [False] * len(damaged)


@pytest.mark.parametrize("options", [{"quality": 80}, {"lossless": True}, {"quality": 80, "exif": b"Exif\0\0MM\0*"}])
def test_a_webp_without_its_last_rows_is_refused(options: dict[str, object]):
    data = encode_image(PHOTO, "WEBP", **options)
    cut = len(data) // 2 // 2 * 2
    assert is_accepted(data)
    assert is_accepted(data + bytes(5_000))
    damaged = [data[:cut], data[:cut] + bytes(len(data) - cut)]
    damaged.append(data[:-200] + bytes(200))
    assert [is_accepted(each) for each in damaged] == [False] * len(damaged)


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("size", [(16, 16), (800, 600)])
def test_a_flat_webp_is_accepted(size: tuple[int, int], lossless: bool):
    half_flat = Image.new("RGB", size, "white")
    half_flat.paste(PHOTO.resize((size[0], size[1] // 2)), (0, 0))
    for picture in (Image.new("RGB", size, "white"), Image.new("RGB", size), half_flat):
        assert is_accepted(encode_image(picture, "WEBP", lossless=lossless, method=0))
