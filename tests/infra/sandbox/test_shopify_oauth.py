"""Authorization code, token exchange and refresh against the sandbox, verified with independent signatures."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest

from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from infra.sandbox.shopify.signing import oauth_hmac, proxy_signature
from tests.infra.sandbox.conftest import Clock

SHOP = "sunny.myshopify.com"
STUDIO = SANDBOX_APPS["studio"]
DAY = 24 * 3600


def authorize(http: httpx2.Client, shopify: ShopifySandbox, **changes: str) -> httpx2.Response:
    params = {
        "client_id": STUDIO.key,
        "scope": ",".join(STUDIO.scopes),
        "redirect_uri": "http://127.0.0.1:8000/shopify/studio/auth/callback",
        "state": "s1",
    }
    return http.get(f"{shopify.url}/{SHOP}/admin/oauth/authorize", params={**params, **changes})


def request_token(http: httpx2.Client, shopify: ShopifySandbox, **fields: str) -> httpx2.Response:
    params = {"client_id": STUDIO.key, "client_secret": STUDIO.secret, **fields}
    return http.post(f"{shopify.url}/{SHOP}/admin/oauth/access_token", data=params)


def exchange(http: httpx2.Client, shopify: ShopifySandbox, token: str, **fields: str) -> httpx2.Response:
    return request_token(
        http,
        shopify,
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=token,
        subject_token_type="urn:ietf:params:oauth:token-type:id_token",
        requested_token_type="urn:shopify:params:oauth:token-type:offline-access-token",
        **fields,
    )


def install(http: httpx2.Client, shopify: ShopifySandbox) -> Any:
    return exchange(http, shopify, shopify.session_token("studio", SHOP), expiring="1").json()


def refresh(http: httpx2.Client, shopify: ShopifySandbox, token: str) -> httpx2.Response:
    return request_token(http, shopify, grant_type="refresh_token", refresh_token=token)


def is_token_accepted(http: httpx2.Client, shopify: ShopifySandbox, access_token: str) -> bool:
    url = f"{shopify.url}/{SHOP}/admin/api/2026-10/graphql.json"
    response = http.post(url, json={"query": "{ shop { name } }"}, headers={"X-Shopify-Access-Token": access_token})
    return response.status_code == 200


def test_the_callback_is_signed_and_its_code_works_once(http, shopify, clock):
    response = authorize(http, shopify)
    assert response.status_code == 302
    target = urlsplit(response.headers["location"])
    query_params = {name: values[0] for name, values in parse_qs(target.query).items()}
    signature = query_params.pop("hmac")
    message = "&".join(f"{name}={query_params[name]}" for name in sorted(query_params))
    assert signature == hmac.new(STUDIO.secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    assert target.path == "/shopify/studio/auth/callback"
    assert (query_params["shop"], query_params["state"], query_params["timestamp"]) == (SHOP, "s1", str(int(clock.now)))
    assert base64.b64decode(query_params["host"] + "==") == b"admin.shopify.com/store/sunny"

    token = request_token(http, shopify, code=query_params["code"], expiring="1").json()
    assert (token["expires_in"], token["refresh_token_expires_in"]) == (3600, 90 * DAY)
    assert token["scope"] == ",".join(STUDIO.scopes)
    assert is_token_accepted(http, shopify, token["access_token"])
    second_response = request_token(http, shopify, code=query_params["code"], expiring="1")
    assert (second_response.status_code, second_response.json()["error"]) == (400, "invalid_request")


def test_a_token_without_expiring_does_not_expire(http, shopify, clock):
    location = authorize(http, shopify).headers["location"]
    token = request_token(http, shopify, code=parse_qs(urlsplit(location).query)["code"][0]).json()
    assert set(token) == {"access_token", "scope"}
    clock.now += 400 * DAY
    assert is_token_accepted(http, shopify, token["access_token"])


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"state": ""},
        {"scope": "read_orders,everything"},
        {"scope": ""},
        {"redirect_uri": "http://evil.example/callback"},
    ],
)
def test_a_wrong_authorization_request_is_refused_with_a_page(http, shopify, changes):
    response = authorize(http, shopify, **changes)
    assert response.status_code == 400
    assert "Oauth error" in response.text


def test_a_foreign_or_expired_code_is_refused(http, shopify, clock):
    code = parse_qs(urlsplit(authorize(http, shopify).headers["location"]).query)["code"][0]
    clock.now += 61
    assert request_token(http, shopify, code=code).status_code == 400


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_secret": "wrong", "code": "x"}, "invalid_client"),
        ({"client_id": "nobody", "code": "x"}, "application_cannot_be_found"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
def test_failed_token_requests_explain_the_error(http, shopify, fields, error):
    response = request_token(http, shopify, **fields)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_pyjwt_decodes_the_session_token(shopify, clock):
    token = shopify.session_token("studio", SHOP, user_id=7)
    claims = jwt.decode(
        token,
        STUDIO.secret,
        algorithms=["HS256"],
        audience=STUDIO.key,
        options={"verify_exp": False, "verify_nbf": False},
    )
    assert (claims["dest"], claims["iss"], claims["sub"]) == (f"https://{SHOP}", f"https://{SHOP}/admin", "7")
    assert claims["exp"] - claims["nbf"] == 60
    assert {"jti", "sid", "iat"} <= set(claims)


@pytest.mark.parametrize(
    "change",
    [{"exp": 1}, {"aud": "other"}, {"dest": "https://other.myshopify.com"}, {"iss": None}, {"nbf": 4_000_000_000}],
)
def test_token_exchange_requires_a_session_token_of_the_shop(http, shopify, change):
    assert exchange(http, shopify, shopify.session_token("studio", SHOP)).status_code == 200
    bad = exchange(http, shopify, shopify.session_token("studio", SHOP, **change))
    assert (bad.status_code, bad.json()["error"]) == (400, "invalid_subject_token")


def test_token_exchange_refuses_a_forged_signature(http, shopify):
    forged_token = shopify.session_token("studio", SHOP)[:-4] + "AAAA"
    assert exchange(http, shopify, forged_token).json()["error"] == "invalid_subject_token"
    assert exchange(http, shopify, shopify.session_token("discounts", SHOP)).json()["error"] == "invalid_subject_token"


def test_a_new_installation_revokes_the_earlier_expiring_token(http, shopify):
    first, second = install(http, shopify), install(http, shopify)
    assert not is_token_accepted(http, shopify, first["access_token"])
    assert is_token_accepted(http, shopify, second["access_token"])
    assert refresh(http, shopify, first["refresh_token"]).status_code == 401


def test_an_access_token_expires_in_an_hour_and_a_refresh_rotates_both_tokens(http, shopify, clock):
    first = install(http, shopify)
    clock.now += 1800
    second = refresh(http, shopify, first["refresh_token"]).json()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert is_token_accepted(http, shopify, first["access_token"]), "the previous access token stays valid for its hour"
    clock.now += 1800
    assert not is_token_accepted(http, shopify, first["access_token"])
    assert is_token_accepted(http, shopify, second["access_token"])


def test_a_used_refresh_token_is_valid_until_its_successor_is_used(http, shopify, clock):
    first = install(http, shopify)
    second = refresh(http, shopify, first["refresh_token"]).json()
    clock.now += 2 * 3600
    retried_token = refresh(http, shopify, first["refresh_token"]).json()
    assert (retried_token["access_token"], retried_token["refresh_token"]) == (
        second["access_token"],
        second["refresh_token"],
    )
    assert retried_token["expires_in"] == 3600
    assert is_token_accepted(http, shopify, retried_token["access_token"])
    assert refresh(http, shopify, second["refresh_token"]).status_code == 200
    refused_response = refresh(http, shopify, first["refresh_token"])
    assert (refused_response.status_code, refused_response.json()["error"]) == (401, "invalid_request")


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 401)])
def test_a_refresh_can_be_retried_for_thirty_days(http, shopify, clock, days, status):
    first = install(http, shopify)
    refresh(http, shopify, first["refresh_token"])
    clock.now += days * DAY
    assert refresh(http, shopify, first["refresh_token"]).status_code == status


def test_an_unused_refresh_token_expires_after_ninety_days(http, shopify, clock):
    first = install(http, shopify)
    clock.now += 90 * DAY
    assert refresh(http, shopify, first["refresh_token"]).status_code == 401


def test_tokens_can_be_expired_and_revoked_on_demand(http, shopify):
    token = install(http, shopify)
    shopify.expire_access_token("studio", SHOP)
    assert not is_token_accepted(http, shopify, token["access_token"])
    token = refresh(http, shopify, token["refresh_token"]).json()
    assert is_token_accepted(http, shopify, token["access_token"])
    shopify.revoke_tokens("studio", SHOP)
    assert not is_token_accepted(http, shopify, token["access_token"])
    assert refresh(http, shopify, token["refresh_token"]).status_code == 401


ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


def permanent_token(http: httpx2.Client, shopify: ShopifySandbox) -> str:
    token: str = exchange(http, shopify, shopify.session_token("studio", SHOP)).json()["access_token"]
    return token


def migrate(http: httpx2.Client, shopify: ShopifySandbox, token: str, **changes: str) -> httpx2.Response:
    params = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "subject_token_type": OFFLINE,
        "requested_token_type": OFFLINE,
        "expiring": "1",
    }
    return request_token(http, shopify, **{**params, **changes})


def test_an_online_token_belongs_to_one_user_for_a_day(http, shopify, clock):
    offline = install(http, shopify)
    token = request_token(
        http,
        shopify,
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=shopify.session_token("studio", SHOP, user_id=7),
        subject_token_type="urn:ietf:params:oauth:token-type:id_token",
        requested_token_type=ONLINE,
    ).json()
    assert (token["associated_user"]["id"], token["expires_in"]) == (7, 86399)
    assert token["associated_user_scope"] == token["scope"] == ",".join(STUDIO.scopes)
    assert token["session"] == "sandbox-7"
    assert "refresh_token" not in token
    assert is_token_accepted(http, shopify, offline["access_token"]), "an online token does not revoke the offline one"
    install(http, shopify)
    assert is_token_accepted(http, shopify, token["access_token"]), "an offline token does not revoke the online one"
    clock.now += 86399
    assert not is_token_accepted(http, shopify, token["access_token"])


def test_a_migrated_token_is_revoked(http, shopify):
    old = permanent_token(http, shopify)
    new = migrate(http, shopify, old).json()
    assert (new["expires_in"], new["refresh_token_expires_in"]) == (3600, 90 * DAY)
    assert new["scope"] == ",".join(STUDIO.scopes)
    assert is_token_accepted(http, shopify, new["access_token"])
    assert not is_token_accepted(http, shopify, old)
    assert refresh(http, shopify, new["refresh_token"]).status_code == 200


def test_a_lost_migration_response_can_be_repeated(http, shopify, clock):
    old = permanent_token(http, shopify)
    first = migrate(http, shopify, old).json()
    clock.now += 7 * DAY - 1
    second_token = migrate(http, shopify, old).json()
    assert (second_token["access_token"], second_token["refresh_token"]) == (
        first["access_token"],
        first["refresh_token"],
    )
    assert (second_token["expires_in"], second_token["refresh_token_expires_in"]) == (3600, 83 * DAY + 1)
    clock.now += 1
    assert migrate(http, shopify, old).json()["error"] == "invalid_subject_token"


@pytest.mark.parametrize("ending", ["refresh", "install"])
def test_a_migration_is_not_repeated_after_its_tokens_are_used(http, shopify, ending):
    old = permanent_token(http, shopify)
    pair = migrate(http, shopify, old).json()
    refresh(http, shopify, pair["refresh_token"]) if ending == "refresh" else install(http, shopify)
    assert migrate(http, shopify, old).status_code == 400


def test_an_invalid_migration_is_refused(http, shopify):
    expiring = install(http, shopify)["access_token"]
    for token in (expiring, "shpat_unknown"):
        response = migrate(http, shopify, token)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_subject_token")
    response = migrate(http, shopify, permanent_token(http, shopify), expiring="0")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_a_lost_response_does_not_undo_the_grant(http, shopify):
    first = install(http, shopify)
    shopify.lose_answers(1)
    with pytest.raises(httpx2.RemoteProtocolError):
        refresh(http, shopify, first["refresh_token"])
    second = refresh(http, shopify, first["refresh_token"]).json()
    third = refresh(http, shopify, second["refresh_token"])
    assert third.status_code == 200
    assert refresh(http, shopify, first["refresh_token"]).status_code == 401


def test_a_refused_grant_consumes_no_lost_response(http, shopify):
    shopify.lose_answers(1)
    assert refresh(http, shopify, "shprt_unknown").status_code == 401
    with pytest.raises(httpx2.RemoteProtocolError):
        install(http, shopify)


def test_a_token_without_expires_in_still_expires(http, shopify, clock):
    shopify.answer_without_expires_in()
    token = install(http, shopify)
    assert "expires_in" not in token
    assert token["refresh_token_expires_in"] == 90 * DAY
    clock.now += 3600
    assert not is_token_accepted(http, shopify, token["access_token"])
    assert refresh(http, shopify, token["refresh_token"]).json()["expires_in"] == 3600


def test_token_endpoint_faults_do_not_affect_the_admin_api(http, shopify):
    token = install(http, shopify)
    shopify.fail_next(1, status=429, retry_after=0.5, endpoint="token")
    assert is_token_accepted(http, shopify, token["access_token"])
    response = refresh(http, shopify, token["refresh_token"])
    assert (response.status_code, response.headers["retry-after"]) == (429, "0.5")
    assert refresh(http, shopify, token["refresh_token"]).status_code == 200


def test_published_signatures():
    """Values from Shopify's documentation and the tests of Shopify/shopify_python_api and Shopify/shopify-api-ruby."""
    callback = {
        "shop": "some-shop.myshopify.com",
        "code": "a94a110d86d2452eb3e2af4cfb8a3828",
        "timestamp": "1337178173",
    }
    assert oauth_hmac(callback, "hush") == "2cb1a277650a659f1b11e92a4a64275b128e037f2c3390e3c8fd2d8721dac9e2"
    query = {"extra": ["1", "2"], "shop": "shop-name.myshopify.com", "path_prefix": "/apps/awesome_reviews"}
    query["timestamp"] = "1317327555"
    assert proxy_signature(query, "hush") == "a9718877bea71c2484f91608a7eaea1532bdf71f5c56825065fa4ccabe549ef3"
    query["logged_in_customer_id"] = "1"
    assert proxy_signature(query, "hush") == "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"


def test_a_session_token_older_than_the_uninstall_is_not_exchanged(
    http: httpx2.Client, shopify: ShopifySandbox, clock: Clock
) -> None:
    before = shopify.session_token("studio", SHOP)
    clock.now += 0.5
    shopify.hold_deliveries = True
    shopify.uninstall("studio", SHOP)
    assert exchange(http, shopify, before).json()["error"] == "invalid_subject_token"
    assert exchange(http, shopify, shopify.session_token("studio", SHOP)).status_code == 200
