"""The session tokens in the tests of the Shopify libraries.

Sources: shopify_python_api, test/session_token_test.py; shopify_app, test/shopify_app/session/jwt_test.rb;
shopify-app-js, packages/apps/shopify-api/lib/session/__tests__/decode-id-token.test.ts.
"""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from chalicelib.integrations.shopify.oauth import ACCESS_SECONDS, Grant
from chalicelib.kit import clock
from chalicelib.kit.auth import Credentials
from chalicelib.kit.errors import Unauthenticated
from chalicelib.kit.tables import Transaction
from chalicelib.shops import service
from chalicelib.shops.repository import installations
from chalicelib.shops.repository.installations import Installation

PYTHON, RUBY, JS = "shopify_python_api", "shopify_app", "shopify-app-js"
CREDENTIALS = {PYTHON: ("API key", "API Secret"), RUBY: ("api_key", "secret"), JS: ("test_key", "test_secret_key")}


def valid_claims(library: str) -> dict[str, Any]:
    """Return the valid claims of the library test, with the claims that every Shopify token has."""
    now = time.time()
    shop, subject, expires, since = {
        PYTHON: ("test-shop.myshopify.com", "1", now + 60, now),
        RUBY: ("test.myshopify.io", "121", int(now) + 86_400, int(now) - 86_400),
        JS: ("test-shop.myshopify.io", "1", now + 3600, 1234),
    }[library]
    return {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": CREDENTIALS[library][0],
        "sub": subject,
        "exp": expires,
        "nbf": since,
        "iat": since,
        "jti": "4321",
        "sid": "abc123",
    }


@pytest.fixture
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the app with the key, secrets and shop of the library tests."""
    name: str = request.param
    key, secret = CREDENTIALS[name]
    monkeypatch.setenv("SHOPIFY_STUDIO_API_KEY", key)
    monkeypatch.setenv("SHOPIFY_STUDIO_API_SECRET", f"{secret},old_secret")
    shop = valid_claims(name)["dest"].removeprefix("https://")
    grant = Grant("shpat_x", "", ACCESS_SECONDS, "shprt_x", 60)
    with Transaction() as transaction:
        installation = Installation(shop, "studio", grant, "", clock.now())
        installations.stage_installation(transaction, installation, None)
    return name


def merchant(claims: dict[str, Any], secret: str, algorithm: str = "HS256") -> service.Merchant:
    return merchant_of_header(f"Bearer {jwt.encode(claims, secret, algorithm=algorithm)}")


def merchant_of_header(authorization: str) -> service.Merchant:
    return service.merchant(Credentials({"authorization": authorization}, {}, {}, b""))


short_keys = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")


@short_keys
@pytest.mark.parametrize("library", CREDENTIALS, indirect=True)
def test_session_tokens_of_the_libraries_are_valid(library: str) -> None:
    claims, (_, secret) = valid_claims(library), CREDENTIALS[library]
    result = merchant(claims, secret)
    assert (f"https://{result.shop}", result.app, result.user_id) == (claims["dest"], "studio", claims["sub"])
    assert merchant(claims, "old_secret") == result  # "…are returned using the old secret"
    assert merchant(claims | {"nbf": int(time.time()) + 4}, secret) == result  # "…returned with NBF tolerances"


@short_keys
@pytest.mark.parametrize("library", CREDENTIALS, indirect=True)
@pytest.mark.parametrize(
    "changed",
    [
        {"exp": -10},  # test_raises_jwt_error_if_session_token_is_expired
        {"exp": -60},  # "fails if the token is expired"
        {"exp": -86_400},  # "…if 'exp' claim is in the past"
        {"nbf": 60},  # "fails if the token is not activated yet"
        {"nbf": 86_400},  # "…if 'nbf' claim is in the future"
        {"aud": "bad audience"},  # test_raises_if_aud_doesnt_match_api_key
        {"aud": "other_key"},
        {"aud": "something_else"},  # "fails if the API key is wrong"
        {"aud": None},
        {"iss": "bad_shop_hostname"},  # test_raises_if_issuer_hostname_is_invalid
        {"dest": "bad_shop.myshopify.com"},  # test_raises_if_iss_and_dest_dont_match
        {"dest": "https://example.com"},  # "…if `dest` is not a valid shopify domain"
        {"dest": "https://other.myshopify.io"},  # "…if `iss` host doesn't match `dest` host"
        {"sub": None},  # shopify_app accepts a shop without a user; we require the user
        {"sid": None},  # omitted by the tests of shopify_app, but never by Shopify
    ],
)
def test_invalid_session_tokens_are_refused(library: str, changed: dict[str, Any]) -> None:
    now = time.time()
    claims = valid_claims(library) | {name: now + off if isinstance(off, int) else off for name, off in changed.items()}
    claims = {name: value for name, value in claims.items() if value is not None}
    with pytest.raises(Unauthenticated):
        merchant(claims, CREDENTIALS[library][1])


@short_keys
@pytest.mark.parametrize("library", CREDENTIALS, indirect=True)
def test_unsigned_session_tokens_are_refused(library: str) -> None:
    claims = valid_claims(library)
    for secret, algorithm in (("", "none"), ("bad_secret", "HS256"), ("bad", "HS256")):
        with pytest.raises(Unauthenticated):
            merchant(claims, secret, algorithm)
    for header in ("Bad auth header", "Bearer token", "Bearer not_a_valid_token", "Bearer invalid"):
        with pytest.raises(Unauthenticated):
            merchant_of_header(header)
