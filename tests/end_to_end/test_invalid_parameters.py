"""Invalid texts in path, query and body of every route never cause a 500.

The routes and their parameters come from `/openapi.json`. Path parameters go through the HTTP server, where they stay
percent-encoded, and in Lambda's own event, where they are decoded.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.analytics.routes.auth import manager, reader
from chalicelib.integrations.image_models.signature import sign
from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.http import EndpointSpec
from chalicelib.platform.enums import KeyScope
from chalicelib.platform.service import auth as platform_auth
from chalicelib.together.service import auth as together_auth
from infra.deploy import handlers
from infra.sandbox.image_provider import SANDBOX_WEBHOOK_SECRET
from infra.sandbox.shopify import SANDBOX_APPS
from infra.sandbox.shopify.signing import oauth_hmac, webhook_hmac
from tests.end_to_end.first_owner import DATA, OPERATOR, PLATFORM, FirstOwner
from tests.end_to_end.member_bodies import MEMBER_BODIES, MEMBER_OPERATOR_BODIES
from tests.end_to_end.test_member_tenants import FirstCouple
from tests.end_to_end.test_tenants import BODIES, Tenant, app_of, site_ids
from tests.examples import examples
from tests.platform.provisioned_stores import prepared_places
from tests.platform.store_databases import StoreDatabase, shared_database
from tests.platform.stores import new_store
from tests.studio.conftest import Gallery, gallery

__all__ = ["gallery", "prepared_places", "shared_database"]

pytestmark = pytest.mark.timeout(600)

GID_KINDS = ("Customer", "Order", "Product", "ProductVariant")
ODD_TEXTS = (
    "",
    " ",
    "x" * 3_000,
    "7" * 3_000,
    "🙂" * 250,  # within the length limit of a parameter, over the byte limit of a key
    "\0",
    "a\0b",
    "🙂",
    "\u202e\u0301",
    "٣",  # a digit, but not of ASCII
    "a/b",
    "..",
    "%",
    "'\"<>;",
    "\r\n",
)
ODD = (
    *ODD_TEXTS,
    *(f"gid://shopify/{kind}/{'7' * 3_000}" for kind in GID_KINDS),
    *(f"gid://shopify/{kind}/٣" for kind in GID_KINDS),
)
VALID = {
    "app": "studio",
    "rule": "shops/installation_logs",
    "from": "2026-01-01",
    "to": "2026-01-31",
    "code": "SPRING",
    "state": "state",
    "hmac": "hmac",
    "timestamp": "1",
    "currency": "EUR",
    "day": "2026-01-31",
    "event": "sign_up",
    "partner": "partner",
    "user": "somebody",
    "visitor": "visitor-0001",
    "sku": "A",
    "q": "mug",
    "token": "token",
    "city": "Lyon",
    "kind": "prompts",
    "date": "2026-01-31",
}
"""Values of required query parameters, and of path parameters without a row."""

MORE_BODIES: dict[str, dict[str, Any]] = {
    "EventsCreate": {"key": "pk_unknown", "events": [{}]},
    "RecomputationCreate": {"scope": "member", "from": "2026-01-01"},
    "SiteCreate": {"tenant": "store:1", "name": "Shop"},
    "SiteUpdate": {"name": "Shop"},
    "CodeCreate": {"code": "SUMMER", "discount_type": "percentage", "value": "10"},
    "CodeUpdate": {"description": "x"},
    "CreditGrant": {"owner_type": "member", "owner_id": "m", "amount": 1, "reason": "x"},
    "RatesInput": {"rates": [{"currency": "EUR", "date": "2026-01-31", "rate": "1.1"}]},
    "PrivacyRequestCreate": {"kind": "export", "subject": "member:somebody"},
    **MEMBER_BODIES,
    **MEMBER_OPERATOR_BODIES,
}
"""Bodies of the routes of operators and of together, which `BODIES` lacks."""

OWNERS = (PLATFORM, OPERATOR, DATA)
"""Routes whose path parameters and bodies are those of an owner with a store."""
WITHOUT_DATABASE = ("/suspend", "/provision")
"""Routes that are called for a store without a database: the other one must stay active."""

ONE_FILTER = {
    "/v1/operator/platform/stores": {"owner_id": "somebody", "slug": "tea-house", "database_status": "active"},
    "/v1/operator/platform/users": {"role": "support", "email": "agent@example.com"},
}
"""Filters of lists that need exactly one of them; each other parameter is sent with the first."""

Operation = tuple[str, str, dict[str, Any]]


ROLES: dict[Any, tuple[Role, ...]] = {
    auth.operator: (Role.OPERATOR,),
    auth.support: (Role.SUPPORT,),
    auth.owner: (Role.OWNER,),
    auth.owner_or_operator: (Role.OWNER,),
    auth.owner_or_support: (Role.OWNER,),
    platform_auth.account_owner: (Role.OWNER,),
    auth.member: (Role.MEMBER,),
    together_auth.member: (Role.MEMBER,),
    auth.store_owner: (Role.STORE_OWNER,),
    reader: (Role.OPERATOR,),
    manager: (Role.OPERATOR,),
}
"""Roles that a verifier of our own tokens accepts; any other verifier accepts members and store owners."""


def endpoint_spec(method: str, path: str) -> EndpointSpec:
    view = handlers.chalice_app().routes[path][method.upper()].view_function
    contract: EndpointSpec = view.__dict__["contract"]
    return contract


class Caller:
    """Sends a request with the credential that the operation's security scheme needs."""

    def __init__(self, gallery: Gallery, database: StoreDatabase) -> None:
        self.gallery, self.owned, self.couple = gallery, Tenant(gallery), FirstCouple(gallery.api)
        self.owner = FirstOwner(gallery.api, database)
        self.idle_store = new_store(self.owner.user.id)
        self.known = {**self.couple.ids, **VALID, **self.owned.ids, **site_ids("odd-parameters"), "shop": gallery.shop}

    def path_values(self, path: str) -> dict[str, str]:
        """Return values for the path parameters, from existing rows if possible."""
        known = self.known
        if path.startswith(OWNERS):
            known = self.owner.path_values("products" if "{table}" in path else "orders")
        if path.endswith(WITHOUT_DATABASE):
            known = known | {"store_id": self.idle_store.id}
        return {name: known.get(name, ids.new()) for name in re.findall(r"{(\w+)}", path)}

    def query_values(self, operation: dict[str, Any]) -> dict[str, str]:
        """Return values for the required query parameters."""
        return {
            p["name"]: self.known[p["name"]] for p in operation["parameters"] if p["in"] == "query" and p["required"]
        }

    def body(self, method: str, path: str) -> dict[str, Any]:
        """Return a valid body, or an empty one if the route has none."""
        contract = endpoint_spec(method, path)
        if contract.body is None:
            return {}
        if path.startswith(OWNERS):
            return dict(self.owner.body(contract, "products"))
        name = contract.body.__name__
        return MORE_BODIES[name] if name in MORE_BODIES else BODIES[name](self.owned)

    def signed(
        self, operation: Operation, query: dict[str, str], body: str
    ) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
        """Yield query and headers of each caller that the operation may accept."""
        method, path, described = operation
        schemes = [name for scheme in described["security"] for name in scheme]
        sandbox, shop = self.gallery.shopify, self.gallery.shop
        if "accessToken" in schemes:
            accounts = {"/v1/together/": self.couple.one.id, PLATFORM: self.owner.user.id}
            account_id = next((each for base, each in accounts.items() if path.startswith(base)), "odd-parameters")
            for role in ROLES.get(endpoint_spec(method, path).auth, (Role.MEMBER, Role.STORE_OWNER)):
                yield query, {"Authorization": f"Bearer {auth.mint(role, account_id)}", "If-Match": '"0"'}
        elif "storeKey" in schemes:
            yield query, {"Authorization": f"Bearer {self.owner.keys[KeyScope.WRITE]}", "If-Match": '"0"'}
        elif "shopifySessionToken" in schemes:
            yield query, {"Authorization": f"Bearer {sandbox.session_token(app_of(path), shop)}", "If-Match": '"0"'}
        elif "shopifyAppProxy" in schemes:
            url = httpx2.URL(sandbox.proxy_url(path.split("/")[2], shop, "x", query, customer_id=4711))
            yield dict(url.params), {}
        elif "shopifyWebhookSignature" in schemes:
            heading = {"X-Shopify-Topic": "orders/paid", "X-Shopify-Shop-Domain": shop, "X-Shopify-Webhook-Id": "odd"}
            secret = SANDBOX_APPS["studio"].secret
            yield query, {**heading, "X-Shopify-Hmac-Sha256": webhook_hmac(body.encode(), secret)}
        elif "standardWebhooks" in schemes:
            now = int(time.time())
            signature = sign(SANDBOX_WEBHOOK_SECRET, "odd", now, body.encode())
            headers = {"webhook-id": "odd", "webhook-timestamp": str(now), "webhook-signature": signature}
            yield query, headers
        elif path.endswith("/auth/callback"):
            yield {**query, "hmac": oauth_hmac(query, SANDBOX_APPS["studio"].secret)}, {}
            yield query, {}
        else:
            yield query, {}


