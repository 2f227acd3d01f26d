"""What the Admin API's fields answer, for one app in one shop, from the stand-in's state."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, GraphQLResolveInfo

from infra.sandbox.server import LOOPBACK, Json
from infra.sandbox.shopify.apps import new_shop

Info = GraphQLResolveInfo[Any]


class Resolvers:
    """Reads and changes `data`; the caller holds its lock."""

    def __init__(self, data: Json, app: str, shop_domain: str, scopes: Sequence[str], version: str, now: float) -> None:
        self.app, self.shop_domain = app, shop_domain
        self._data, self._scopes, self._version = data, scopes, version
        self._now = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def root(self) -> Json:
        """The root value: field names to functions."""
        return {
            "shop": self._shop,
            "order": self._order,
            "webhookSubscriptions": self._list_subscriptions,
            "webhookSubscriptionCreate": self._create_subscription,
            "webhookSubscriptionDelete": self._delete_subscription,
        }

    def _shop(self, _: Info) -> Json:
        shop = self._data["shops"].setdefault(self.shop_domain, new_shop(self.shop_domain))
        plan = shop["plan_display_name"]
        return {
            "id": f"gid://shopify/Shop/{shop['id']}",
            "name": shop["name"],
            "email": shop["email"],
            "contactEmail": shop["email"],
            "currencyCode": shop["currency"],
            "ianaTimezone": shop["iana_timezone"],
            "myshopifyDomain": self.shop_domain,
            "plan": {
                "partnerDevelopment": plan == "Development",
                "publicDisplayName": plan,
                "shopifyPlus": plan == "Plus",
                "displayName": plan,
            },
            "url": f"https://{self.shop_domain}",
        }

    def _order(self, _: Info, id: str) -> Json | None:  # noqa: A002
        if "read_orders" not in self._scopes:
            message = "Access denied for order field. Required access: `read_orders` access scope."
            raise GraphQLError(
                message, extensions={"code": "ACCESS_DENIED", "requiredAccess": "`read_orders` access scope."}
            )
        order = self._data["orders"].get(id)
        if order is None or order["shop"] != self.shop_domain:
            return None
        return _order(order["payload"])

    def _list_subscriptions(
        self, _: Info, first: int | None = None, after: str | None = None, topics: Sequence[str] | None = None
    ) -> Json:
        if first is None:
            raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
        mine = [row for row in self._mine().values() if topics is None or row["topic"] in topics]
        return _connection(mine, first, after)

    def _create_subscription(self, _: Info, topic: str, webhookSubscription: Json) -> Json:  # noqa: N803
        uri = webhookSubscription.get("uri") or ""
        problem = self._uri_problem(topic, uri)
        if problem:
            error = {"field": ["webhookSubscription", "uri"], "message": problem}
            return {"webhookSubscription": None, "userErrors": [error]}
        self._data["sequence"] += 1
        number = 1_000_000_000_000 + self._data["sequence"]
        row = {
            "id": f"gid://shopify/WebhookSubscription/{number}",
            "legacyResourceId": str(number),
            "app": self.app,
            "shop": self.shop_domain,
            "topic": topic,
            "uri": uri,
            "format": webhookSubscription.get("format", "JSON"),
            "filter": webhookSubscription.get("filter"),
            "includeFields": webhookSubscription.get("includeFields", []),
            "metafieldNamespaces": webhookSubscription.get("metafieldNamespaces", []),
            "createdAt": self._now,
            "updatedAt": self._now,
        }
        self._data["subscriptions"][row["id"]] = row
        return {"webhookSubscription": row, "userErrors": []}

    def _delete_subscription(self, _: Info, id: str) -> Json:  # noqa: A002
        if id not in self._mine():
            error = {"field": ["id"], "message": "Webhook subscription does not exist"}
            return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
        del self._data["subscriptions"][id]
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}

    def _mine(self) -> dict[str, Json]:
        rows: dict[str, Json] = self._data["subscriptions"]
        return {id_: row for id_, row in rows.items() if (row["app"], row["shop"]) == (self.app, self.shop_domain)}

    def _uri_problem(self, topic: str, uri: str) -> str | None:
        target = urlsplit(uri)
        local = target.scheme == "http" and target.hostname in (LOOPBACK, "localhost")
        if not target.netloc or not (target.scheme == "https" or local):
            return "Address is invalid"
        if any((row["topic"], row["uri"]) == (topic, uri) for row in self._mine().values()):
            return "Address for this topic has already been taken"
        return None


def _connection(rows: Sequence[Any], first: int, after: str | None) -> Json:
    start = int(after) + 1 if after else 0
    page = rows[start : start + first]
    cursors = [str(start + position) for position in range(len(page))]
    return {
        "nodes": page,
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, page, strict=True)],
        "pageInfo": {
            "hasNextPage": start + first < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _order(payload: Json) -> Json:
    currency = payload["currency"]
    lines = [_line(line, currency) for line in payload["line_items"]]
    customer = payload["customer"]
    return {
        "id": payload["admin_graphql_api_id"],
        "legacyResourceId": str(payload["id"]),
        "name": payload["name"],
        "createdAt": payload["created_at"],
        "processedAt": payload["processed_at"],
        "updatedAt": payload["updated_at"],
        "cancelledAt": payload["cancelled_at"],
        "currencyCode": currency,
        "displayFinancialStatus": payload["financial_status"].upper(),
        "test": payload["test"],
        "totalPriceSet": _money(payload["total_price"], currency),
        "currentTotalPriceSet": _money(payload["current_total_price"], currency),
        "customer": {"id": customer["admin_graphql_api_id"]} if customer else None,
        "lineItems": lambda _, first=10, after=None: _connection(lines, first, after),
    }


def _line(line: Json, currency: str) -> Json:
    return {
        "id": line["admin_graphql_api_id"],
        "name": line["name"],
        "title": line["title"],
        "sku": line["sku"],
        "quantity": line["quantity"],
        "currentQuantity": line["current_quantity"],
        "product": {"id": f"gid://shopify/Product/{line['product_id']}"},
        "variant": {"id": f"gid://shopify/ProductVariant/{line['variant_id']}"},
        "customAttributes": [{"key": each["name"], "value": each["value"]} for each in line["properties"]],
        "originalUnitPriceSet": _money(line["price"], currency),
    }


def _money(amount: str, currency: str) -> Json:
    money = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}
