"""API Gateway settings: its own error responses as problems, and the paths that it sends to the function (ADR 22)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.kit import config
from chalicelib.kit.errors import (
    Forbidden,
    InternalError,
    MalformedRequest,
    NotFound,
    PayloadTooLarge,
    Problem,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from chalicelib.kit.http import PROBLEM_JSON
from chalicelib.kit.route_table import allowed_methods, gateway_path, serving_function
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.names import HTTP_FUNCTIONS, function_name


class InvalidOrigins(PackagingFailed):
    """The origins for CORS are malformed; the message names the first."""


CORS_ORIGINS = "CorsOrigins"
"""The parameter with the origins whose pages may call the API (`kit/http/cors.py`)."""
ANY_METHOD = "x-amazon-apigateway-any-method"

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
"""Let the pages of every origin read these responses: they are the same for every caller, and cannot depend on the origin."""
RESPONSES: dict[str, Problem] = {
    "MISSING_AUTHENTICATION_TOKEN": NotFound("No route is served at this path."),  # its type for an unknown route
    "RESOURCE_NOT_FOUND": NotFound("No route is served at this path."),
    "ACCESS_DENIED": Forbidden(),
    "WAF_FILTERED": Forbidden(),
    "REQUEST_TOO_LARGE": PayloadTooLarge(),
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMediaType(),
    "THROTTLED": TooManyRequests(),
    "QUOTA_EXCEEDED": TooManyRequests(),
    "INTEGRATION_TIMEOUT": Unavailable("The request timed out."),
    "DEFAULT_4XX": MalformedRequest(),
    "DEFAULT_5XX": InternalError(),
}
"""By API Gateway's response type (developer guide, "Gateway response types")."""


def additions() -> dict[str, Any]:
    """Return the properties to merge into Chalice's API. `paths` replaces the document's paths afterwards.

    Gateway responses are part of the Swagger document, not separate resources, so that each change is deployed.
    Without OpenApiVersion, SAM creates a second stage called Stage.
    """
    document = {
        "info": {"title": config.settings().namespace},
        "x-amazon-apigateway-gateway-responses": {kind: _response(problem) for kind, problem in RESPONSES.items()},
    }
    return {"OpenApiVersion": "2.0", "DefinitionBody": document}


def cors_parameter() -> dict[str, Any]:
    """Return the declaration of the parameter with the origins. None by default."""
    about = "Origins whose pages may call the API, comma-separated, such as https://shop.example"
    return {"Type": "String", "Default": "", "Description": about}


def check_origins(text: str | None) -> None:
    """Raise InvalidOrigins if the list of origins is malformed. None: nothing to check."""
    try:
        config.parse_origins(text or "")
    except config.SettingMissing as error:
        raise InvalidOrigins(str(error)) from error


def paths(routes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the paths of the document that serve the app's routes: one for each context, and those without sign-in.

    The path of a route without sign-in names its methods, so that each can have a throttle. Every other method also
    reaches the app, which answers with 405 as it does locally.
    """
    named: dict[str, list[str]] = {}
    serving: dict[str, str] = {}
    for route, methods in routes.items():
        path = gateway_path(route, methods)
        named.setdefault(path, []).extend(method.lower() for method in allowed_methods(methods) if path == route)
        serving[path] = HTTP_FUNCTIONS[serving_function(methods)]
    return {
        path: dict.fromkeys([*names, ANY_METHOD], _operation(path, serving[path]))
        for path, names in sorted(named.items())
    }


def _operation(path: str, function: str) -> dict[str, Any]:
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "passthroughBehavior": "when_no_match",
        "contentHandling": "CONVERT_TO_TEXT",
        "responses": {"default": {"statusCode": "200"}},
        "uri": _invocation(function),
    }
    names = [part.strip("{+}") for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "type": "string"} for name in names]
    return {
        "produces": ["application/json"],
        "responses": {"200": {"description": "200 response"}},
        "x-amazon-apigateway-integration": integration,
        **({"parameters": parameters} if parameters else {}),
    }


def _invocation(name: str) -> dict[str, str]:
    """Return a function's invocation URI, by name instead of by reference: functions refer to the API's URL."""
    function = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function_name(name)}"
    path = f"lambda:path/2015-03-31/functions/{function}/invocations"
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:{path}"}


def _response(problem: Problem) -> dict[str, Any]:
    headers = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store", **ANY_ORIGIN, **problem.headers}
    return {
        "statusCode": str(problem.status),
        "responseParameters": {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()},
        "responseTemplates": {"application/json": json.dumps(problem.as_dict("$context.requestId"))},
    }
