"""API Gateway settings: its own error responses as problems, and every method of every route sent to the function."""

from __future__ import annotations

import json
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
from infra.deploy import handlers
from infra.deploy.packaging.names import API, function_name

ANY_METHOD = "x-amazon-apigateway-any-method"

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
    """Return the properties to merge into Chalice's API.

    Gateway responses are part of the Swagger document, not separate resources, so that each change is deployed.
    Unsupported methods of a route also reach Chalice, which responds with 405 as it does locally.
    Without OpenApiVersion, SAM creates a second stage called Stage.
    """
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "passthroughBehavior": "when_no_match",
        "responses": {"default": {"statusCode": "200"}},
        "uri": _invocation(),
    }
    any_method = {
        "produces": ["application/json"],
        "responses": {"200": {"description": "200 response"}},
        "x-amazon-apigateway-integration": integration,
    }
    paths = {}
    for path, methods in handlers.chalice_app().routes.items():
        named = {method.lower(): {"x-amazon-apigateway-integration": {"uri": _invocation()}} for method in methods}
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [{"name": name, "in": "path", "required": True, "type": "string"} for name in names]
        paths[path] = {**named, ANY_METHOD: any_method | ({"parameters": parameters} if parameters else {})}
    document = {
        "info": {"title": config.settings().namespace},
        "paths": paths,
        "x-amazon-apigateway-gateway-responses": {kind: _response(problem) for kind, problem in RESPONSES.items()},
    }
    return {"OpenApiVersion": "2.0", "DefinitionBody": document}


def _invocation() -> dict[str, str]:
    """Return the function's invocation URI, by name instead of by reference: functions refer to the API's URL."""
    function = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function_name(API)}"
    path = f"lambda:path/2015-03-31/functions/{function}/invocations"
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:{path}"}


def _response(problem: Problem) -> dict[str, Any]:
    headers = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store", **problem.headers}
    return {
        "statusCode": str(problem.status),
        "responseParameters": {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()},
        "responseTemplates": {"application/json": json.dumps(problem.as_dict("$context.requestId"))},
    }
