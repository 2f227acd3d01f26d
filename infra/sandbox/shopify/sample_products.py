"""Products of a shop that stored none, so that an app's product picker has something to offer."""

from collections.abc import Mapping, Sequence
from typing import Any

Sample = tuple[int, str, Sequence[Mapping[str, Any]]]

SAMPLE_PRODUCTS: tuple[Sample, ...] = (
    (
        8001,
        "Pet portrait",
        (
            {"id": 41001, "sku": "PORTRAIT-8X10", "title": "8 x 10 in", "price": "39.00"},
            {"id": 41002, "sku": "PORTRAIT-12X16", "title": "12 x 16 in", "price": "59.00"},
        ),
    ),
    (
        8002,
        "Family poster",
        (
            {"id": 42001, "sku": "POSTER-A3", "title": "A3", "price": "29.00"},
            {"id": 42002, "sku": "POSTER-A2", "title": "A2", "price": "45.00"},
        ),
    ),
    (8003, "صورة عائلية على قماش", ({"id": 43001, "sku": "CANVAS-40X60", "title": "40 x 60 cm", "price": "79.00"},)),
)
"""Number, title and variants of each product; the numbers are those of the demo shop."""
