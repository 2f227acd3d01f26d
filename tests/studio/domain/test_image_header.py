"""The header reader with images from Pillow, and with bytes that no encoder writes."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chalicelib.studio.domain.image_header import Format, Probe, probe


def _encoded(size: tuple[int, int], image_format: str, mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, 128 if mode == "L" else None).save(out, image_format, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "image_format"),
    [
        (_encoded((40, 30), "JPEG"), Format.JPEG),
        (_encoded((40, 30), "JPEG", progressive=True), Format.JPEG),
        (_encoded((40, 30), "JPEG", mode="CMYK"), Format.JPEG),
        (_encoded((40, 30), "JPEG", exif=b"Exif\0\0" + bytes(60_000), icc_profile=bytes(200_000)), Format.JPEG),
        (_encoded((40, 30), "PNG"), Format.PNG),
        (_encoded((40, 30), "PNG", mode="RGBA"), Format.PNG),
        (_encoded((40, 30), "WEBP"), Format.WEBP),
        (_encoded((40, 30), "WEBP", lossless=True), Format.WEBP),
        (_encoded((40, 30), "WEBP", mode="RGBA", lossless=True, exif=b"Exif\0\0"), Format.WEBP),
    ],
)
def test_size_and_format_are_read_from_the_content(data: bytes, image_format: Format):
    header = probe(data)
    assert (header.format, header.width, header.height, header.frames) == (image_format, 40, 30, 1)
    assert header.byte_count == len(data)


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_an_animation_has_more_than_one_frame(image_format: str):
    second = Image.new("RGB", (8, 8), "red")
    assert probe(_encoded((8, 8), image_format, save_all=True, append_images=[second])).frames == 2


def test_a_multi_picture_file_is_no_animation():
    """Phones append a depth or gain map to the photo (MPF); it is no animation."""
    data = _encoded((8, 8), "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4))])
    header = probe(data)
    assert (header.format, header.width, header.frames) == (Format.JPEG, 8, 1)


@pytest.mark.parametrize("size", [(1, 1), (16383, 1), (1, 16383)])
def test_extreme_webp_sizes_are_read(size: tuple[int, int]):
    for lossless in (True, False):
        header = probe(_encoded(size, "WEBP", lossless=lossless))
        assert (header.width, header.height) == size


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"GIF89a" + bytes(40), b"BM" + bytes(60), b"<svg/>", b"II*\0"])
def test_other_content_has_no_format(data: bytes):
    assert probe(data) == Probe(None, len(data))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00",
        b"\xff\xd8\xff\xc0\x00\x11\x08" + struct.pack(">HH", 0, 40),  # T.81 B.2.5: the height follows in a DNL marker
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + bytes(17),
        b"RIFF\0\0\0\0WEBP",
    ],
)
def test_an_invalid_header_has_no_size(data: bytes):
    header = probe(data)
    assert header.format is not None
    assert (header.width, header.height) == (0, 0)


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"RIFF....WEBPVP8"]), st.binary(max_size=300)
)
def test_no_input_raises(start: bytes, rest: bytes):
    probe(start + rest)
