"""Every route, called with the credential of another tenant and with none: no data is returned or changed.

A new route fails this test until its path parameters and body are listed below.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from PIL import Image

from chalicelib.analytics import service as analytics
from chalicelib.analytics.enums import MetricKind
from chalicelib.billing import service as billing
from chalicelib.discounts.enums import WatchStatus
from chalicelib.discounts.models import CompetitorWatch
from chalicelib.kit import auth, aws, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.http import EndpointSpec
from chalicelib.shops.models import WebhookDelivery
from infra.deploy import data_stack, handlers
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox
from tests.integrations.sample_images import encode_image
from tests.studio.conftest import CUSTOMER, VARIANT, Gallery, cover_crop, gallery, other_gallery
from tests.studio.service.test_visitor_limits import limits

__all__ = ["gallery", "other_gallery"]

OF_THE_APP = {"/", "/health", "/ready", "/openapi.json", "/asyncapi.json"}
PAGES = {"/docs", "/docs/errors", "/docs/errors/{code}", "/kit/web"}
PUBLIC = (
    OF_THE_APP
    | PAGES
    | {
        "/studio/app",
        "/discounts/app",
        "/discounts/app/discounts",
        "/discounts/app/advice",
        "/operator/app",
        "/analytics/app",
        "/analytics/snippet.js",
        "/v1/analytics/events",
        "/together/app",
        "/together/calendar.ics",
        "/together/unsubscribe",
        "/together/{file}",
        "/platform/app",
        "/v1/together/accounts",
        "/v1/together/accounts/email",
        "/v1/together/accounts/reset",
        "/v1/together/accounts/verify",
        "/v1/together/sessions",
        "/v1/together/sessions/refresh",
        "/v1/platform/accounts",
        "/v1/platform/accounts/email",
        "/v1/platform/accounts/reset",
        "/v1/platform/accounts/verify",
        "/v1/platform/sessions",
        "/v1/platform/sessions/refresh",
        "/v1/platform/sessions/revoke",
    }
)
MEMBERS = "/v1/together/"
"""Routes of members with an account: test_member_tenants calls them with its own couples."""
OWNERS = "/v1/platform/"
"""Routes of owners of stores: test_platform_tenants calls them with its own owners, and the data API's with keys."""
SITE = "/v1/analytics/sites/{tenant}"
"""Routes of a site: operators, and the accounts that the site names."""
OPERATORS = (auth.operator, auth.support)
SIGNED_BY_VENDOR = {"/webhooks/shopify/{app}", "/webhooks/stripe", "/webhooks/images/{generation_id}"}
BROWSER = {"/shopify/{app}/auth", "/shopify/{app}/auth/callback"}


def _routes() -> list[tuple[str, str, EndpointSpec]]:
    results = []
    for path, methods in sorted(handlers.chalice_app().routes.items()):
        for method, entry in methods.items():
            contract = getattr(entry.view_function, "contract", None)
            if contract is not None:
                results.append((method, path, contract))
    return results


def _routes_with_scheme(scheme: str) -> list[tuple[str, str, EndpointSpec]]:
    return [
        (method, path, contract)
        for method, path, contract in _routes()
        if contract.auth not in (None, *OPERATORS) and getattr(contract.auth, "scheme", ("vendor",))[0] == scheme
    ]


def _operator_routes() -> list[tuple[str, str]]:
    return [(method, path) for method, path, contract in _routes() if contract.auth in OPERATORS]


def test_every_route_is_public_or_requires_a_credential() -> None:
    open_routes = {path for _, path, contract in _routes() if contract.auth is None}
    assert open_routes == PUBLIC | BROWSER
    visited_names = {
        name for kind in ("shopifySessionToken", "shopifyAppProxy", "accessToken", "storeKey") for name in _paths(kind)
    }
    visited_names |= {path for _, path in _operator_routes()}
    assert visited_names | open_routes | SIGNED_BY_VENDOR == {path for _, path, _ in _routes()}


def _paths(scheme: str) -> set[str]:
    return {path for _, path, _ in _routes_with_scheme(scheme)}


def _all_rows() -> dict[str, list[Any]]:
    """Return every row except those that a read itself writes."""
    rows = {}
    for model in data_stack.models():
        name = str(model.Meta.table_name)
        if "-kit-" not in name:
            items = aws.client("dynamodb").scan(TableName=name)["Items"]
            rows[name] = sorted(items, key=repr)
    return rows


DISCOUNT: dict[str, Any] = {"title": "x", "value_type": "percentage", "value": "10", "skus": ["A"]}


def app_of(path: str) -> str:
    """Return the app whose merchants may use a route."""
    return "discounts" if path.startswith("/v1/discounts") else "studio"