@pytest.fixture
def caller(gallery: Gallery, shared_database: StoreDatabase, monkeypatch: pytest.MonkeyPatch) -> Caller:
    monkeypatch.setenv("IMAGE_HTTP_SECRET", SANDBOX_WEBHOOK_SECRET)
    return Caller(gallery, shared_database)


def documented_operations(api: httpx2.Client) -> list[Operation]:
    """Return every documented operation with its method and path."""
    paths = api.get("/openapi.json").json()["paths"]
    return [(method, path, items) for path, methods in sorted(paths.items()) for method, items in methods.items()]


def parameter_names(operation: dict[str, Any], place: str) -> list[str]:
    return [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == place]


def call_lambda(
    method: str, path: str, values: dict[str, str], headers: dict[str, str], query: dict[str, str], body: str
):
    """Return status and body of the app for an API Gateway event, which has decoded path parameters."""
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method.upper(),
        "headers": {**headers, "content-type": "application/json"},
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": values,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method.upper(),
            "requestId": "odd",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "stageVariables": None,
        "isBase64Encoded": False,
        "body": body,
    }
    response = handlers.chalice_app()(event, None)
    return response["statusCode"], response["body"]


def build_url(path: str, values: dict[str, str], query: dict[str, str]) -> str:
    filled = re.sub(r"{(\w+)}", lambda match: quote(values[match[1]], safe=""), path)
    return filled + "?" + "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in query.items())


