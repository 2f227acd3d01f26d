"""Every route, walked with another tenant's credential and with none: nothing is seen, nothing changes.

A route that is new here fails this test until its path parameters and body are given below.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from chalicelib.billing import service as billing
from chalicelib.kit import auth, aws, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.http import EndpointSpec
from chalicelib.shops.models import WebhookDelivery
from infra.deploy import data_stack, handlers
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox
from tests.integrations.pictures import encoded
from tests.studio.conftest import VARIANT, Gallery, another, gallery

__all__ = ["another", "gallery"]

PUBLIC = {"/health", "/ready", "/openapi.json", "/docs", "/kit/web", "/studio/app"}
SIGNED_BY_VENDOR = {"/webhooks/shopify/{app}", "/webhooks/stripe", "/webhooks/images/{generation_id}"}
BROWSER = {"/shopify/{app}/auth", "/shopify/{app}/auth/callback"}


def _routes() -> list[tuple[str, str, EndpointSpec]]:
    found = []
    for path, methods in sorted(handlers.chalice_app().routes.items()):
        for method, entry in methods.items():
            contract = getattr(entry.view_function, "contract", None)
            if contract is not None:
                found.append((method, path, contract))
    return found


def _needing(scheme: str) -> list[Any]:
    return [
        pytest.param(method, path, contract, id=f"{method} {path}")
        for method, path, contract in _routes()
        if contract.auth not in (None, auth.operator) and getattr(contract.auth, "scheme", ("vendor",))[0] == scheme
    ]


def _of_operators() -> list[Any]:
    return [
        pytest.param(method, path, id=f"{method} {path}")
        for method, path, contract in _routes()
        if contract.auth is auth.operator
    ]


def test_every_route_is_either_public_or_asks_for_a_credential() -> None:
    open_routes = {path for _, path, contract in _routes() if contract.auth is None}
    assert open_routes == PUBLIC | BROWSER
    walked = {name for kind in ("shopifySessionToken", "shopifyAppProxy", "accessToken") for name in _paths(kind)}
    walked |= {param.values[1] for param in _of_operators()}
    assert walked | open_routes | SIGNED_BY_VENDOR == {path for _, path, _ in _routes()}


def _paths(scheme: str) -> set[str]:
    return {param.values[1] for param in _needing(scheme)}


def _everything() -> dict[str, list[Any]]:
    """Every row there is, but for what a look itself leaves behind."""
    rows = {}
    for model in data_stack.models():
        name = str(model.Meta.table_name)
        if "-kit-" not in name:
            items = aws.client("dynamodb").scan(TableName=name)["Items"]
            rows[name] = sorted(items, key=repr)
    return rows


class Owned:
    """What the first tenant has: the ids that a stranger might try."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        preview = gallery.preview()
        upload = gallery.accepted()
        gallery.merchant("POST", "products", {"shopify_product_id": 700_700_700_700_707, "title": "Only here"})
        base = gallery.merchant("POST", "bases", {"name": "Poster"}).json()["uuid"]
        variant = {"name": "A6", "width_px": 350, "height_px": 250}
        self.variant = gallery.merchant("POST", f"bases/{base}/variants", variant).json()["uuid"]
        size = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"][0]["uuid"]
        self.ids = {
            "product_id": gallery.product,
            "style_id": gallery.style,
            "size_id": size,
            "base_id": base,
            "generation_id": preview["id"],
            "upload_id": upload["id"],
            "variant_id": self.variant,
            "shopify_product_id": "700700700700707",
            "app": "studio",
        }
        self.marks = {gallery.shop, *(value for name, value in self.ids.items() if name != "app")}

    def path(self, template: str) -> str:
        return re.sub(r"{(\w+)}", lambda match: self.ids[match[1]], template)

    def body(self, contract: EndpointSpec) -> dict[str, Any] | None:
        """A body that would do harm, were it let through."""
        return BODIES[contract.body.__name__](self) if contract.body else None


