"""Names of the Shopify sandbox's operations, for faults on demand."""

from __future__ import annotations

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse

from infra.sandbox.server import Json, Request, match_path

ENDPOINTS = {
    "admin": "/{shop}/admin/api/{version}/graphql.json",
    "token": "/{shop}/admin/oauth/access_token",
    "proxy": "/{shop}/apps/{app}/{rest...}",
}
"""Path of each endpoint by name. An Admin API call also has its fields' names, e.g. `webhookSubscriptionCreate`."""


def operations_of(request: Request) -> list[str]:
    """Return the names of the operation that a request calls; empty for pages and control routes."""
    endpoint = next((name for name, path in ENDPOINTS.items() if match_path(path, request.path)), None)
    if endpoint is None:
        return []
    return [*(_fields(request) if endpoint == "admin" else []), endpoint]


def error_body(status: int) -> Json:
    """Build the body of an error response."""
    return {"errors": f"sandbox fault: status {status}"}


def _fields(request: Request) -> list[str]:
    """Return the names of the root fields of a GraphQL request; empty if it is malformed."""
    try:
        document = parse(str(request.fields()["query"]))
    except (GraphQLError, ValueError, KeyError):
        return []
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fields = [each for operation in operations for each in operation.selection_set.selections]
    return [each.name.value for each in fields if isinstance(each, FieldNode)]
