"""HTTP endpoints: the decorator `@endpoint`, its specification and the parsed request."""

from chalicelib.kit.http.endpoint import endpoint
from chalicelib.kit.http.rendering import PROBLEM_JSON, problem_details, problem_document
from chalicelib.kit.http.spec import MAX_BODY, MAX_WEBHOOK_BODY, ApiRequest, CompletedCall, Deprecation, EndpointSpec

__all__ = [
    "MAX_BODY",
    "MAX_WEBHOOK_BODY",
    "PROBLEM_JSON",
    "ApiRequest",
    "CompletedCall",
    "Deprecation",
    "EndpointSpec",
    "endpoint",
    "problem_details",
    "problem_document",
]
