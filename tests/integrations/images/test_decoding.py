"""Decoding untrusted images: a correct image or a clear error."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFile
from PIL.PngImagePlugin import PngInfo

from chalicelib.integrations.images.colours import srgb_profile
from chalicelib.integrations.images.decoding import (
    UnreadableImage,
    check_decodes,
    decode,
    decode_part,
    decode_with_alpha,
    upright_size,
)
from tests.integrations import sample_images
from tests.integrations.sample_images import encode_image, is_close

PHOTOS = Path(__file__).parents[2] / "data" / "photos"
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 160, 0), (0, 0, 255), (255, 255, 255)
# The stored form of an upright image from a rotated camera.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _quarters() -> Image.Image:
    """96 x 64: red and green above, blue and white below."""
    picture = Image.new("RGB", (96, 64), WHITE)
    for colour, left, top in ((RED, 0, 0), (GREEN, 48, 0), (BLUE, 0, 32)):
        picture.paste(colour, (left, top, left + 48, top + 32))
    return picture


def _middle(picture: Image.Image) -> tuple[int, int, int]:
    red, green, blue = picture.crop(
        (picture.width // 2, picture.height // 2, picture.width // 2 + 1, picture.height // 2 + 1)
    ).tobytes()
    return red, green, blue


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_exif_orientation_is_applied(orientation: int, image_format: str):
    turn = STORED[orientation]
    stored_image = _quarters().transpose(turn) if turn is not None else _quarters()
    exif = Image.Exif()
    exif[0x0112] = orientation
    for long_side, size in ((None, (96, 64)), (48, (48, 32))):
        image = decode(encode_image(stored_image, image_format, exif=exif), long_side=long_side)
        assert image.size == size
        data = encode_image(image)
        corners = [sample_images.colour_at(data, x, y) for x, y in ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8))]
        assert all(is_close(one, other) for one, other in zip(corners, (RED, GREEN, BLUE, WHITE), strict=True)), corners


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(("long_side", "size"), [(1000, (120, 60)), (60, (60, 30)), (25, (25, 12))])
def test_a_part_of_the_upright_picture_is_decoded(
    orientation: int, image_format: str, long_side: int, size: tuple[int, int]
):
    upright = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn).resize((240, 120)) for turn in (0, 90, 180)])
    exif, turn = Image.Exif(), STORED[orientation]
    exif[0x0112] = orientation
    stored_image = upright if turn is None else upright.transpose(turn)
    data = encode_image(stored_image, image_format, exif=exif)
    part = decode_part(data, (0.25, 0.125, 0.5, 0.5), long_side)
    assert part.size == size
    expected = upright.crop((60, 15, 180, 75)).resize(size, Image.Resampling.HAMMING)
    assert max(ImageChops.difference(part, expected).tobytes()) <= 8


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_in_xmp_is_ignored_as_browsers_do(image_format: str):
    xmp = '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    notes = PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", xmp)
    data = encode_image(Image.new("RGB", (40, 30)), image_format, xmp=xmp.encode(), pnginfo=notes)
    assert decode(data).size == upright_size(data) == (40, 30)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_an_invalid_exif_block_is_ignored():
    data = encode_image(_quarters(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 40)
    assert decode(data).size == (96, 64)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_an_embedded_profile_is_applied(image_format: str):
    data = encode_image(
        Image.new("RGB", (16, 16), RED), image_format, icc_profile=sample_images.rgb_profile_with_red_and_blue_swapped()
    )
    assert is_close(_middle(decode(data)), BLUE)


def test_a_grey_profile_is_applied():
    data = encode_image(Image.new("L", (16, 16), 128), icc_profile=sample_images.linear_grey_profile())
    assert is_close(_middle(decode(data)), (188, 188, 188), 4)  # IEC 61966-2-1: 128/255 in linear light


def test_cmyk_is_converted_with_its_profile():
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    red, green, blue = _middle(
        decode(encode_image(cyan, "JPEG", icc_profile=sample_images.cmyk_profile_whose_cyan_is_red()))
    )
    assert red > 200
    assert green < 60
    assert blue < 60


@pytest.mark.parametrize(
    ("ink", "colour"), [((255, 0, 0, 0), (0, 255, 255)), ((0, 0, 0, 255), (0, 0, 0)), ((0, 0, 0, 0), WHITE)]
)
def test_cmyk_without_a_profile_is_converted(ink: tuple[int, int, int, int], colour: tuple[int, int, int]):
    assert is_close(_middle(decode(encode_image(Image.new("CMYK", (16, 16), ink), "JPEG"))), colour)


@pytest.mark.parametrize("profile", [b"not a profile", sample_images.cmyk_profile_whose_cyan_is_red()])
def test_an_unsuitable_profile_is_ignored(profile: bytes):
    assert is_close(_middle(decode(encode_image(Image.new("RGB", (16, 16), RED), icc_profile=profile))), RED)


def test_sixteen_bit_grey_is_scaled_not_clipped():
    samples = (0, 256 * 64, 256 * 128, 65535)
    picture = Image.frombytes("I;16", (4, 1), struct.pack("<4H", *samples))
    assert [decode(encode_image(picture)).tobytes()[3 * at] for at in range(4)] == [0, 64, 128, 255]


def test_transparency_is_composited_on_white():
    half_red = Image.new("RGBA", (8, 8), (255, 0, 0, 128))
    assert is_close(_middle(decode(encode_image(half_red))), (255, 127, 127), 2)
    assert is_close(_middle(decode(encode_image(half_red, "WEBP", lossless=True))), (255, 127, 127), 2)
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert _middle(decode(encode_image(clear))) == WHITE
    assert _middle(decode(encode_image(Image.new("LA", (8, 8), (0, 51))))) == (204, 204, 204)


def test_a_transparent_16_bit_grey_is_composited_on_white():
    data = sample_images.sixteen_bit_png(3, 0x0102, 0x5000, 0xC000, transparent=(0x5000,))
    assert [decode(data).tobytes()[3 * at] for at in range(3)] == [1, 255, 0xC0]
    assert decode_with_alpha(data).getchannel("A").tobytes() == bytes((255, 0, 255))


def test_a_transparent_16_bit_colour_is_composited_on_white():
    red, blue = (0xFFFF, 0x0001, 0x0000), (0x0000, 0x0000, 0xC000)
    data = sample_images.sixteen_bit_png(2, *red, *blue, transparent=red)
    assert decode(data).tobytes() == bytes((*WHITE, 0, 0, 0xC0))
    assert decode_with_alpha(data).getchannel("A").tobytes() == bytes((0, 255))
    assert decode(sample_images.sixteen_bit_png(2, *red, *blue)).tobytes() == bytes((*RED, 0, 0, 0xC0))


@pytest.mark.parametrize("orientation", STORED)
def test_a_watermark_is_upright_and_keeps_its_alpha(orientation: int):
    turn = STORED[orientation]
    upright = _quarters()
    upright.putalpha(Image.new("L", upright.size, 128))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored_image = upright.transpose(turn) if turn is not None else upright
    image = decode_with_alpha(encode_image(stored_image, "PNG", exif=exif))
    assert (image.mode, image.size, image.tobytes()) == ("RGBA", upright.size, upright.tobytes())


@pytest.mark.parametrize("alpha", [None, 77])
def test_the_profile_of_a_watermark_is_applied(alpha: int | None):
    picture = Image.new("RGB", (16, 16), RED)
    if alpha is not None:
        picture.putalpha(alpha)
    image = decode_with_alpha(encode_image(picture, icc_profile=sample_images.rgb_profile_with_red_and_blue_swapped()))
    assert is_close(_middle(image.convert("RGB")), BLUE)
    assert image.getchannel("A").getextrema() == (alpha or 255, alpha or 255)


def test_a_palette_with_transparency_is_decoded():
    picture = Image.new("P", (8, 8), 1)
    picture.putpalette([0, 0, 0, 0, 160, 0])
    picture.paste(0, (0, 0, 8, 3))
    image = decode(encode_image(picture, transparency=0))
    assert _middle(image) == GREEN
    assert image.crop((0, 0, 1, 1)).tobytes() == bytes(WHITE)


@pytest.mark.parametrize(("mode", "colour"), [("1", 1), ("L", 255), ("RGB", "white"), ("P", 255)])
def test_a_single_pixel_is_decoded(mode: str, colour: str | int):
    picture = Image.new(mode, (1, 1), colour)
    if mode == "P":
        picture.putpalette([255] * 768)
    image = decode(encode_image(picture), long_side=32)
    assert image.size == (32, 32)
    assert _middle(image) == WHITE


@pytest.mark.parametrize("size", [(3000, 1), (1, 3000)])
def test_a_thin_image_keeps_one_pixel(size: tuple[int, int]):
    assert min(decode(encode_image(Image.new("RGB", size)), long_side=100).size) == 1


def test_a_thin_jpeg_keeps_its_ends():
    picture = Image.new("RGB", (8192, 7), "red")
    picture.paste("blue", (4096, 0, 8192, 7))
    preview = decode(encode_image(picture, "JPEG"), long_side=1024, is_quick=True)
    assert is_close(_middle(preview.crop((900, 0, 1000, 1))), BLUE)


def test_a_jpeg_decoded_at_reduced_scale_is_the_same_image():
    whole = decode((PHOTOS / "china.jpg").read_bytes())
    small = decode((PHOTOS / "china.jpg").read_bytes(), long_side=160)
    expected = whole.resize(small.size, Image.Resampling.LANCZOS)
    differences = [abs(a - b) for a, b in zip(small.tobytes(), expected.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 5


def test_a_multi_picture_file_gives_its_first_image():
    second = Image.new("RGB", (96, 64), BLUE)
    data = encode_image(Image.new("RGB", (96, 64), RED), "MPO", save_all=True, append_images=[second])
    check_decodes(data)
    assert is_close(_middle(decode(data, long_side=48)), RED)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused(image_format: str, share: float):
    data = encode_image(Image.open(PHOTOS / "flower.jpg"), image_format)
    check_decodes(data)
    truncated_data = data[: int(len(data) * share)]
    with pytest.raises(UnreadableImage):
        check_decodes(truncated_data)
    with pytest.raises(UnreadableImage):
        decode(truncated_data, long_side=64)


def test_a_truncated_progressive_jpeg_is_refused():
    data = encode_image(Image.open(PHOTOS / "flower.jpg"), "JPEG", progressive=True)
    check_decodes(data)
    with pytest.raises(UnreadableImage):
        check_decodes(data[: len(data) // 2])


def test_pillow_refuses_truncated_files():
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n" + bytes(100),
        encode_image(Image.new("P", (4, 4)), "GIF"),
        encode_image(Image.new("RGB", (4, 4)), "BMP"),
    ],
)
def test_other_file_types_are_refused(data: bytes):
    with pytest.raises(UnreadableImage):
        check_decodes(data)


@pytest.mark.parametrize("side", [7_800, 9_000, 20_000])
def test_a_decompression_bomb_is_refused(side: int):
    """Below and above the sizes at which Pillow warns and raises."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, b"IDAT" + pixels, b"IEND")
    )
    with pytest.raises(UnreadableImage):
        check_decodes(data)


