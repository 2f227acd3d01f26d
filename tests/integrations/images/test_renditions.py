from __future__ import annotations

import struct
from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from chalicelib.integrations.images import renditions
from chalicelib.studio.domain.print_size import PrintFormat, cover
from chalicelib.studio.domain.watermark import Position, place_mark
from tests.integrations.pictures import colour_at, encoded, near, opened, rgb_profile_with_red_and_blue_swapped

PHOTOS = Path(__file__).parents[2] / "data" / "photos"
PORTRAIT = (PHOTOS / "grace_hopper.jpg").read_bytes()
GREY = encoded(Image.new("RGB", (400, 200), (100, 100, 100)))


def _with_metadata() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    return encoded(
        Image.open(PHOTOS / "china.jpg"),
        "JPEG",
        exif=exif,
        comment=b"secret comment",
        xmp=b"<x:xmpmeta>secret</x:xmpmeta>",
        icc_profile=rgb_profile_with_red_and_blue_swapped(),
    )


def _mark(opacity: float, *, position: Position = Position.CENTER, alpha: int = 255) -> renditions.Mark:
    stamp = encoded(Image.new("RGBA", (100, 50), (255, 0, 0, alpha)))
    return renditions.Mark(stamp, opacity, partial(place_mark, position=position, size_percentage=50))


@pytest.mark.parametrize("photo", ["grace_hopper.jpg", "china.jpg", "flower.jpg"])
def test_a_preview_is_a_jpeg_of_the_long_side_asked_for(photo: str):
    data = (PHOTOS / photo).read_bytes()
    made = opened(renditions.preview(data, long_side=1024))
    assert made.format == "JPEG"
    assert max(made.size) == 1024
    source = opened(data)
    assert made.width / made.height == pytest.approx(source.width / source.height, rel=0.002)


@pytest.mark.parametrize(
    ("opacity", "alpha", "expected"),
    [(1.0, 255, (255, 0, 0)), (0.0, 255, (100, 100, 100)), (0.5, 255, (177, 50, 50)), (0.5, 128, (139, 75, 75))],
)
def test_the_watermark_shows_by_its_opacity_times_its_own_alpha(
    opacity: float, alpha: int, expected: tuple[int, int, int]
):
    made = renditions.preview(GREY, long_side=400, mark=_mark(opacity, alpha=alpha))
    assert near(colour_at(made, 0.5, 0.5), expected, 4)


@pytest.mark.parametrize("position", list(Position))
def test_the_watermark_changes_its_rectangle_only(position: Position):
    plain = opened(renditions.preview(GREY, long_side=400))
    marked = opened(renditions.preview(GREY, long_side=400, mark=_mark(1.0, position=position)))
    changed = ImageChops.difference(plain, marked).convert("L").point([0] * 20 + [255] * 236).getbbox()
    left, top, width, height = place_mark((400, 200), (100, 50), position=position, size_percentage=50)
    assert changed is not None
    # JPEG's blocks of 8 (16 for colour) spread a hard edge a little.
    assert all(abs(a - b) <= 8 for a, b in zip(changed, (left, top, left + width, top + height), strict=True)), changed


def test_a_watermark_with_a_palette_and_one_pixel():
    pixel = Image.new("P", (1, 1), 0)
    pixel.putpalette([0, 0, 255])
    mark = renditions.Mark(encoded(pixel), 1.0, partial(place_mark, position=Position.CENTER, size_percentage=100))
    assert near(colour_at(renditions.preview(GREY, long_side=400, mark=mark), 0.5, 0.5), (0, 0, 255), 4)


@pytest.mark.parametrize("content_type", list(PrintFormat))
@pytest.mark.parametrize("size", [(600, 600), (301, 777), (1500, 500), (1, 1)])
def test_a_print_has_its_exact_size_300_dpi_and_srgb(content_type: str, size: tuple[int, int]):
    made = opened(renditions.print_file(PORTRAIT, size=size, crop=cover, content_type=content_type))
    assert made.size == size
    assert Image.MIME[str(made.format)] == content_type
    assert made.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert made.info["icc_profile"][36:] == profile.tobytes()[36:]  # before it stands the date of creation
    assert made.mode == "RGB"


@pytest.mark.parametrize("content_type", list(PrintFormat))
def test_a_print_is_the_middle_of_the_picture_enlarged(content_type: str):
    made = opened(renditions.print_file(PORTRAIT, size=(900, 900), crop=cover, content_type=content_type)).convert(
        "RGB"
    )
    expected = opened(PORTRAIT).resize((900, 900), Image.Resampling.LANCZOS, box=cover((512, 600), (900, 900)))
    assert max(ImageStat.Stat(ImageChops.difference(made, expected)).mean) < 4


def test_a_print_is_sharpened_without_coloured_edges():
    edge = Image.new("RGB", (64, 64), (90, 90, 90))
    edge.paste((170, 170, 170), (32, 0, 64, 64))
    made = opened(renditions.print_file(encoded(edge), size=(64, 64), crop=cover, content_type="image/png"))
    red, green, blue = made.split()
    ((darkest, lightest),) = ImageStat.Stat(red).extrema
    assert darkest < 85
    assert lightest > 175
    for other in (green, blue):
        assert ImageStat.Stat(ImageChops.difference(red, other)).extrema[0][1] <= 2


def test_the_same_picture_gives_the_same_bytes():
    for content_type in PrintFormat:
        first, second = (
            renditions.print_file(PORTRAIT, size=(300, 300), crop=cover, content_type=content_type) for _ in range(2)
        )
        assert first == second
    assert renditions.preview(PORTRAIT, long_side=300) == renditions.preview(PORTRAIT, long_side=300)


def test_no_metadata_leaves_with_a_picture():
    photo = _with_metadata()
    assert b"secret" in photo
    outputs = [renditions.preview(photo, long_side=256, mark=_mark(0.5))]
    outputs += [renditions.print_file(photo, size=(200, 200), crop=cover, content_type=kind) for kind in PrintFormat]
    for output in outputs:
        assert b"secret" not in output
        assert b"Exif" not in output
        assert b"xmp" not in output
        made = opened(output)
        assert not made.getexif()
        assert not {"comment", "exif", "xmp", "XML:com.adobe.xmp"} & set(made.info)
    assert "icc_profile" not in opened(outputs[0]).info


def test_a_png_print_holds_the_chunks_it_needs_and_no_other():
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


def test_what_is_no_picture_makes_no_preview():
    with pytest.raises(renditions.UnreadableImage):
        renditions.preview(b"%PDF-1.7", long_side=100)