def responses_to_query(api: httpx2.Client, caller: Caller, operation: Operation, name: str, value: str):
    """Yield the HTTP responses with one query parameter replaced, one for each caller."""
    method, path, described = operation
    filters = ONE_FILTER.get(path, {})
    needed = dict(list(filters.items())[:1]) if name not in filters else {}
    query, body = caller.query_values(described) | needed | {name: value}, json.dumps(caller.body(method, path))
    for signed, headers in caller.signed(operation, query, body):
        url = build_url(path, caller.path_values(path), signed)
        yield api.request(method, url, content=body, headers={**headers, "Content-Type": "application/json"})


def statuses_of_path(api: httpx2.Client, caller: Caller, operation: Operation, name: str, value: str):
    """Yield the statuses over HTTP and in Lambda with one path parameter replaced, for each caller."""
    method, path, described = operation
    values, body = caller.path_values(path) | {name: value}, json.dumps(caller.body(method, path))
    for query, headers in caller.signed(operation, caller.query_values(described), body):
        request_headers = {**headers, "Content-Type": "application/json"}
        yield api.request(method, build_url(path, values, query), content=body, headers=request_headers).status_code
        yield call_lambda(method, path, values, headers, query, body)[0]


def test_no_invalid_query_parameter_causes_a_500(api: httpx2.Client, caller: Caller) -> None:
    """An invalid name is listed in the error."""
    visited_names: set[str] = set()
    wrong: list[Any] = []
    for operation in documented_operations(api):
        method, path, described = operation
        for name in parameter_names(described, "query"):
            visited_names.add(name)
            for value in ODD:
                for response in responses_to_query(api, caller, operation, name, value):
                    label = (method, path, name, value[:40], response.status_code)
                    if response.status_code >= 500:
                        wrong.append(label)
                    elif response.status_code == 422:
                        paths = {error["path"] for error in response.json().get("errors", [])}
                        if f"query.{name}" not in paths:
                            wrong.append((*label, paths))
    assert not wrong, "\n".join(map(str, wrong))
    assert {
        "rule",
        "subject",
        "event_type",
        "customer_id",
        "order_id",
        "app",
        "shop",
        "cursor",
        "limit",
    } <= visited_names


