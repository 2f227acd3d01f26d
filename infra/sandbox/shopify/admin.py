"""The Admin GraphQL endpoint: authentication, query cost, rate limit and execution."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from graphql import GraphQLEnumType, GraphQLError, GraphQLSchema, build_schema, graphql_sync, parse

from infra.sandbox.server import Json, Request, Response, Route, json_response
from infra.sandbox.shopify import tokens
from infra.sandbox.shopify.faults import ShopifyFaults, unavailable_shop
from infra.sandbox.shopify.query_cost import query_cost
from infra.sandbox.shopify.renames import current_domain
from infra.sandbox.shopify.resolvers import Resolvers
from infra.sandbox.shopify.throttle import Throttle
from infra.sandbox.state import State

MOST_POINTS_PER_QUERY = 1000
UNAUTHORIZED = "[API] Invalid API key or access token (unrecognized login or wrong password)"


class AdminAPI:
    """Serves `/{shop}/admin/api/{version}/graphql.json`."""

    def __init__(self, state: State, throttle: Throttle, faults: ShopifyFaults, clock: Callable[[], float]) -> None:
        self._state, self._throttle, self._faults, self._clock = state, throttle, faults, clock
        documents = [Path(__file__).parent / name for name in ("admin.graphql", "discounts.graphql")]
        self._schema: GraphQLSchema = build_schema("\n".join(each.read_text() for each in documents))
        self.topics = set(cast("GraphQLEnumType", self._schema.type_map["WebhookSubscriptionTopic"]).values)
        roots = [self._schema.query_type, self._schema.mutation_type]
        self.root_fields = {name for root in roots if root for name in root.fields}
        self.routes = [Route("POST", "/{shop}/admin/api/{version}/graphql.json", self.graphql)]

    def graphql(self, request: Request, shop: str, version: str) -> Response:
        """Execute a GraphQL request; respond 200 with data or errors.

        Responds 401 if the token is not valid for the shop, 400 if the body has no query, 402, 403, 404 or 423 if the
        shop is unavailable.
        """
        if failure := self._faults.failure("admin"):
            return failure
        with self._state.change() as data:
            shop = current_domain(data, shop)
            if closed := unavailable_shop(data, shop):
                return closed
            owner = tokens.find_app(data, shop, request.header("x-shopify-access-token"), self._clock())
            if owner is None:
                return json_response(401, {"errors": UNAUTHORIZED})
            try:
                call = request.fields()
                query = str(call["query"])
            except (ValueError, KeyError):
                return json_response(400, {"errors": {"query": "Required parameter missing or invalid"}})
            app, scopes = owner
            resolvers = Resolvers(data, app, shop, scopes, version, self._clock())
            answer = self._execute(query, call, resolvers)
        return json_response(200, answer, {"X-Shopify-API-Version": version})

    def _execute(self, query: str, call: Json, resolvers: Resolvers) -> Json:
        variables: dict[str, Any] = call.get("variables") or {}
        try:
            cost = query_cost(self._schema, parse(query), variables)
        except GraphQLError as error:
            return {"errors": [error.formatted]}
        if cost > MOST_POINTS_PER_QUERY:
            message = f"Query cost is {cost}, which exceeds the single query max cost limit ({MOST_POINTS_PER_QUERY})."
            return {"errors": [{"message": message, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost}}]}
        allowed = self._throttle.take(resolvers.app, resolvers.shop_domain, cost)
        extensions = {
            "cost": {
                "requestedQueryCost": cost,
                "actualQueryCost": cost if allowed else None,
                "throttleStatus": self._throttle.status(resolvers.app, resolvers.shop_domain),
            }
        }
        if not allowed:
            documentation = "https://shopify.dev/api/usage/rate-limits"
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": documentation}}
            return {"errors": [throttled], "extensions": extensions}
        result = graphql_sync(
            self._schema,
            query,
            root_value=resolvers.root(),
            variable_values=variables,
            operation_name=call.get("operationName"),
        )
        return {**result.formatted, "extensions": extensions}
