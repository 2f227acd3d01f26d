"""Test values for signatures and shop domains of the Shopify libraries, with their sources and our stricter cases.

Vectors of the documentation are in the tests of their modules.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs

import pytest

from chalicelib.integrations.shopify.signature import (
    sign_oauth_query,
    sign_webhook,
    verify_oauth_signature,
    verify_proxy_signature,
)
from chalicelib.kit.auth import Credentials
from chalicelib.shops import domain, webhook_headers
from chalicelib.shops.errors import InvalidWebhookSignature
from chalicelib.shops.service import auth

NOW = 1_700_000_000
Query = dict[str, list[str]]


def query(**values: str) -> Query:
    return {name: [value] for name, value in values.items()}


def sign(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


# OAuth. shopify-app-js, packages/apps/shopify-api/lib/utils/__tests__/hmac-validator.test.ts, signator "admin"

JS_SECRET = "my super secret key"
JS_QUERY = query(code="some code goes here", shop="the shop URL", state="some nonce passed from auth")
JS_TEXT = "shop=the%20shop%20URL&state=some%20nonce%20passed%20from%20auth"


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (JS_QUERY, "code=some%20code%20goes%20here&" + JS_TEXT),  # "…timestamp and hmac is correct"
        (JS_QUERY | query(foo="bar"), "code=some%20code%20goes%20here&foo=bar&" + JS_TEXT),  # "queries with extra keys"
        (query(custom="hello world", shop="myshop.myshopify.com"), "custom=hello%20world&shop=myshop.myshopify.com"),
    ],
)
@pytest.mark.parametrize(("off", "is_genuine"), [(-60, True), (-91, False), (91, False)])
def test_an_oauth_query_of_shopify_app_js(params: Query, text: str, off: int, is_genuine: bool) -> None:
    stamp = str(NOW + off)
    signed_query = query(timestamp=stamp, hmac=sign(f"{text}&timestamp={stamp}", JS_SECRET))
    assert verify_oauth_signature(params | signed_query, JS_SECRET, NOW) is is_genuine


def test_an_oauth_query_that_shopify_app_js_refuses() -> None:
    signed_query = JS_QUERY | query(timestamp=str(NOW - 60))
    assert not verify_oauth_signature(signed_query | query(hmac="incorrect_hmac_string"), JS_SECRET, NOW)
    assert not verify_oauth_signature(
        signed_query, JS_SECRET, NOW
    )  # "throws InvalidHmacError when there is no hmac key"


# OAuth. shopify_python_api, test/session_test.py

PYTHON_QUERY = query(shop="some-shop.myshopify.com", code="a94a110d86d2452eb3e2af4cfb8a3828")
PYTHON_HMAC = "2cb1a277650a659f1b11e92a4a64275b128e037f2c3390e3c8fd2d8721dac9e2"
PYTHON_TIME = 1_337_178_173


def test_oauth_queries_of_shopify_python_api() -> None:
    signed_query = PYTHON_QUERY | query(timestamp=str(PYTHON_TIME), hmac=PYTHON_HMAC)
    assert verify_oauth_signature(signed_query, "hush", PYTHON_TIME)  # test_hmac_validation
    assert not verify_oauth_signature(
        PYTHON_QUERY | query(hmac=PYTHON_HMAC), "hush", PYTHON_TIME
    )  # …_handles_missing_params
    wrong = query(hmac="a94a110d86d2452e92a4a64275b128e9273be3037f2c339eb3e2af4cfb8a3828")
    assert not verify_oauth_signature(signed_query | wrong, "hush", PYTHON_TIME)  # test_raise_error_if_hmac_is_invalid
    assert not verify_oauth_signature(
        signed_query | query(bar="world"), "hush", PYTHON_TIME
    )  # …_if_hmac_does_not_match_expected
    assert not verify_oauth_signature(signed_query, "hush", PYTHON_TIME + 2 * 24 * 3600)  # …_if_timestamp_is_too_old


def test_queries_that_only_shopify_python_api_accepts_are_refused() -> None:
    """A `=` in a value is escaped, as Shopify itself and shopify-app-js do; a list is no part of a callback."""
    params = {"a": ["1&b=2"], "c=3&d": ["4"]}  # test_hmac_calculation_with_ampersand_and_equal_sign_characters
    assert sign_oauth_query(params, "secret") == sign("a=1%26b%3D2&c%3D3%26d=4", "secret")
    listed = {  # test_param_validation_of_param_values_with_lists
        "shop": ["some-shop.myshopify.com"],
        "ids[]": ["2", "1"],
        "hmac": ["b93b9f82996f6f8bf9f1b7bbddec284c8fabacdc4e12dc80550b4705f3003b1e"],
        "timestamp": [str(PYTHON_TIME)],
    }
    assert not verify_oauth_signature(listed, "hush", PYTHON_TIME)
    assert not verify_oauth_signature(listed | {"hmac": [sign_oauth_query(listed, "hush")]}, "hush", PYTHON_TIME)


# App proxy. shopify-app-js, hmac-validator.test.ts, signator "appProxy"

PROXIED = query(shop="the shop URL", logged_in_customer_id="1", path_prefix="/apps/my_app")
PROXIED_TEXT = "logged_in_customer_id=1path_prefix=/apps/my_appshop=the shop URL"


@pytest.mark.parametrize(
    ("params", "text"), [(PROXIED, PROXIED_TEXT), (PROXIED | query(foo="bar"), f"foo=bar{PROXIED_TEXT}")]
)
@pytest.mark.parametrize(("off", "is_genuine"), [(-60, True), (-91, False), (91, False)])
def test_a_proxied_query_of_shopify_app_js(params: Query, text: str, off: int, is_genuine: bool) -> None:
    stamp = str(NOW + off)
    signed_query = query(timestamp=stamp, signature=sign(f"{text}timestamp={stamp}", JS_SECRET))
    assert verify_proxy_signature(params | signed_query, JS_SECRET, NOW) is is_genuine


def test_a_proxied_query_that_shopify_app_js_refuses() -> None:
    signed_query = PROXIED | query(timestamp=str(NOW - 60))
    assert not verify_proxy_signature(signed_query | query(signature="incorrect_hmac_string"), JS_SECRET, NOW)
    assert not verify_proxy_signature(
        signed_query, JS_SECRET, NOW
    )  # "throw InvalidHmacError when there is no signature key"
    text = "code=some%20code%20goes%20here&" + JS_TEXT + f"&timestamp={NOW}"  # signed like an OAuth query
    assert not verify_proxy_signature(PROXIED | query(timestamp=str(NOW), hmac=sign(text, JS_SECRET)), JS_SECRET, NOW)


# App proxy. shopify_app, test/shopify_app/controller_concerns/app_proxy_verification_test.rb, secret "secret"

BASIC = "shop=some-random-store.myshopify.com&path_prefix=%2Fapps%2Fmy-app&timestamp=1466106083"
BASIC_SIGNATURE = "f5cd7233558b1c50102a6f33c0b63ad1e1072a2fc126cb58d4500f75223cefcd"
COMPLEX = "&foo=bar&baz[1]&baz[2]=b&baz[c[0]]=whatup&baz[c[1]]=notmuch"
COMPLEX_SIGNATURE = "bbf3aa60e098f08919a2ea4c64a388414f164e6a117a63b03479ac7aa9464b4f"


@pytest.mark.parametrize(
    ("text", "is_genuine"),
    [
        (BASIC, False),  # no_signature
        (f"{BASIC}&signature={BASIC_SIGNATURE}", True),  # basic_query_string
        (f"{BASIC}&evil=1&signature={BASIC_SIGNATURE}", False),
        (f"{BASIC}&evil=1&signature=wrongwrong{BASIC_SIGNATURE[10:]}", False),
        (f"{BASIC}&signature=wrong{BASIC_SIGNATURE[4:]}", False),  # "request with invalid signature should fail"
        (f"{BASIC}&signature={COMPLEX_SIGNATURE}{COMPLEX}", True),  # query_string_complex_args
        (f"{BASIC}{COMPLEX}&signature={COMPLEX_SIGNATURE}", True),
    ],
)
def test_a_proxied_query_of_shopify_app(text: str, is_genuine: bool) -> None:
    assert verify_proxy_signature(parse_qs(text, keep_blank_values=True), "secret", 1_466_106_083) is is_genuine


# Webhooks. shopify_app, test/shopify_app/controller_concerns/webhook_verification_test.rb

FORM = b"foo=anything"
OF_SECRET = "yCGX/RrK4fcuNtr3ztk5tQGsOBjcAzHpGLdMUrbV8yI="
OF_OLD_SECRET = "XqRcjrSv57VACn6apEO9znyu/wkN1VC7QxdSPwK3Hzs="


def is_accepted(body: bytes, **headers: str) -> bool:
    """Return whether the webhook endpoint of `studio` accepts the body with these headers."""
    cgi_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        auth.webhook_sender(Credentials(cgi_headers, {}, {"app": "studio"}, body))
    except InvalidWebhookSignature:
        return False
    return True


def test_webhooks_of_shopify_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_STUDIO_API_SECRET", "secret, old_secret")
    assert is_accepted(FORM, x_shopify_hmac_sha256=OF_SECRET)  # "authorized requests should be successful"
    assert is_accepted(FORM, x_shopify_hmac_sha256=OF_OLD_SECRET)  # "…validated with old secret should be successful"
    assert is_accepted(FORM, shopify_hmac_sha256=OF_SECRET)  # "…with new header format should be successful"
    assert not is_accepted(FORM, x_shopify_hmac_sha256="invalid_hmac")
    assert not is_accepted(FORM, shopify_hmac_sha256="invalid_hmac")
    # "new header format takes precedence when both headers present"
    assert is_accepted(FORM, shopify_hmac_sha256=OF_SECRET, x_shopify_hmac_sha256="invalid_hmac")
    monkeypatch.setenv("SHOPIFY_STUDIO_API_SECRET", "secret")
    assert not is_accepted(FORM, x_shopify_hmac_sha256=OF_OLD_SECRET)
    assert not is_accepted(FORM, x_shopify_hmac_sha256="invalid_hmac")  # "…doesn't blow up when old_secret is nil"


@pytest.mark.parametrize(
    ("headers", "shop"),
    [
        ({"shopify-shop-domain": "test-shop.myshopify.com"}, "test-shop.myshopify.com"),
        ({"x-shopify-shop-domain": "legacy-shop.myshopify.com"}, "legacy-shop.myshopify.com"),
        (  # "shop_domain prefers new header over legacy header"
            {"shopify-shop-domain": "new-shop.myshopify.com", "x-shopify-shop-domain": "legacy-shop.myshopify.com"},
            "new-shop.myshopify.com",
        ),
    ],
)
def test_the_shop_of_a_webhook_of_shopify_app(headers: dict[str, str], shop: str) -> None:
    assert (
        webhook_headers.parse_webhook_headers(
            headers | {"shopify-topic": "orders/paid", "shopify-webhook-id": "1"}
        ).shop
        == shop
    )


# Webhooks. shopify-app-js, packages/apps/shopify-api/lib/webhooks/__tests__/validate.test.ts with utils.ts, and
# lib/utils/__tests__/validate-hmac-string.test.ts; unlike there, the API version is not needed, nor is the topic's case.

JSON_BODY = b'{"foo": "bar"}'
JS_HEADERS = {
    "x-shopify-topic": "products/create",
    "x-shopify-shop-domain": "shop1.myshopify.io",
    "x-shopify-webhook-id": "123456789",
}


def test_webhooks_of_shopify_app_js(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="  # "returns true for valid request"
    monkeypatch.setenv("SHOPIFY_STUDIO_API_SECRET", "test_secret_key")
    assert is_accepted(JSON_BODY, x_shopify_hmac_sha256=genuine)
    assert is_accepted(JSON_BODY, shopify_hmac_sha256=genuine, x_shopify_hmac_sha256=genuine)  # "…events webhooks…"
    assert not is_accepted(b"", x_shopify_hmac_sha256=genuine)  # "returns false on missing body"
    for wrong in ("", "fake"):
        assert not is_accepted(JSON_BODY, x_shopify_hmac_sha256=wrong)
    parsed_headers = webhook_headers.parse_webhook_headers(JS_HEADERS)
    assert (parsed_headers.webhook_id, parsed_headers.shop, parsed_headers.topic) == (
        "123456789",
        "shop1.myshopify.io",
        "products/create",
    )


@pytest.mark.parametrize("missing", ["Topic", "Shop-Domain", "Webhook-Id"])
def test_headers_required_by_shopify_app_js_are_required(missing: str) -> None:
    with pytest.raises(webhook_headers.HeadersMissing) as error:
        webhook_headers.parse_webhook_headers(JS_HEADERS | {f"x-shopify-{missing.lower()}": ""})
    assert error.value.names == [f"X-Shopify-{missing}"]


def test_a_secret_that_is_rotated_as_in_shopify_app_js(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"foo":"bar"}'
    new, old = sign_webhook(body, "new secret"), sign_webhook(body, "old secret")
    monkeypatch.setenv("SHOPIFY_STUDIO_API_SECRET", "new secret,old secret")
    assert is_accepted(body, x_shopify_hmac_sha256=new)
    assert is_accepted(body, x_shopify_hmac_sha256=old)
    assert not is_accepted(body, x_shopify_hmac_sha256="invalid")
    monkeypatch.setenv("SHOPIFY_STUDIO_API_SECRET", "new secret")
    assert not is_accepted(body, x_shopify_hmac_sha256=old)


# Shop domains. shopify-app-js: shop-validator.test.ts, shop-admin-url-helper.test.ts; shopify_app:
# test/shopify_app/utils_test.rb; shopify_python_api: test/utils/shop_url_test.py


@pytest.mark.parametrize(
    ("text", "shop"),
    [
        ("my-shop.myshopify.com", "my-shop.myshopify.com"),
        ("MY-shop.myshopify.com", "my-shop.myshopify.com"),
        ("http-shop-from-qa-hell.myshopify.com", "http-shop-from-qa-hell.myshopify.com"),
        ("some-shoppe-over-the-rainbow.myshopify.com", "some-shoppe-over-the-rainbow.myshopify.com"),
        ("some-shoppe-over-the-rainbow.myshopify.io", "some-shoppe-over-the-rainbow.myshopify.io"),
        ("my-shop.myshopify.io", "my-shop.myshopify.io"),
        ("https://admin.shopify.com/store/store-name/", "store-name.myshopify.com"),
        ("https://admin.shopify.com/store/store-name", "store-name.myshopify.com"),
        ("admin.shopify.com/store/my-shop", "my-shop.myshopify.com"),
    ],
)
def test_shop_domains_of_the_libraries_are_valid(text: str, shop: str) -> None:
    assert domain.normalize_shop_domain(text, development=True) == shop


@pytest.mark.parametrize(
    "text",
    [
        "myshop.com",
        "myshopify.com",
        "shopify.com",
        "two words",
        "store.myshopify.com.evil.com",
        "/foo/bar",
        "foo.myshopify.io.evil.ru",
        "/foo.myshopify.io.evil.ru",
        "%0a123.myshopify.io",
        "%0a123.myshopify.io ",
        "foo.bar.myshopify.io",
        "notshopify.com",
        "-invalid.myshopify.io",
        "not-admin.shopify.com/store/my-shop",
        "adminisnotthis.shopify.com/store/my-shop",
        "adminisnot.web.abc.def-gh.ij.spin.dev/store/my-shop",
        "admin.what.abc.def-gh.ij.spin.dev/store/my-shop",
        "my-shop.myshopify.com.nope",
        "my-shop.myshopify.com/admin",
        "my-shop.my-custom-domain.com.nope",
        "my-shop.my-other-custom-domain.com.nope",
    ],
)
def test_invalid_domains_of_the_libraries_are_refused(text: str) -> None:
    assert domain.normalize_shop_domain(text, development=True) is None


@pytest.mark.parametrize(
    "text",
    [
        # A bare name and URLs of a shop: the libraries correct typed input, which does not occur here.
        "my-shop",
        "http://my-shop.myshopify.com",
        "https://my-shop.myshopify.com",
        "http://my-shop.myshopify.io",
        "http://user:pass@testshop.notshopify.net/path",
        # No store is named.
        "admin.shopify.com/some_shoppe_over_the_rainbow",
        # Shopify's own machines, and domains that an app configures.
        "admin.shop.dev/store/my-shop",
        "shop1.dev-api.shop.dev",
        "admin.web.abc.def-gh.ij.spin.dev/store/my-shop",
        "http://shopify.foobar-part-onboard-0d6x.asdf-rygus.us.spin.dev/store/shop1/apps/cool_app_hansel",
        "my-shop.my-custom-domain.com",
        "my-shop.my-other-custom-domain.com",
    ],
)
def test_domains_that_only_the_libraries_accept_are_refused(text: str) -> None:
    assert domain.normalize_shop_domain(text, development=True) is None
