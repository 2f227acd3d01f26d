"""Resolves the fields of the Admin API for one app in one shop, from the sandbox's state."""

import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError, GraphQLResolveInfo

from infra.sandbox.server import LOOPBACK, Json
from infra.sandbox.shopify.apps import new_shop
from infra.sandbox.shopify.connections import connection
from infra.sandbox.shopify.discount_nodes import DiscountNodes
from infra.sandbox.shopify.fields import order_fields, product_fields
from infra.sandbox.shopify.search import search
from infra.sandbox.shopify.variants import Variants
from infra.sandbox.shopify.web_pixels import WebPixels

Info = GraphQLResolveInfo[Any]
_TOPIC_SCOPES = {"orders": "read_orders", "refunds": "read_orders", "products": "read_products"}
_PROTECTED_TOPIC = (
    "This app is not approved to subscribe to webhook topics containing protected customer data. "
    "See https://partners.shopify.com/1/apps/1/customer_data for more details."
)


class Resolvers:
    """Resolvers that read and change `data`; the caller holds its lock."""

    def __init__(self, data: Json, app: str, shop_domain: str, scopes: Sequence[str], version: str, now: float) -> None:
        self.app, self.shop_domain = app, shop_domain
        self._data, self._scopes, self._version = data, scopes, version
        currency = (data["shops"].get(shop_domain) or new_shop(shop_domain))["currency"]
        self._variants = Variants(data, shop_domain, currency, self._require)
        self._pixels = WebPixels(data, app, shop_domain, self._require)
        self._now = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        exactly = datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._discounts = DiscountNodes(data, app, shop_domain, self._require, exactly)

    def root(self) -> Json:
        """Return the root value, a mapping of field names to resolvers."""
        return {
            "shop": self._shop,
            "currentAppInstallation": self._installation,
            "order": self._order,
            "orders": self._orders,
            "refund": self._refund,
            "product": self._product,
            "products": self._products,
            **self._variants.root(),
            **self._pixels.root(),
            "webhookSubscriptions": self._list_subscriptions,
            "webhookSubscriptionCreate": self._create_subscription,
            "webhookSubscriptionDelete": self._delete_subscription,
            **self._discounts.root(),
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

    def _installation(self, _: Info) -> Json:
        number = zlib.crc32(f"{self.app}/{self.shop_domain}".encode())
        return {
            "id": f"gid://shopify/AppInstallation/{number}",
            "accessScopes": [{"handle": scope} for scope in self._scopes],
        }

    def _order(self, _: Info, id: str) -> Json | None:  # noqa: A002
        self._require("read_orders", "order")
        order = self._data["orders"].get(id)
        return self._shown(order) if order and order["shop"] == self.shop_domain else None

    def _shown(self, order: Json) -> Json:
        """Return an order's fields; `customer` requires the scope `read_customers`."""
        fields = order_fields(order)

        def customer(_: Info) -> Json | None:
            self._require("read_customers", "customer")
            shown: Json | None = fields["customer"]
            return shown

        return {**fields, "customer": customer}

    def _orders(self, _: Info, **asked: Any) -> Json:
        self._require("read_orders", "orders")
        return self._search("orders", self._shown, **asked)

    def _refund(self, _: Info, id: str) -> Json | None:  # noqa: A002
        self._require("read_orders", "refund")
        mine = (order_fields(row) for row in self._data["orders"].values() if row["shop"] == self.shop_domain)
        refunds = (refund for order in mine for refund in order["refunds"](None))
        return next((refund for refund in refunds if refund["id"] == id), None)

    def _product(self, _: Info, id: str) -> Json | None:  # noqa: A002
        self._require("read_products", "product")
        product = self._data["products"].get(id)
        return self._shown_product(product) if product and product["shop"] == self.shop_domain else None

    def _products(self, _: Info, **asked: Any) -> Json:
        self._require("read_products", "products")
        return self._search("products", self._shown_product, **asked)

    def _shown_product(self, row: Json) -> Json:
        return product_fields(row, self._variants.of_product(row))

    def _search(
        self,
        section: str,
        show: Callable[[Json], Json],
        *,
        sortKey: str,  # noqa: N803
        reverse: bool,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
    ) -> Json:
        mine = (row for row in self._data[section].values() if row["shop"] == self.shop_domain)
        return search(mine, show, first=first, after=after, query=query, sort_key=sortKey, reverse=reverse)

    def _require(self, scope: str, field: str) -> None:
        written = scope.replace("read_", "write_", 1)  # a write scope includes its read scope
        if scope not in self._scopes and written not in self._scopes:
            required = f"`{scope}` access scope."
            message = f"Access denied for {field} field. Required access: {required}"
            raise GraphQLError(message, extensions={"code": "ACCESS_DENIED", "requiredAccess": required})

    def _list_subscriptions(
        self, _: Info, first: int | None = None, after: str | None = None, topics: Sequence[str] | None = None
    ) -> Json:
        mine = [row for row in self._mine().values() if topics is None or row["topic"] in topics]
        return connection(mine, first, after)

    def _create_subscription(self, _: Info, topic: str, webhookSubscription: Json) -> Json:  # noqa: N803
        uri = webhookSubscription.get("uri") or ""
        if refusal := self._topic_refusal(topic):
            return {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription"], "message": refusal}]}
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

    def _topic_refusal(self, topic: str) -> str | None:
        """Return why the app may not subscribe to the topic. Source: github.com/Shopify/cli/issues/3443."""
        name = topic.lower().replace("_", "/", 1)
        refused = self._data["refused_topics"]
        if name in [*refused.get(f"{self.app}/", []), *refused.get(f"{self.app}/{self.shop_domain}", [])]:
            return _PROTECTED_TOPIC
        scope = _TOPIC_SCOPES.get(name.partition("/")[0])
        if scope and not {scope, scope.replace("read_", "write_", 1)} & set(self._scopes):
            return f"You do not have permission to create or update webhooks with {name} topic"
        return None

    def _uri_problem(self, topic: str, uri: str) -> str | None:
        target = urlsplit(uri)
        local = target.scheme == "http" and target.hostname in (LOOPBACK, "localhost")
        if not target.netloc or not (target.scheme == "https" or local):
            return "Address is invalid"
        if any((row["topic"], row["uri"]) == (topic, uri) for row in self._mine().values()):
            return "Address for this topic has already been taken"
        return None
