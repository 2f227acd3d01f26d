"""A merchant tries a style, and reads what was used in the last days."""

from __future__ import annotations

import base64

import httpx2
import pytest
from PIL import Image

from chalicelib.kit import clock
from chalicelib.studio.models import Generation, Quota
from chalicelib.studio.repository import quotas
from tests.integrations.sample_images import encode_image, open_image
from tests.studio.conftest import Gallery

NOBODYS = "00000000-0000-4000-8000-000000000000"


def trial(gallery: Gallery, **body: str) -> httpx2.Response:
    return gallery.merchant("POST", f"styles/{gallery.style}/trials", {"product_id": gallery.product, **body})


def test_a_trial_is_a_preview_of_the_sample_photo(gallery: Gallery) -> None:
    answer = trial(gallery, text="in the snow")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert gallery.drain() == []
    read = gallery.merchant("GET", f"generations/{answer.json()['id']}").json()
    assert (read["status"], read["customer_id"], read["ai_prompt_used"]) == (
        "completed",
        None,
        "Pencil of Portrait: in the snow",
    )
    assert open_image(httpx2.get(read["preview_url"]).content).width == 1024
    assert gallery.quota()["current_generations"] == 1


def test_a_trial_is_no_shopper_s_preview(gallery: Gallery) -> None:
    generation = trial(gallery).json()["id"]
    gallery.drain()
    assert gallery.shopper("GET", f"generations/{generation}").status_code == 404
    assert gallery.shopper("GET", f"generations/{generation}", customer=None, token="x").status_code == 404


def test_a_repeated_request_makes_one_trial(gallery: Gallery) -> None:
    path, body = f"styles/{gallery.style}/trials", {"product_id": gallery.product}
    first = gallery.merchant("POST", path, body, **{"Idempotency-Key": "once"})
    second = gallery.merchant("POST", path, body, **{"Idempotency-Key": "once"})
    assert first.json() == second.json()
    assert Generation.count() == 1


@pytest.mark.parametrize(("field", "code"), [("style", "StyleNotFound"), ("product", "ProductNotFound")])
def test_an_unknown_style_or_product_is_refused(gallery: Gallery, field: str, code: str) -> None:
    setattr(gallery, field, NOBODYS)
    answer = trial(gallery)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_a_used_up_month_refuses_a_trial(gallery: Gallery) -> None:
    quotas.set_limits(gallery.shop, {"monthly_generation_limit": 0})
    assert trial(gallery).json()["code"] == "QuotaExceeded"
    assert Generation.count() == 0


def test_usage_has_the_last_thirty_days(gallery: Gallery) -> None:
    quotas.set_limits(gallery.shop, {"monthly_generation_limit": 500})
    Quota.get(gallery.shop).update([Quota.daily_generations.set(["2020-01-02", 4])])
    trial(gallery)
    days = gallery.merchant("GET", "usage").json()["days"]
    assert len(days) == 30
    assert days[-1] == {"day": clock.now().date().isoformat(), "generations": 1}
    assert sum(day["generations"] for day in days) == 1


def test_a_style_has_a_link_to_its_example(gallery: Gallery) -> None:
    assert gallery.merchant("GET", f"styles/{gallery.style}").json()["example_url"] is None
    image = base64.b64encode(encode_image(Image.new("RGB", (64, 64), "red"))).decode()
    gallery.merchant("PUT", f"styles/{gallery.style}/example", {"image": image})
    (style,) = gallery.merchant("GET", "styles").json()["items"]
    assert httpx2.get(style["example_url"]).headers["content-type"] == "image/png"


def test_a_print_is_downloaded_as_a_file(gallery: Gallery) -> None:
    preview = gallery.preview()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(preview["line_item_property"]))
    assert gallery.drain() == []
    (final,) = gallery.finals()
    answer = httpx2.get(final["final_download_url"])
    assert answer.headers["content-disposition"] == f'attachment; filename="print-{final["id"]}.jpg"'
    assert open_image(answer.content).size == (400, 500)
