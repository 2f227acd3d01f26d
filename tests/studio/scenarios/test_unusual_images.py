"""Images of every kind, from upload to preview over HTTP: a correct preview or a clear rejection."""

from __future__ import annotations

import struct
import zlib

import httpx2
import pytest
from PIL import Image

from tests.integrations.sample_images import colour_at, encode_image, open_image
from tests.studio.conftest import Gallery

GPS = 0x8825
SIDE = 240


def half(mode: str, dark: object, light: object) -> Image.Image:
    """Return an image, dark on the left and light on the right."""
    picture = Image.new(mode, (SIDE, SIDE), light)  # type: ignore[arg-type]
    picture.paste(dark, (0, 0, SIDE // 2, SIDE))  # type: ignore[arg-type]
    return picture


def palette() -> bytes:
    """Return black and a transparent colour, which is white on paper."""
    picture = half("P", 0, 1)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    return encode_image(picture, transparency=1)


def rotated_with_location() -> bytes:
    """Return a rotated image with EXIF orientation and location."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(GPS)[1] = "N"
    return encode_image(half("RGB", "black", "white").rotate(90), "JPEG", exif=exif, comment=b"secret place")


def sixteen_bit_colour() -> bytes:
    """Return a PNG of 16 bits a channel, which Pillow cannot write."""
    row = b"\0" + struct.pack(">3H", 0, 0, 0) * (SIDE // 2) + struct.pack(">3H", 65535, 65535, 65535) * (SIDE // 2)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(row * SIDE))]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in [*chunks, (b"IEND", b"")]
    )
    return b"\x89PNG\r\n\x1a\n" + body


def sixteen_bit_grey() -> bytes:
    row = struct.pack("<H", 0) * (SIDE // 2) + struct.pack("<H", 65535) * (SIDE // 2)
    return encode_image(Image.frombytes("I;16", (SIDE, SIDE), row * SIDE))


GOOD = {
    "CMYK without a profile": encode_image(half("CMYK", (0, 0, 0, 255), (0, 0, 0, 0)), "JPEG"),
    "palette with transparency": palette(),
    "grey with alpha": encode_image(half("LA", (0, 255), (0, 0))),
    "one bit": encode_image(half("1", 0, 1)),
    "16-bit grey": sixteen_bit_grey(),
    "16-bit colour": sixteen_bit_colour(),
    "lossy WebP with alpha": encode_image(half("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)), "WEBP"),
    "turned, with GPS": rotated_with_location(),
}

_STILLS = [half("RGB", "black", "white"), half("RGB", "white", "black")]
BAD = {
    "animated WebP": (encode_image(_STILLS[0], "WEBP", save_all=True, append_images=_STILLS[1:]), "animated"),
    "animated PNG": (encode_image(_STILLS[0], "PNG", save_all=True, append_images=_STILLS[1:]), "animated"),
    "GIF": (encode_image(_STILLS[0], "GIF"), "not a JPEG, PNG or WebP"),
    "TIFF": (encode_image(_STILLS[0], "TIFF"), "not a JPEG, PNG or WebP"),
    "half a JPEG": (encode_image(_STILLS[0], "JPEG")[:900], "damaged or incomplete"),
    "26 MP of PNG": (encode_image(Image.new("1", (5200, 5000))), "too many pixels"),
    "61 MP of JPEG": (encode_image(Image.new("L", (12_000, 5_100)), "JPEG", quality=1), "too many pixels"),
    "a long JPEG": (encode_image(Image.new("L", (12_001, 1)), "JPEG"), "12,000 pixels"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_unusual_photos_give_the_correct_image(gallery: Gallery, kind: str) -> None:
    upload = gallery.upload_photo(GOOD[kind])
    assert gallery.drain() == []
    accepted = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert accepted.status_code == 202, accepted.text
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"generations/{accepted.json()['id']}").json()
    assert body["status"] == "completed", body
    picture = httpx2.get(body["preview_url"]).content
    assert open_image(picture).size == (819, 1024), "cropped to the shape of the size, 4:5"
    dark, light = colour_at(picture, 0.25, 0.5), colour_at(picture, 0.75, 0.5)
    assert sum(light) - sum(dark) > 300, (dark, light)
    assert not open_image(picture).getexif()
    assert b"secret place" not in picture


@pytest.mark.parametrize("kind", BAD)
def test_a_rejection_has_its_reason(gallery: Gallery, kind: str) -> None:
    data, why = BAD[kind]
    upload = gallery.upload_photo(data)
    assert gallery.drain() == []
    body = gallery.shopper("GET", f"uploads/{upload['id']}").json()
    assert (body["status"], why in (body["reject_reason"] or "")) == ("rejected", True), body
    response = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert response.status_code == 422
    assert why in response.json()["detail"]


def test_a_one_pixel_photo_is_accepted_for_a_small_size(gallery: Gallery) -> None:
    upload = gallery.upload_photo(encode_image(Image.new("RGB", (1, 1), "red")))
    assert gallery.drain() == []
    response = gallery.shopper("POST", "generations", gallery.preview_request(upload))
    assert (response.status_code, response.json()["code"]) == (422, "ResolutionTooLow")
    path = f"products/{gallery.product}/sizes"
    (size,) = gallery.merchant("GET", path).json()["items"]
    assert gallery.merchant("PUT", f"{path}/{size['uuid']}", {"width_px": 5, "height_px": 5}).status_code == 200
    response = gallery.shopper("POST", "generations", gallery.preview_request(upload, crop=None))
    assert response.status_code == 202
    assert gallery.drain() == []
    assert gallery.shopper("GET", f"generations/{response.json()['id']}").json()["status"] == "completed"
