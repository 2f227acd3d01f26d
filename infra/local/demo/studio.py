"""Demo steps: a photo becomes a watermarked preview and, once paid, a print."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image

from infra.local.demo import logo
from infra.local.demo.world import SECONDS, World, Wrong, eventually
from infra.local.environment import ROOT

PHOTO = ROOT / "tests" / "data" / "photos" / "grace_hopper.jpg"
PRINT = (2400, 3000)
"""8 x 10 inches at 300 dpi."""
CROP = {"left": 0.03125, "top": 0, "width": 0.9375, "height": 1}
"""The largest centered part of the photo (512 x 600 px) with the shape of the print."""
PRODUCT, VARIANT, CUSTOMER = 8_001, 4_101, 77_001


class Studio:
    """One shop's studio and one of its customers."""

    def __init__(self, world: World, shop: str, folder: Path) -> None:
        self.world, self.shop, self.folder = world, shop, folder
        self.product = self.style = self.size = self.upload_id = self.generation = ""
        self.property: dict[str, str] = {}
        self.delivery = ""

    def furnish(self) -> str:
        """Create a product with one size and one style, and a watermark."""
        style = {"name": "Watercolour", "prompt_template": "A {style} of {product}. {text}"}
        self.product = self._merchant("POST", "products", {"shopify_product_id": PRODUCT, "title": "Portrait"}, 201)[
            "uuid"
        ]
        self.style = self._merchant("POST", "styles", style, 201)["uuid"]
        self._merchant("PUT", f"products/{self.product}/styles/{self.style}", {"is_enabled": True})
        size = {"name": "8 x 10 in", "shopify_variant_id": f"gid://shopify/ProductVariant/{VARIANT}"}
        size |= {"width_px": PRINT[0], "height_px": PRINT[1]}  # type: ignore[dict-item]
        self.size = self._merchant("POST", f"products/{self.product}/sizes", size, 201)["uuid"]
        mark = {"image": base64.b64encode(logo.draw_logo()).decode(), "opacity": "0.6", "size_percentage": "40"}
        self._merchant("PUT", "watermark", mark)
        return f"{size['name']} at {PRINT[0]} x {PRINT[1]} px"

    def upload(self) -> str:
        """Send the photo to the bucket by the presigned form. Raises Wrong if image validation rejects it."""
        shutil.copyfile(PHOTO, self.folder / "input.jpg")
        form = self._shopper("POST", "uploads", {"content_type": "image/jpeg"}, 201)
        self.upload_id = form["id"]
        sent = httpx2.post(form["url"], data=form["fields"], files={"file": PHOTO.read_bytes()}, timeout=SECONDS)
        if sent.status_code != 201:
            raise Wrong(f"the bucket returned {sent.status_code}: {sent.text[:200]}")

        def judged() -> Any:
            read = self._shopper("GET", f"uploads/{self.upload_id}")
            return read if read["status"] != "awaiting" else None

        read = eventually(judged, "the result of image validation")
        if read["status"] != "accepted":
            raise Wrong(f"the upload is {read['status']}: {read['reject_reason']}")
        return f"accepted, {read['width']} x {read['height']} px"

    def preview(self) -> str:
        """Request a preview, wait for it and download it. Raises Wrong if it fails, or if size or quota are wrong."""
        asked = {"product_id": self.product, "style_id": self.style, "upload_id": self.upload_id, "text": "Warm light."}
        asked |= {"size_id": self.size, "crop": CROP}  # type: ignore[dict-item]
        self.generation = self._shopper("POST", "generations", asked, 202)["id"]

        def ended() -> Any:
            read = self._shopper("GET", f"generations/{self.generation}")
            return read if read["status"] in ("completed", "failed") else None

        read = eventually(ended, "the preview")
        if read["status"] != "completed":
            raise Wrong(f"the preview failed: {read['error_message']}")
        self.property = read["line_item_property"]
        size = self._download(read["preview_url"], "preview.jpg")
        if max(size) != 1024:
            raise Wrong(f"the preview is {size[0]} x {size[1]} px")
        used = self._merchant("GET", "quota")
        if (used["current_generations"], used["generations_at_work"]) != (1, 0):
            raise Wrong(f"the quota is {used}")
        return f"{size[0]} x {size[1]} px with the shop's watermark; 1 of {used['monthly_generation_limit']} used"

    def order(self) -> str:
        """Place a paid order for a print and download it. Raises Wrong if its size differs from the ordered size."""
        line = {
            "variant_id": VARIANT,
            "product_id": PRODUCT,
            "quantity": 1,
            "price": "49.00",
            "properties": [self.property],
        }
        placed = self.world.sandbox(
            self.world.shopify, "orders", shop=self.shop, lines=[line], customer_id=CUSTOMER, deliver_to=["studio"]
        )
        self.delivery = placed["deliveries"][0]["webhook_id"]

        def printed() -> Any:
            finals = self._finals()
            return finals[0] if finals and finals[0]["status"] in ("completed", "failed") else None

        final = eventually(printed, "the print")
        if final["status"] != "completed":
            raise Wrong(f"the print failed: {final['error_message']}")
        size = self._download(final["final_url"], "final.jpg")
        if size != PRINT:
            raise Wrong(f"the print is {size[0]} x {size[1]} px instead of {PRINT[0]} x {PRINT[1]}")
        return f"{size[0]} x {size[1]} px at 300 dpi, by {final['ai_model_used']}"

    def order_again(self) -> str:
        """Request ten redeliveries of the order. Raises Wrong if there is more than one print."""
        answers = [
            self.world.sandbox(self.world.shopify, f"webhooks/{self.delivery}/redeliver")["status"] for _ in range(10)
        ]
        if answers != [200] * 10 or len(self._finals()) != 1:
            raise Wrong(f"the deliveries returned {answers}; there are {len(self._finals())} prints")
        return "still one print"

    def _finals(self) -> list[Any]:
        items = self._merchant("GET", "generations")["items"]
        return [item for item in items if item["generation_type"] == "final"]

    def _merchant(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        return self.world.merchant("studio", self.shop).request(method, f"/v1/studio/{path}", body, expect)

    def _shopper(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        return self.world.shopper(self.shop, method, path, body, customer=CUSTOMER, expect=expect)

    def _download(self, url: str, name: str) -> tuple[int, int]:
        answer = httpx2.get(url, timeout=SECONDS)
        if answer.status_code != 200:
            raise Wrong(f"downloading {name} returned {answer.status_code}")
        (self.folder / name).write_bytes(answer.content)
        with Image.open(io.BytesIO(answer.content)) as picture:
            picture.load()
            return picture.size