_SMALL = [encode_image(_quarters(), image_format) for image_format in ("JPEG", "PNG", "WEBP")]


@settings(max_examples=200)
@given(
    st.sampled_from(_SMALL), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8)
)
def test_a_damaged_file_is_decoded_or_refused(data: bytes, damage: list[tuple[int, int]]):
    data_copy = bytearray(data)
    for position, value in damage:
        data_copy[position % len(data_copy)] = value
    try:
        picture = decode(bytes(data_copy), long_side=32)
    except UnreadableImage:
        return
    assert max(picture.size) == 32
    assert picture.mode == "RGB"


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_a_profile_that_only_has_the_name_srgb_is_applied(gamma: float):
    data = encode_image(Image.new("RGB", (8, 8), (64, 128, 192)), icc_profile=sample_images.srgb_named(gamma))
    red, green, blue = _middle(decode(data))
    linear = [(level / 255) ** gamma for level in (64, 128, 192)]
    expected = [255 * (12.92 * each if each <= 0.0031308 else 1.055 * each ** (1 / 2.4) - 0.055) for each in linear]
    assert is_close((red, green, blue), tuple(map(round, expected)), 3)


def test_an_srgb_profile_of_any_name_changes_no_colour():
    colours = bytes(value % 256 for value in range(0, 3 * 64 * 64 * 7, 7))
    picture = Image.frombytes("RGB", (64, 64), colours)
    for profile in (srgb_profile(), sample_images.srgb_curves_named_test()):
        assert decode(encode_image(picture, icc_profile=profile)).tobytes() == colours


