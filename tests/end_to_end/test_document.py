"""Generated requests to every operation: no response is a server error, and each fits the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from infra.sandbox.shopify import ShopifySandbox
from tests.discounts.conftest import discount_shop
from tests.examples import examples
from tests.platform.owners import new_user
from tests.platform.provisioned_stores import prepared_place, prepared_places
from tests.platform.store_databases import StoreDatabase, connected_store, shared_database
from tests.studio.conftest import Gallery, gallery
from tests.together.members import new_member

schemathesis = pytest.importorskip("schemathesis", reason="requirements-dev.txt has it")
checks = pytest.importorskip("schemathesis.checks")
openapi_checks = pytest.importorskip("schemathesis.specs.openapi.checks")

__all__ = ["discount_shop", "gallery", "prepared_place", "prepared_places", "shared_database"]

CALLERS = {
    "/proxy/studio": "shopper",
    "/v1/store/": "store",
    "/v1/operator/": "operator",
    "/v1/analytics/sites": "operator",
    "/v1/platform/": "owner",
    "/v1/together/": "member",
    "/v1/retention/": "member",
    "/v1/billing/": "member",
    "/v1/studio/": "studio",
    "/v1/shops/": "studio",
    "/v1/discounts/": "discounts",
}
"""By the prefix of a path, who calls it; nobody signed in calls the others."""
EXAMPLES = 1
"""Valid and invalid requests each, for an operation."""
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
SECONDS = 60
"""The first request takes longer: the tests compute the roles."""


def caller_of(path: str) -> str:
    """Return who calls a path."""
    return next((caller for prefix, caller in CALLERS.items() if path.startswith(prefix)), "anyone")


@pytest.fixture
def token(request: pytest.FixtureRequest, caller: str, shopify: ShopifySandbox) -> str | None:
    """A valid token of the caller; None if the caller has none."""
    if caller == "store":
        database: StoreDatabase = request.getfixturevalue("shared_database")
        return auth.mint(Role.STORE_OWNER, connected_store(database).id)
    if caller == "studio":
        return shopify.session_token("studio", request.getfixturevalue("gallery").shop)
    if caller == "discounts":
        return shopify.session_token("discounts", request.getfixturevalue("discount_shop").shop)
    if caller == "member":
        return auth.mint(Role.MEMBER, new_member(version=1, password_hash="of no password").id)
    if caller == "owner":
        return auth.mint(Role.OWNER, new_user("olga@example.com").id)
    return auth.mint(Role.OPERATOR, "op") if caller == "operator" else None


@pytest.fixture
def known(request: pytest.FixtureRequest, caller: str) -> dict[str, str]:
    """Values of path parameters with which a valid request reaches a resource that exists."""
    if caller == "studio":
        shop: Gallery = request.getfixturevalue("gallery")
        return {"product_id": shop.product, "style_id": shop.style}
    if caller == "store":
        return {"table": "products"}
    return {}


def operations(api_url: str, caller: str) -> Iterator[Any]:
    """Yield the operations of the document that the caller calls."""
    document = httpx2.get(f"{api_url}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    for result in schema.get_all_operations():
        operation = result.ok()
        if caller_of(operation.path) == caller:
            yield operation


def generated(operation: Any, mode: Any, parameters: dict[str, str]) -> list[Any]:
    """Return the requests to an operation, the same on every run.

    They are sent later: Hypothesis changes the recursion limit while it generates, which the API's threads share.
    """
    own = {name: value for name, value in parameters.items() if "{" + name + "}" in operation.path}
    cases: list[Any] = []

    @settings(
        max_examples=examples(EXAMPLES),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode, **({"path_parameters": own} if own else {})))
    def collect(case: Any) -> None:
        cases.append(case)

    try:
        collect()
    except Unsatisfiable:  # no request without parameters and body is invalid
        assert mode is schemathesis.GenerationMode.NEGATIVE
    return cases


def failure_of(case: Any, response: Any) -> str | None:
    """Return what is wrong with a response; None if it fits the document."""
    try:
        case.validate_response(response, checks=CHECKS)
    except Exception as error:
        return f"{response.status_code}: {error}"
    return None


@pytest.mark.slow
@pytest.mark.parametrize("caller", sorted({*CALLERS.values(), "anyone"}))
def test_generated_requests_get_what_the_document_says(
    caller: str, api_url: str, token: str | None, known: dict[str, str], shopify: ShopifySandbox, request: Any
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    shop = request.getfixturevalue("gallery").shop if caller == "shopper" else None

    def send(case: Any) -> Any:
        if shop:
            path = case.formatted_path.removeprefix("/proxy/studio/")
            query = {name: str(value) for name, value in (case.query or {}).items()}
            case.query = dict(parse_qsl(urlsplit(shopify.proxy_url("studio", shop, path, query)).query))
        return case.call(base_url=api_url, headers=headers, timeout=SECONDS)

    cases = [
        case
        for operation in operations(api_url, caller)
        for mode in schemathesis.GenerationMode
        for case in generated(operation, mode, known)
    ]
    found = [failure for case in cases if (failure := failure_of(case, send(case)))]
    assert found == []
