"""HTTP endpoints: the decorator `@endpoint`, its specification and the parsed request."""

from chalicelib.kit.http.endpoint import endpoint
from chalicelib.kit.http.rendering import PROBLEM_JSON, problem_details
from chalicelib.kit.http.spec import MAX_BODY, MAX_WEBHOOK_BODY, ApiRequest, CompletedCall, EndpointSpec

__all__ = [
    "MAX_BODY",
    "MAX_WEBHOOK_BODY",
    "PROBLEM_JSON",
    "ApiRequest",
    "CompletedCall",
    "EndpointSpec",
    "endpoint",
    "problem_details",
]
