"""In Lambda a request imports the blueprint of its path; elsewhere the app is complete at once."""

from __future__ import annotations

import json
import os
import re
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
event = {{"requestContext": {{"resourcePath": {resource!r}, "httpMethod": {method!r}, "requestId": "r-1"}}, "headers": {{}},
    "body": None, "multiValueQueryStringParameters": None, "pathParameters": {parameters!r}, "isBase64Encoded": False,
    "stageVariables": None}}
response = app.app(event, None)
answer = response["statusCode"]
"""
HEADERS_AND_BODY = 'answer = [answer, response["headers"], json.loads(response["body"])]'


def run(code: str) -> tuple[Any, list[str], bool]:
    """Run code in a fresh process as in Lambda; return its `answer`, the blueprints imported, and whether that is all."""
    command = [sys.executable, "-c", PROGRAM.format(code=code)]
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "backroom-test-api"}
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    response, imported, count = json.loads(process.stdout.splitlines()[-1])
    return response, imported, len(imported) == count


def ask(path: str, method: str = "GET") -> str:
    """A request as API Gateway sends it, on the path's own resource or on the greedy one of its first two parts."""
    prefix = re.match(r"/v1/[^/]*/", path)
    resource, parameters = path, None
    if prefix:
        resource, parameters = prefix[0] + "{proxy+}", {"proxy": path.removeprefix(prefix[0])}
    return ASK.format(resource=resource, parameters=parameters, method=method)


@pytest.mark.parametrize(
    ("path", "status", "blueprint"),
    [
        ("/health", 200, "kit.routes"),
        ("/v1/shops/me", 401, "shops.routes.merchant"),
        ("/v1/shops/me/", 401, "shops.routes.merchant"),
        ("/v1/billing/subscription/cancel", 405, "billing.routes.subscription_changes"),
        ("/v1/studio/products/1", 401, "studio.routes.products"),
        ("/v1/studio/products/a%2Fb", 401, "studio.routes.products"),
        ("/v1/studio/products/../styles", 401, "studio.routes.products"),
        ("/v1/operator/billing/codes/WELCOME/uses", 401, "billing.routes.discount_codes"),
        ("/v1/analytics/sites/store:1/errors", 401, "analytics.routes.error_logs"),
    ],
)
def test_a_request_imports_its_own_blueprint(path: str, status: int, blueprint: str) -> None:
    assert run(ask(path)) == (status, [f"chalicelib.{blueprint}"], False)


def test_the_next_request_may_need_another_blueprint() -> None:
    status, imported, _ = run(ask("/health") + ask("/v1/billing/plans", "DELETE"))
    assert (status, imported) == (405, ["chalicelib.billing.routes.checkout", "chalicelib.kit.routes"])


def test_reading_the_entitlement_imports_neither_checkout_nor_sync() -> None:
    modules = "answer = [answer, sorted(name for name in sys.modules if name.startswith('chalicelib.billing.service'))]"
    (status, imported), _, _ = run(ask("/v1/billing/subscription") + modules)

    services = ("customers", "entitlements", "plans", "portal")
    assert status == 401
    assert imported == ["chalicelib.billing.service", *(f"chalicelib.billing.service.{name}" for name in services)]


UNSERVED = (
    "/v1/unheard-of",
    "/v1/shops/you",
    "/v1/studio/products//styles",
    "/v1/shops//me",
    "/v1/shops/%6De",
    "/nowhere",
)


def test_an_unserved_path_loads_every_blueprint_and_is_a_problem() -> None:
    several = "answers = []\n" + "".join(
        ask(path) + HEADERS_AND_BODY + "; answers.append(answer)\n" for path in UNSERVED
    )
    answers, _, is_whole = run(several + "answer = answers\n")
    assert is_whole
    assert len(answers) == len(UNSERVED)
    for status, headers, problem in answers:
        assert (status, problem["status"], problem["code"], problem["request_id"]) == (404, 404, "NotFound", "r-1")
        assert headers["Content-Type"] == "application/problem+json"
        assert (headers["X-Request-Id"], headers["Cache-Control"]) == ("r-1", "no-store")