def _slope(width: int, height: int) -> bytes:
    """A picture that is darker to the right and redder to the bottom, so that its pixels show its geometry."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    return encode_image(Image.merge("RGB", (down, across, across)), "JPEG", quality=95)


@pytest.mark.parametrize(
    ("width", "found"),
    [
        (4096, 1024),
        (4000, 1000),
        (3892, 973),
        (3880, 1024),
        (3440, 1024),
        (3300, 1024),
        (1024, 1024),
        (990, 990),
        (600, 1024),
    ],
)
def test_a_preview_takes_libjpegs_own_scale(width: int, found: int):
    data = _slope(width, 26)
    quick, exact = (decode(data, long_side=1024, is_quick=is_quick) for is_quick in (True, False))
    assert (quick.width, exact.width) == (found, 1024)
    green, expected = quick.resize((1024, 7)).getchannel("G"), exact.resize((1024, 7)).getchannel("G")
    assert max(abs(green.getpixel((x, 3)) - expected.getpixel((x, 3))) for x in (5, 300, 700, 1018)) <= 2  # type: ignore[operator]


def test_a_partial_last_pixel_is_not_stretched():
    """Of 2,030 x 31 px, a quarter is 507.5 x 7.75 px: libjpeg makes 508 x 8."""
    data = _slope(2030, 31)
    whole = Image.open(BytesIO(data)).convert("RGB")
    small = decode(data, long_side=500)
    expected = whole.resize(small.size, Image.Resampling.LANCZOS)
    for x in (100, 480):
        assert is_close(small.getpixel((x, 4)), expected.getpixel((x, 4)), 2)  # type: ignore[arg-type]
