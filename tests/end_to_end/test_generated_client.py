"""A client that a generator makes of the API document calls a route of each context over HTTP."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from infra.sandbox.shopify import ShopifySandbox
from tests.discounts.conftest import discount_shop
from tests.discounts.merchants import DiscountShop, discount_body
from tests.end_to_end.previous_state import Json
from tests.studio.conftest import Gallery, gallery

__all__ = ["discount_shop", "gallery"]

PACKAGE = "generated_backroom"
GENERATE_SECONDS = 600

Call = Callable[..., Any]


class GeneratedClient:
    """The generated package, with the credential of one caller."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url, self._token = url, token
        self.status = 0
        """That of the last response."""

    def call(self, operation: str, *path: str, **arguments: Any) -> Any:
        """Call `tag.operation_id` and return the parsed response; None without a body."""
        kinds = _module("client")
        with kinds.AuthenticatedClient(self._url, self._token) if self._token else kinds.Client(self._url) as client:
            response = _module(f"api.{operation}").sync_detailed(*path, client=client, **arguments)
        self.status = int(response.status_code)
        return response.parsed


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def model(name: str, values: Json) -> Any:
    """Return an instance of a generated model."""
    return getattr(_module("models"), name).from_dict(values)


@pytest.fixture(scope="session")
def _generated(api_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Generate the client of the document that the API serves. The generator warns of each part that it leaves out."""
    folder: Path = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_bytes(httpx2.get(f"{api_url}/openapi.json").content)
    (folder / "config.yml").write_text("post_hooks: []\n")
    options = ["--path", "openapi.json", "--config", "config.yml", "--output-path", PACKAGE, "--meta", "none"]
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *options, "--fail-on-warning"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=GENERATE_SECONDS,
    )
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    sys.path.insert(0, str(folder))


@pytest.fixture
def client(_generated: None, api_url: str) -> Callable[[str | None], GeneratedClient]:
    """Returns a client for a token."""
    return partial(GeneratedClient, api_url)


def test_shops(client: Call, gallery: Gallery, shopify: ShopifySandbox) -> None:
    caller = client(shopify.session_token("studio", gallery.shop))
    page = caller.call("shops.list_installations", limit=1)
    assert (type(page).__name__, len(page.items)) == ("InstallationPage", 1)


def test_studio(client: Call, gallery: Gallery, shopify: ShopifySandbox) -> None:
    caller = client(shopify.session_token("studio", gallery.shop))
    body = model("StyleCreate", {"name": "Ink", "prompt_template": "{style} of {product}"})
    style = caller.call("studio.add_style", body=body, idempotency_key="k")
    assert style.uuid in [each.uuid for each in caller.call("studio.list_styles").items]
    problem = caller.call("studio.get_style", "00000000-0000-4000-8000-000000000000")
    assert (caller.status, type(problem).__name__, problem.code) == (404, "ProblemRead", "StyleNotFound")


def test_discounts(client: Call, discount_shop: DiscountShop) -> None:
    caller = client(discount_shop.shopify.session_token("discounts", discount_shop.shop))
    body = model("DiscountCreate", discount_body())
    added = caller.call("discounts.add_discount", body=body)
    assert caller.call("discounts.get_discount", added.discount_id).title == added.title


def test_billing(client: Call) -> None:
    caller = client(auth.mint(Role.MEMBER, "ann"))
    page = caller.call("billing.list_my_addons")
    assert (caller.status, type(page).__name__, page.items) == (200, "UserAddonPage", [])


def test_analytics(client: Call) -> None:
    operator = client(auth.mint(Role.OPERATOR, "op"))
    body = model("SiteCreate", {"name": "Couples", "tenant": "together", "currency": "EUR"})
    keys = operator.call("operator.create_site", body=body)
    assert (operator.status, keys.currency) == (201, "EUR")


def test_together(client: Call) -> None:
    account = {"email": "ann@example.com", "password": "hrimfaxi-1742-skinfaxi", "display_name": "Ann"}
    body = model("AccountCreate", account | {"is_adult": True, "accept_terms": True})
    caller = client(None)
    caller.call("together.sign_up", body=body)
    assert caller.status == 202


def test_platform(client: Call) -> None:
    account = {"email": "kim@example.com", "password": "hrimfaxi-1742-skinfaxi", "display_name": "Kim"}
    caller = client(None)
    caller.call("platform.sign_up_owner", body=model("OwnerCreate", account | {"accept_terms": True}))
    assert caller.status == 202


def test_retention(client: Call) -> None:
    operator = client(auth.mint(Role.OPERATOR, "op"))
    body = model("PrivacyRequestCreate", {"kind": "export", "subject": "member:ann"})
    request = operator.call("operator.begin_request", body=body)
    assert (operator.status, request.subject) == (202, "member:ann")
    assert operator.call("operator.read_request", request.id).kind == "export"
