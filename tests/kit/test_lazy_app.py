"""In Lambda a request imports the blueprint of its path; elsewhere the app is complete at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit.lazy_app import nearest_module
from infra.deploy import handlers

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, sys
import app
blueprints = dict(app.app._pending)
{code}
print(json.dumps([answer, sorted(set(blueprints) & set(sys.modules)), len(blueprints)]))
"""
ASK = """
event = {{"requestContext": {{"resourcePath": {path!r}, "httpMethod": {method!r}}}, "headers": {{}}, "body": None,
    "multiValueQueryStringParameters": None, "pathParameters": {{"product_id": "1"}}, "isBase64Encoded": False,
    "stageVariables": None}}
answer = app.app(event, None)["statusCode"]
"""


def run(code: str) -> tuple[Any, list[str], bool]:
    """Run code in a fresh process as in Lambda; return its `answer`, the blueprints imported, and whether that is all."""
    command = [sys.executable, "-c", PROGRAM.format(code=code)]
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "backroom-test-api"}
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    response, imported, count = json.loads(process.stdout.splitlines()[-1])
    return response, imported, len(imported) == count


def ask(path: str, method: str = "GET") -> str:
    return ASK.format(path=path, method=method)


@pytest.mark.parametrize(
    ("path", "status", "blueprint"),
    [
        ("/health", 200, "kit.routes"),
        ("/v1/shops/me", 401, "shops.routes.merchant"),
        ("/v1/billing/subscription", 401, "billing.routes.subscription"),
        ("/v1/billing/subscription/cancel", 405, "billing.routes.subscription_changes"),
        ("/v1/studio/products/{product_id}", 401, "studio.routes.products"),
    ],
)
def test_a_request_imports_its_own_blueprint(path: str, status: int, blueprint: str) -> None:
    assert run(ask(path)) == (status, [f"chalicelib.{blueprint}"], False)


def test_the_next_request_may_need_another_blueprint() -> None:
    status, imported, _ = run(ask("/health") + ask("/v1/billing/plans", "DELETE"))
    assert (status, imported) == (405, ["chalicelib.billing.routes.subscription", "chalicelib.kit.routes"])


def test_an_unlisted_path_loads_every_blueprint() -> None:
    status, _, is_whole = run(ask("/v1/unheard-of"))
    assert (status, is_whole) == (405, True)


def test_outside_lambda_the_app_is_complete() -> None:
    code = "import json, app; print(json.dumps([len(app.app.routes), len(app.app._pending)]))"
    environment = {name: value for name, value in os.environ.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert json.loads(process.stdout.splitlines()[-1]) == [len(handlers.chalice_app().routes), 0]


def test_views_of_the_whole_api_are_complete_after_another_request() -> None:
    body, _, is_whole = run(ask("/health") + ask("/openapi.json").replace('["statusCode"]', '["body"]'))
    assert is_whole
    assert {"/health", "/v1/billing/plans", "/v1/studio/styles"} <= set(json.loads(body)["paths"])


def test_every_route_is_listed_for_its_own_module() -> None:
    contents: dict[str, tuple[str, ...]] = {}
    for context in ("kit", "shops", "billing", "studio", "retention", "operator"):
        contents |= import_module(f"chalicelib.{context}.contents").BLUEPRINTS
    routes = handlers.chalice_app().routes
    assert len(routes) > 80
    for path, methods in routes.items():
        homes = {entry.view_function.__module__ for entry in methods.values()} - {"chalicelib.kit.http.endpoint"}
        assert homes == {nearest_module(contents, path)}, path