BODIES: dict[str, Callable[[Owned], dict[str, Any]]] = {
    "SettingsUpdate": lambda owned: {"settings": {"stolen": True}},
    "ProductCreate": lambda owned: {"shopify_product_id": 1, "title": "x"},
    "ProductUpdate": lambda owned: {"title": "stolen"},
    "SizeCreate": lambda owned: {"name": "x", "width_px": 10, "height_px": 10},
    "StyleCreate": lambda owned: {"name": "x", "prompt_template": "x"},
    "StyleUpdate": lambda owned: {"name": "stolen"},
    "ProductStylePut": lambda owned: {"is_enabled": False},
    "BaseCreate": lambda owned: {"name": "x"},
    "BaseVariantCreate": lambda owned: {"name": "x", "width_px": 10, "height_px": 10},
    "MappingPut": lambda owned: {
        "product_base_variant_id": owned.variant,
        "shopify_variant_id": f"gid://shopify/ProductVariant/{VARIANT}",
    },
    "SizeUpdate": lambda owned: {"name": "stolen"},
    "StyleOrder": lambda owned: {"ai_style_ids": [owned.ids["style_id"]] if owned else []},
    "TrialCreate": lambda owned: {"product_id": owned.ids["product_id"]},
    "ExamplePut": lambda owned: {"image": base64.b64encode(encoded(Image.new("RGB", (8, 8)))).decode()},
    "BaseUpdate": lambda owned: {"name": "stolen"},
    "BaseVariantUpdate": lambda owned: {"name": "stolen"},
    "LinkPut": lambda owned: {"is_enabled": False},
    "QuotaUpdate": lambda owned: {"monthly_generation_limit": 0},
    "WatermarkPreviewCreate": lambda owned: {},
    "WatermarkPut": lambda owned: {"opacity": "1"},
    "UploadCreate": lambda owned: {},
    "GenerationCreate": lambda owned: {
        "product_id": owned.ids["product_id"],
        "style_id": owned.ids["style_id"],
        "upload_id": owned.ids["upload_id"],
    },
    "ChangePreviewCreate": lambda owned: {"plan": "try_it_out", "billing_cycle": "monthly"},
    "ChangeCreate": lambda owned: {"plan": "try_it_out", "billing_cycle": "monthly"},
    "CancelCreate": lambda owned: {"at_period_end": False},
    "CodeCheck": lambda owned: {"code": "SPRING", "plan": "try_it_out"},
    "RefundCreate": lambda owned: {},
    "GiftCreate": lambda owned: {
        "plan": "try_it_out",
        "recipient_email": "b@example.com",
        "success_url": "https://a.b",
        "cancel_url": "https://a.b",
    },
    "GiftRedeem": lambda owned: {"code": "AAAA-BBBB-CCCC-DDDD"},
    "PortalCreate": lambda owned: {"return_url": "https://a.b/"},
    "CheckoutCreate": lambda owned: {"plan": "try_it_out", "success_url": "https://a.b", "cancel_url": "https://a.b"},
}


def _of(rows: dict[str, list[Any]], marks: set[str]) -> dict[str, list[Any]]:
    return {name: [item for item in items if any(mark in repr(item) for mark in marks)] for name, items in rows.items()}


@pytest.mark.parametrize(("method", "path", "contract"), _needing("shopifySessionToken"))
def test_another_merchant_sees_and_changes_nothing(
    gallery: Gallery, another: Gallery, method: str, path: str, contract: EndpointSpec
) -> None:
    owned = Owned(gallery)
    before = _of(_everything(), owned.marks)
    token = another.shopify.session_token("studio", another.shop)
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"0"'}
    answer = another.api.request(method, owned.path(path), json=owned.body(contract), headers=headers)
    if "{" in path:
        assert answer.status_code == 404, answer.text
    assert not [mark for mark in owned.marks if mark in answer.text]
    assert _of(_everything(), owned.marks) == before


@pytest.mark.parametrize(("method", "path", "contract"), _needing("shopifyAppProxy"))
def test_another_shop_s_shopper_sees_and_changes_nothing(
    gallery: Gallery, another: Gallery, method: str, path: str, contract: EndpointSpec
) -> None:
    owned = Owned(gallery)
    before = _of(_everything(), owned.marks)
    tail = owned.path(path).removeprefix("/proxy/studio/")
    answer = another.shopper(method, tail, owned.body(contract))
    if "{" in path or (contract.body and contract.body.__name__ == "GenerationCreate"):
        assert answer.status_code in (404, 409), answer.text
    assert not [mark for mark in owned.marks if mark in answer.text]
    assert _of(_everything(), owned.marks) == before


class Subscriber(str):
    """A member's id, and the ids of what is hers."""

    owned: dict[str, str]


