from __future__ import annotations

import struct
from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from chalicelib.integrations.images import renditions
from chalicelib.studio.domain.print_size import PrintFormat, cover
from chalicelib.studio.domain.watermark import Position, place_mark
from tests.integrations.sample_images import (
    colour_at,
    encode_image,
    is_close,
    open_image,
    rgb_profile_with_red_and_blue_swapped,
)

PHOTOS = Path(__file__).parents[2] / "data" / "photos"
PORTRAIT = (PHOTOS / "grace_hopper.jpg").read_bytes()
GREY = encode_image(Image.new("RGB", (400, 200), (100, 100, 100)))


def _with_metadata() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    return encode_image(
        Image.open(PHOTOS / "china.jpg"),
        "JPEG",
        exif=exif,
        comment=b"secret comment",
        xmp=b"<x:xmpmeta>secret</x:xmpmeta>",
        icc_profile=rgb_profile_with_red_and_blue_swapped(),
    )


def _mark(opacity: float, *, position: Position = Position.CENTER, alpha: int = 255) -> renditions.Mark:
    stamp = encode_image(Image.new("RGBA", (100, 50), (255, 0, 0, alpha)))
    return renditions.Mark(stamp, opacity, partial(place_mark, position=position, size_percentage=50))


@pytest.mark.parametrize("photo", ["grace_hopper.jpg", "china.jpg", "flower.jpg"])
def test_a_preview_is_a_jpeg_with_the_requested_long_side(photo: str):
    data = (PHOTOS / photo).read_bytes()
    preview = open_image(renditions.preview(data, long_side=1024))
    assert preview.format == "JPEG"
    assert max(preview.size) == 1024
    source = open_image(data)
    assert preview.width / preview.height == pytest.approx(source.width / source.height, rel=0.002)


@pytest.mark.parametrize(
    ("opacity", "alpha", "expected"),
    [(1.0, 255, (255, 0, 0)), (0.0, 255, (100, 100, 100)), (0.5, 255, (177, 50, 50)), (0.5, 128, (139, 75, 75))],
)
def test_the_watermark_opacity_multiplies_its_alpha(opacity: float, alpha: int, expected: tuple[int, int, int]):
    preview = renditions.preview(GREY, long_side=400, mark=_mark(opacity, alpha=alpha))
    assert is_close(colour_at(preview, 0.5, 0.5), expected, 4)


@pytest.mark.parametrize("position", list(Position))
def test_the_watermark_changes_its_rectangle_only(position: Position):
    plain = open_image(renditions.preview(GREY, long_side=400))
    marked_image = open_image(renditions.preview(GREY, long_side=400, mark=_mark(1.0, position=position)))
    changed_pixels = ImageChops.difference(plain, marked_image).convert("L").point([0] * 20 + [255] * 236).getbbox()
    left, top, width, height = place_mark((400, 200), (100, 50), position=position, size_percentage=50)
    assert changed_pixels is not None
    # JPEG blocks of 8 (16 for colour) blur a hard edge.
    assert all(abs(a - b) <= 8 for a, b in zip(changed_pixels, (left, top, left + width, top + height), strict=True)), (
        changed_pixels
    )


def test_a_one_pixel_palette_watermark_is_applied():
    pixel = Image.new("P", (1, 1), 0)
    pixel.putpalette([0, 0, 255])
    mark = renditions.Mark(encode_image(pixel), 1.0, partial(place_mark, position=Position.CENTER, size_percentage=100))
    assert is_close(colour_at(renditions.preview(GREY, long_side=400, mark=mark), 0.5, 0.5), (0, 0, 255), 4)


@pytest.mark.parametrize("content_type", list(PrintFormat))
@pytest.mark.parametrize("size", [(600, 600), (301, 777), (1500, 500), (1, 1)])
def test_a_print_has_its_exact_size_300_dpi_and_srgb(content_type: str, size: tuple[int, int]):
    image = open_image(renditions.print_file(PORTRAIT, size=size, crop=cover, content_type=content_type))
    assert image.size == size
    assert Image.MIME[str(image.format)] == content_type
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert image.info["icc_profile"][36:] == profile.tobytes()[36:]  # after the creation date
    assert image.mode == "RGB"


@pytest.mark.parametrize("content_type", list(PrintFormat))
def test_a_print_is_the_enlarged_centre_of_the_image(content_type: str):
    image = open_image(renditions.print_file(PORTRAIT, size=(900, 900), crop=cover, content_type=content_type)).convert(
        "RGB"
    )
    expected = open_image(PORTRAIT).resize((900, 900), Image.Resampling.LANCZOS, box=cover((512, 600), (900, 900)))
    assert max(ImageStat.Stat(ImageChops.difference(image, expected)).mean) < 4


def test_sharpening_adds_no_coloured_edges():
    edge = Image.new("RGB", (64, 64), (90, 90, 90))
    edge.paste((170, 170, 170), (32, 0, 64, 64))
    image = open_image(renditions.print_file(encode_image(edge), size=(64, 64), crop=cover, content_type="image/png"))
    red, green, blue = image.split()
    ((darkest, lightest),) = ImageStat.Stat(red).extrema
    assert darkest < 85
    assert lightest > 175
    for other in (green, blue):
        assert ImageStat.Stat(ImageChops.difference(red, other)).extrema[0][1] <= 2


def test_rendering_is_deterministic():
    for content_type in PrintFormat:
        first, second = (
            renditions.print_file(PORTRAIT, size=(300, 300), crop=cover, content_type=content_type) for _ in range(2)
        )
        assert first == second
    assert renditions.preview(PORTRAIT, long_side=300) == renditions.preview(PORTRAIT, long_side=300)


def test_rendered_images_have_no_metadata():
    photo = _with_metadata()
    assert b"secret" in photo
    outputs = [renditions.preview(photo, long_side=256, mark=_mark(0.5))]
    outputs += [renditions.print_file(photo, size=(200, 200), crop=cover, content_type=kind) for kind in PrintFormat]
    for output in outputs:
        assert b"secret" not in output
        assert b"Exif" not in output
        assert b"xmp" not in output
        image = open_image(output)
        assert not image.getexif()
        assert not {"comment", "exif", "xmp", "XML:com.adobe.xmp"} & set(image.info)
    assert "icc_profile" not in open_image(outputs[0]).info


def test_a_png_print_has_only_the_required_chunks():
    data = renditions.print_file(PORTRAIT, size=(300, 300), crop=cover, content_type="image/png")
    kinds, position = [], 8
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        kinds.append(kind)
        position += 12 + length
    assert set(kinds) == {b"IHDR", b"iCCP", b"pHYs", b"IDAT", b"IEND"}


def test_another_type_of_print_file_is_refused():
    with pytest.raises(ValueError, match="image/tiff"):
        renditions.print_file(PORTRAIT, size=(10, 10), crop=cover, content_type="image/tiff")


def test_invalid_image_data_gives_no_preview():
    with pytest.raises(renditions.UnreadableImage):
        renditions.preview(b"%PDF-1.7", long_side=100)
