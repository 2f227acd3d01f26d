"""The logo that demo shops use as their watermark."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def draw_logo() -> bytes:
    """Return a logo as PNG: white text with a dark outline on a transparent background."""
    logo = Image.new("RGBA", (640, 120), (0, 0, 0, 0))
    ImageDraw.Draw(logo).text(
        (320, 60), "BACKROOM", anchor="mm", font_size=96, fill="white", stroke_width=5, stroke_fill=(0, 0, 0, 190)
    )
    data = io.BytesIO()
    logo.save(data, "PNG")
    return data.getvalue()