@pytest.fixture
def subscriber(api: httpx.Client, stripe_peer: StripeSandbox, drain: Callable[[], list[Any]]) -> Subscriber:
    """A member with a subscription, an add-on, payments and credits."""
    billing.sync_plans()
    member = ids.new()
    billing.register_customer("member", member, "her@example.com", relationship_id=ids.new())
    headers = {"Authorization": f"Bearer {auth.mint(Role.MEMBER, member)}"}
    for wanted in ({"plan": "better_together"}, {"addon": "surprise_box"}):
        asked = {**wanted, "success_url": "https://a.b/", "cancel_url": "https://a.b/"}
        session = api.post("/v1/billing/checkout", json=asked, headers=headers).json()["id"]
        stripe_peer.complete_checkout(session)
        assert drain() == []
    assert api.get("/v1/billing/credits", headers=headers).json()["balance"] > 0
    found = Subscriber(member)
    found.owned = {
        "payment": api.get("/v1/billing/payments", headers=headers).json()["items"][0]["id"],
        "addon": api.get("/v1/billing/addons/mine", headers=headers).json()["items"][0]["id"],
    }
    return found


@pytest.mark.parametrize(("method", "path", "contract"), _needing("accessToken"))
@pytest.mark.parametrize("role", [Role.MEMBER, Role.STORE_OWNER])
def test_another_member_or_store_sees_nothing(
    api: httpx.Client, subscriber: Subscriber, role: Role, method: str, path: str, contract: EndpointSpec
) -> None:
    body = BODIES[contract.body.__name__](None) if contract.body else None  # type: ignore[arg-type]
    marks = {subscriber, "her@example.com"}
    before = _of(_everything(), marks)
    headers = {"Authorization": f"Bearer {auth.mint(role, ids.new())}"}
    url = re.sub(r"{(\w+)}", lambda match: subscriber.owned[match[1]], path)
    answer = api.request(method, url, json=body, headers=headers)
    assert not [mark for mark in marks if mark in answer.text]
    if "{" in path:
        assert answer.status_code in (403, 404), answer.text
    if path == "/v1/billing/credits":
        assert answer.json().get("balance", 0) == 0
    if path == "/v1/billing/subscription":
        assert answer.json().get("subscription") is None
    assert _of(_everything(), marks) == before


@pytest.mark.parametrize(
    ("method", "path", "contract"),
    [*_needing("shopifySessionToken"), *_needing("shopifyAppProxy"), *_needing("accessToken")],
)
def test_without_a_credential_nothing_is_answered(
    api: httpx.Client, shopify: ShopifySandbox, method: str, path: str, contract: EndpointSpec
) -> None:
    url = re.sub(r"{\w+}", "00000000-0000-4000-8000-000000000000", path)
    operator = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'somebody')}"}
    for headers, expected in (({}, {401}), ({"Authorization": "Bearer x.y.z"}, {401}), (operator, {401, 403})):
        answer = api.request(method, url, json={}, headers=headers)
        assert answer.status_code in expected, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), _of_operators())
def test_only_an_operator_is_answered_where_operators_are(gallery: Gallery, method: str, path: str) -> None:
    order = gallery.order({"name": "a", "value": "b"})
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    [delivery] = WebhookDelivery.scan(WebhookDelivery.topic == "orders/paid", limit=1)
    url = path.format(
        shop=gallery.shop,
        delivery_id=delivery.delivery_id,
        request_id=ids.new(),
        payment=ids.new(),
        event="evt_1",
        refund=ids.new(),
        code="X",
    )
    before = _everything()
    strangers = {
        "nobody": (None, 401),
        "not a token": ("x.y.z", 401),
        "the merchant": (gallery.shopify.session_token("studio", gallery.shop), 401),
        "a member": (auth.mint(Role.MEMBER, ids.new()), 403),
        "a store": (auth.mint(Role.STORE_OWNER, ids.new()), 403),
    }
    for who, (token, expected) in strangers.items():
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = gallery.api.request(method, url, headers=headers)
        assert answer.status_code == expected, f"{who}: {answer.text}"
        assert answer.headers["content-type"] == "application/problem+json"
        assert gallery.shop not in answer.text
    signed = gallery.shopify.sign_proxy("studio", {"shop": gallery.shop, "timestamp": str(int(time.time()))})
    assert gallery.api.request(method, f"{url}?{signed}").status_code == 401
    assert _everything() == before