def test_no_invalid_path_parameter_causes_a_500(api: httpx2.Client, caller: Caller) -> None:
    visited_names, wrong = set(), []
    for operation in documented_operations(api):
        method, path, described = operation
        for name in parameter_names(described, "path"):
            visited_names.add(path)
            for value in ODD_TEXTS:
                result = list(statuses_of_path(api, caller, operation, name, value))
                if any(status >= 500 for status in result):
                    wrong.append((method, path, name, value[:40], result))
    assert not wrong, "\n".join(map(str, wrong))
    assert visited_names == {path for path in handlers.chalice_app().routes if "{" in path}


def test_every_query_string_has_a_maximum_length(api: httpx2.Client) -> None:
    """The engine accepts longer keys than DynamoDB, so the API document must limit their length."""
    unbounded = []
    for method, path, described in documented_operations(api):
        for parameter in described["parameters"]:
            schema = parameter["schema"]
            texts = [kind for kind in (schema, *schema.get("anyOf", ())) if kind.get("type") == "string"]
            bounded = {"maxLength", "enum", "format", "pattern"}
            if parameter["in"] == "query" and any(not bounded & set(kind) for kind in texts):
                unbounded.append((method, path, parameter["name"]))
            patterns = [kind["pattern"] for kind in texts if "pattern" in kind and "maxLength" not in kind]
            if any(re.search(r"[*+]|,}", pattern) for pattern in patterns):
                unbounded.append((method, path, parameter["name"]))
    assert unbounded == []


def members_of(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a body's schema; those of every choice if there are several."""
    if "$ref" in schema:
        return members_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    choices = [members_of(choice, schemas) for choice in schema.get("oneOf", ())]
    return {name: member for each in (*choices, schema.get("properties", {})) for name, member in each.items()}


def test_no_invalid_text_in_a_body_causes_a_500(api: httpx2.Client, caller: Caller) -> None:
    document = api.get("/openapi.json").json()
    visited_names, wrong = set(), []
    for operation in documented_operations(api):
        method, path, described = operation
        if "requestBody" not in described:
            continue
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        members = members_of(schema, document["components"]["schemas"])
        valid, values = caller.body(method, path), caller.path_values(path)
        for name, schema in members.items():
            if "string" not in [kind.get("type") for kind in (schema, *schema.get("anyOf", ()))]:
                continue
            visited_names.add(name)
            for value in ODD:
                body = json.dumps(valid | {name: value})
                for query, headers in caller.signed(operation, caller.query_values(described), body):
                    request_headers = {**headers, "Content-Type": "application/json"}
                    response = api.request(
                        method, build_url(path, values, query), content=body, headers=request_headers
                    )
                    if response.status_code >= 500:
                        wrong.append((method, path, name, value[:40], response.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert {"code", "subject", "shopify_variant_id", "name", "text"} <= visited_names


@settings(max_examples=examples(4), suppress_health_check=list(HealthCheck))
@given(value=st.text(max_size=300))
def test_any_query_text_used_in_a_key_gets_a_response(api: httpx2.Client, caller: Caller, value: str) -> None:
    keyed = {"rule", "subject", "event_type", "app", "shop"}
    for operation in documented_operations(api):
        for name in keyed & set(parameter_names(operation[2], "query")):
            responses = responses_to_query(api, caller, operation, name, value)
            assert all(response.status_code < 500 for response in responses), (operation[:2], name, value)


@pytest.mark.parametrize("value", ["", "x" * 3_000])
def test_an_invalid_retention_rule_is_named_in_the_error(api: httpx2.Client, value: str) -> None:
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'somebody')}"}
    response = api.get("/v1/operator/retention-runs", params={"rule": value}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (422, "InvalidInput")
    assert [error["path"] for error in response.json()["errors"]] == ["query.rule"]