def merchant_headers(gallery: Gallery, path: str) -> dict[str, str]:
    """Return the credential of a shop's merchant for a route."""
    return {"Authorization": f"Bearer {gallery.shopify.session_token(app_of(path), gallery.shop)}"}


class Tenant:
    """The ids of the first tenant that another caller may try."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        preview = gallery.preview()
        upload = gallery.accepted_upload()
        gallery.merchant("POST", "products", {"shopify_product_id": 700_700_700_700_707, "title": "Only here"})
        base = gallery.merchant("POST", "bases", {"name": "Poster"}).json()["uuid"]
        variant = {"name": "A6", "width_px": 350, "height_px": 250}
        self.variant = gallery.merchant("POST", f"bases/{base}/variants", variant).json()["uuid"]
        discount = DISCOUNT | {"title": "Only here"}
        headers = merchant_headers(gallery, "/v1/discounts")
        created = gallery.api.post("/v1/discounts/discounts", json=discount, headers=headers).json()
        test = {"discount_id": created["discount_id"], "value_type": "percentage", "value": "20"}
        added = gallery.api.post("/v1/discounts/tests", json=test, headers=headers).json()
        exported = gallery.api.post("/v1/discounts/exports", json={"kind": "days"}, headers=headers).json()
        size = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"][0]["uuid"]
        self.ids = {
            "discount_id": created["discount_id"],
            "test_id": added["test_id"],
            "watch_id": _watch(gallery.shop),
            "export_id": exported["export_id"],
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
        """Return a body that would change data if it were accepted."""
        return BODIES[contract.body.__name__](self) if contract.body else None


def _watch(shop: str) -> str:
    """Store a watched page, which no job is to read here, and return its id."""
    row = CompetitorWatch(
        shop, ids.new(), sku="A", competitor="Rival", url=PAGE, status=WatchStatus.OK, created_at=clock.now()
    )
    row.save()
    return row.watch_id


PAGE = "https://rival-shop.com/products/mug"
VARIANTS = [{"variant": "a", "weight": 5000}, {"variant": "b", "weight": 5000}]

BODIES: dict[str, Callable[[Tenant], dict[str, Any]]] = {
    "SettingsUpdate": lambda tenant: {"settings": {"stolen": True}},
    "ProductCreate": lambda tenant: {"shopify_product_id": 1, "title": "x"},
    "ProductUpdate": lambda tenant: {"title": "stolen"},
    "SizeCreate": lambda tenant: {"name": "x", "width_px": 10, "height_px": 10},
    "StyleCreate": lambda tenant: {"name": "x", "prompt_template": "x"},
    "StyleUpdate": lambda tenant: {"name": "stolen"},
    "ProductStylePut": lambda tenant: {"is_enabled": False},
    "BaseCreate": lambda tenant: {"name": "x"},
    "BaseVariantCreate": lambda tenant: {"name": "x", "width_px": 10, "height_px": 10},
    "MappingPut": lambda tenant: {
        "product_base_variant_id": tenant.variant,
        "shopify_variant_id": f"gid://shopify/ProductVariant/{VARIANT}",
    },
    "DiscountCreate": lambda tenant: DISCOUNT,
    "AbTestCreate": lambda tenant: {
        "discount_id": tenant.ids["discount_id"],
        "value_type": "percentage",
        "value": "20",
    },
    "AbTestAction": lambda tenant: {"action": "start"},
    "CompetitorCreate": lambda tenant: {"sku": "A", "competitor": "Rival", "url": PAGE},
    "FigureExportCreate": lambda tenant: {"kind": "days"},
    "StoreGroupAction": lambda tenant: {"action": "leave"},
    "RecommendationAction": lambda tenant: {"sku": "A", "action": "dismiss"},
    "PreviewCreate": lambda tenant: {"lines": [{"sku": "A", "quantity": 1, "unit_price": "10.00"}]},
    "DiscountUpdate": lambda tenant: {"title": "stolen"},
    "SizeUpdate": lambda tenant: {"name": "stolen"},
    "StyleOrder": lambda tenant: {"ai_style_ids": [tenant.ids["style_id"]] if tenant else []},
    "TrialCreate": lambda tenant: {"product_id": tenant.ids["product_id"]},
    "ExamplePut": lambda tenant: {"image": base64.b64encode(encode_image(Image.new("RGB", (8, 8)))).decode()},
    "BaseUpdate": lambda tenant: {"name": "stolen"},
    "BaseVariantUpdate": lambda tenant: {"name": "stolen"},
    "LinkPut": lambda tenant: {"is_enabled": False},
    "QuotaUpdate": lambda tenant: {"monthly_generation_limit": 0},
    "WatermarkPreviewCreate": lambda tenant: {},
    "WatermarkPut": lambda tenant: {"opacity": "1"},
    "VisitorLimitsPut": lambda tenant: limits(),
    "UploadCreate": lambda tenant: {},
    "GenerationCreate": lambda tenant: {
        "product_id": tenant.ids["product_id"],
        "style_id": tenant.ids["style_id"],
        "upload_id": tenant.ids["upload_id"],
        "size_id": tenant.ids["size_id"],
        "crop": cover_crop(tenant.ids["upload_id"]),
    },
    "ChangePreviewCreate": lambda tenant: {"plan": "try_it_out", "billing_cycle": "monthly"},
    "ChangeCreate": lambda tenant: {"plan": "try_it_out", "billing_cycle": "monthly"},
    "CancelCreate": lambda tenant: {"at_period_end": False},
    "CodeCheck": lambda tenant: {"code": "SPRING", "plan": "try_it_out"},
    "RefundCreate": lambda tenant: {},
    "GiftCreate": lambda tenant: {
        "plan": "try_it_out",
        "recipient_email": "b@example.com",
        "success_url": "https://a.b",
        "cancel_url": "https://a.b",
    },
    "GiftRedeem": lambda tenant: {"code": "AAAA-BBBB-CCCC-DDDD"},
    "PortalCreate": lambda tenant: {"return_url": "https://a.b/"},
    "CheckoutCreate": lambda tenant: {"plan": "try_it_out", "success_url": "https://a.b", "cancel_url": "https://a.b"},
    "CampaignCreate": lambda tenant: {"name": "Autumn"},
    "ErrorAction": lambda tenant: {"action": "resolve"},
    "ExperimentAction": lambda tenant: {"action": "start"},
    "ExperimentCreate": lambda tenant: {"name": "x", "metric": "checkout", "variants": VARIANTS},
    "FunnelCreate": lambda tenant: {"name": "x", "steps": [{"name": "sign_up"}, {"name": "booking"}]},
    "ReportCreate": lambda tenant: {
        "kind": "funnel",
        "steps": [{"name": "sign_up"}, {"name": "booking"}],
        "from": "2026-01-01",
        "to": "2026-01-31",
    },
}


def _rows_with_marks(rows: dict[str, list[Any]], marks: set[str]) -> dict[str, list[Any]]:
    return {name: [item for item in items if any(mark in repr(item) for mark in marks)] for name, items in rows.items()}


def test_another_merchant_can_neither_read_nor_change_data(gallery: Gallery, other_gallery: Gallery) -> None:
    tenant = Tenant(gallery)
    before = _rows_with_marks(_all_rows(), tenant.marks)
    for method, path, contract in _routes_with_scheme("shopifySessionToken"):
        headers = merchant_headers(other_gallery, path) | {"If-Match": '"0"'}
        response = other_gallery.api.request(method, tenant.path(path), json=tenant.body(contract), headers=headers)
        if "{" in path:
            assert response.status_code == 404, f"{method} {path}: {response.text}"
        assert not [mark for mark in tenant.marks if mark in response.text], f"{method} {path}"
        assert _rows_with_marks(_all_rows(), tenant.marks) == before, f"{method} {path}"


def test_a_shopper_of_another_shop_can_neither_read_nor_change_data(gallery: Gallery, other_gallery: Gallery) -> None:
    tenant = Tenant(gallery)
    before = _rows_with_marks(_all_rows(), tenant.marks)
    for method, path, contract in _routes_with_scheme("shopifyAppProxy"):
        app, tail = tenant.path(path).removeprefix("/proxy/").split("/", 1)
        query = {"visitor": "visitor-0001"} if app == "discounts" else {}
        url = other_gallery.shopify.proxy_url(app, other_gallery.shop, tail, query, customer_id=CUSTOMER)
        response = other_gallery.api.request(method, url, json=tenant.body(contract))
        if "{" in path or (contract.body and contract.body.__name__ == "GenerationCreate"):
            assert response.status_code in (404, 409), f"{method} {path}: {response.text}"
        assert not [mark for mark in tenant.marks if mark in response.text], f"{method} {path}"
        assert _rows_with_marks(_all_rows(), tenant.marks) == before, f"{method} {path}"


class Subscriber(str):
    """The id of a member and the ids of her objects."""

    ids: dict[str, str]


@pytest.fixture
def subscriber(api: httpx2.Client, stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]) -> Subscriber:
    """A member with a subscription, an add-on, payments and credits."""
    billing.sync_plans()
    member = ids.new()
    billing.register_customer("member", member, "her@example.com", relationship_id=ids.new())
    headers = {"Authorization": f"Bearer {auth.mint(Role.MEMBER, member)}"}
    for selection in ({"plan": "better_together"}, {"addon": "surprise_box"}):
        params = {**selection, "success_url": "https://a.b/", "cancel_url": "https://a.b/"}
        session = api.post("/v1/billing/checkout", json=params, headers=headers).json()["id"]
        stripe_sandbox.complete_checkout(session)
        assert drain() == []
    assert api.get("/v1/billing/credits", headers=headers).json()["balance"] > 0
    new_subscriber = Subscriber(member)
    new_subscriber.ids = {
        "payment": api.get("/v1/billing/payments", headers=headers).json()["items"][0]["id"],
        "addon": api.get("/v1/billing/addons/mine", headers=headers).json()["items"][0]["id"],
        **site_ids(member),
    }
    return new_subscriber


def site_ids(account: str) -> dict[str, str]:
    """Register a site that only this account may read, and return the path parameters of its routes."""
    tenant = "store:of-another-owner"
    analytics.register_site(tenant, "Her shop", readers=[f"owner:{account}"])
    test = analytics.create_experiment(tenant, "button", "checkout", MetricKind.PROPORTION, VARIANTS)
    unknown = dict.fromkeys(("error_id", "funnel", "report_id", "session_id", "user_id"), "1")
    return {"tenant": tenant, "test_id": test, **unknown}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.STORE_OWNER])
def test_another_member_or_shop_can_read_no_data(api: httpx2.Client, subscriber: Subscriber, role: Role) -> None:
    marks = {subscriber, "her@example.com"}
    before = _rows_with_marks(_all_rows(), marks)
    for method, path, contract in _routes_with_scheme("accessToken"):
        if path.startswith((MEMBERS, OWNERS)):
            continue
        body = BODIES[contract.body.__name__](None) if contract.body else None  # type: ignore[arg-type]
        headers = {"Authorization": f"Bearer {auth.mint(role, ids.new())}"}
        url = re.sub(r"{(\w+)}", lambda match: subscriber.ids[match[1]], path)
        response = api.request(method, url, json=body, headers=headers)
        assert not [mark for mark in marks if mark in response.text], f"{method} {path}"
        if "{" in path:
            assert response.status_code in (403, 404), f"{method} {path}: {response.text}"
        if path == "/v1/billing/credits":
            assert response.json().get("balance", 0) == 0
        if path == "/v1/billing/subscription":
            assert response.json().get("subscription") is None
        assert _rows_with_marks(_all_rows(), marks) == before, f"{method} {path}"


def test_requests_without_a_credential_are_refused(api: httpx2.Client, shopify: ShopifySandbox) -> None:
    operator = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'somebody')}"}
    attempts: tuple[tuple[dict[str, str], set[int]], ...] = (
        ({}, {401}),
        ({"Authorization": "Bearer x.y.z"}, {401}),
        (operator, {401, 403}),
    )
    for scheme in ("shopifySessionToken", "shopifyAppProxy", "accessToken", "storeKey"):
        for method, path, _ in _routes_with_scheme(scheme):
            url = re.sub(r"{\w+}", "00000000-0000-4000-8000-000000000000", path)
            for headers, refusals in attempts:
                if headers is operator and path.startswith(OWNERS):
                    continue  # operators act for owners
                expected = {404} if headers is operator and path.startswith(SITE) else refusals
                response = api.request(method, url, json={}, headers=headers)
                assert response.status_code in expected, f"{method} {path}: {response.text}"
                assert response.headers["content-type"] == "application/problem+json"


def test_operator_routes_accept_operators_only(gallery: Gallery) -> None:
    order = gallery.order({"name": "a", "value": "b"})
    assert gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order).ok
    [delivery] = WebhookDelivery.scan(WebhookDelivery.topic == "orders/paid", limit=1)
    names = {"shop": gallery.shop, "delivery_id": delivery.delivery_id, "event": "evt_1", "code": "X"}
    before = _all_rows()
    strangers = {
        "nobody": (None, 401),
        "not a token": ("x.y.z", 401),
        "the merchant": (gallery.shopify.session_token("studio", gallery.shop), 401),
        "a member": (auth.mint(Role.MEMBER, ids.new()), 403),
        "a store": (auth.mint(Role.STORE_OWNER, ids.new()), 403),
    }
    for method, path in _operator_routes():
        url = re.sub(r"{(\w+)}", lambda match: names.get(match[1]) or ids.new(), path)
        for caller_name, (token, expected) in strangers.items():
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            response = gallery.api.request(method, url, headers=headers)
            assert response.status_code == expected, f"{method} {path} by {caller_name}: {response.text}"
            assert response.headers["content-type"] == "application/problem+json"
            assert gallery.shop not in response.text
        signed_query = gallery.shopify.sign_proxy("studio", {"shop": gallery.shop, "timestamp": str(int(time.time()))})
        assert gallery.api.request(method, f"{url}?{signed_query}").status_code == 401, f"{method} {path}"
        assert _all_rows() == before, f"{method} {path}"