def test_another_method_is_a_problem_that_names_the_methods() -> None:
    methods = ("OPTIONS", "POST", "TRACE", "get")
    several = "answers = []\n" + "".join(
        ask("/v1/shops/me/settings", method) + HEADERS_AND_BODY + "; answers.append(answer)\n" for method in methods
    )
    answers, _, _ = run(several + "answer = answers\n")
    assert len(answers) == len(methods)
    for status, headers, problem in answers:
        assert (status, headers["Allow"], problem["code"]) == (405, "GET, HEAD, PUT", "MethodNotAllowed")
        assert headers["Content-Type"] == "application/problem+json"


def test_head_is_answered_like_get_without_a_body() -> None:
    (status, headers, body), _, _ = run(ask("/v1/shops/me", "HEAD") + HEADERS_AND_BODY.replace("json.loads", ""))
    assert (status, headers["Content-Type"], body) == (401, "application/problem+json", "")
    assert run(ask("/v1/billing/checkout", "HEAD"))[0] == 405


def test_a_route_with_a_gateway_path_of_its_own_is_not_served_by_a_greedy_one() -> None:
    on_greedy = ask("/webhooks/stripe", "POST").replace("'/webhooks/stripe'", "'/webhooks/{proxy+}'")
    assert 'None, "pathParameters": None' in on_greedy
    on_greedy = on_greedy.replace('"pathParameters": None', '"pathParameters": {"proxy": "stripe"}')
    assert run(on_greedy)[0] == 404
    assert run(ask("/webhooks/stripe", "POST"))[0] in (400, 401)


def test_a_view_sees_the_route_as_if_the_gateway_had_resolved_it() -> None:
    """Logs, cursors and idempotency keys contain the route."""
    seen = "\nanswer = [app.app.current_request.context['resourcePath'], app.app.current_request.uri_params]"
    (route, parameters), _, _ = run(ask("/v1/studio/products/a%2Fb/styles") + seen)
    assert (route, parameters) == ("/v1/studio/products/{product_id}/styles", {"product_id": "a%2Fb"})


def test_outside_lambda_the_app_is_complete() -> None:
    code = "import json, app; print(json.dumps([len(app.app.routes), len(app.app._pending)]))"
    environment = {name: value for name, value in os.environ.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert json.loads(process.stdout.splitlines()[-1]) == [len(handlers.chalice_app().routes), 0]


def test_views_of_the_whole_api_are_complete_after_another_request() -> None:
    body, _, is_whole = run(ask("/health") + ask("/openapi.json") + 'answer = response["body"]')
    assert is_whole
    assert {"/health", "/v1/billing/plans", "/v1/studio/styles"} <= set(json.loads(body)["paths"])


def test_every_route_is_listed_for_the_module_of_its_blueprint() -> None:
    contents: dict[str, tuple[str, ...]] = {}
    names = (
        "kit",
        "shops",
        "billing",
        "analytics",
        "discounts",
        "studio",
        "together",
        "platform",
        "retention",
        "operator",
    )
    for context in names:
        contents |= import_module(f"chalicelib.{context}.contents").BLUEPRINTS
    routes = handlers.chalice_app().routes
    assert len(routes) > 80
    for path, methods in routes.items():
        homes = {entry.view_function.__module__ for entry in methods.values()} - {"chalicelib.kit.http.endpoint"}
        listed = import_module(nearest_module(contents, path) or "")
        assert {import_module(home).bp for home in homes} == {listed.bp}, path


def test_a_prefix_with_a_parameter_covers_any_value() -> None:
    contents = {"sites": ("/sites",), "reports": ("/sites/{tenant}/reports",)}
    assert nearest_module(contents, "/sites/store:1/reports/7") == "reports"
    assert nearest_module(contents, "/sites/{tenant}/reports") == "reports"
    assert nearest_module(contents, "/sites/store:1/funnels") == "sites"
    assert nearest_module(contents, "/sites//reports") == "sites"
    assert nearest_module(contents, "/site") is None
