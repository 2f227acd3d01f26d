"""Discounts of a Shopify function in the Admin API: queries, mutations, and their refusals.

Source: shopify.dev/docs/api/admin-graphql, 2026-10 (DiscountNode, discountAutomaticAppCreate, discountCodeAppCreate).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.integrations.shopify import discount_queries as queries

FUNCTION_HANDLE = "sku-discount"
NAMESPACE, CONFIGURATION_KEY, OWNER_KEY = "$app", "sku-discount", "discount-id"
"""The app's own metafields of a node: the function's configuration, and the id of our discount."""
_CODE_NODE = "DiscountCodeNode"

Graphql = Callable[..., dict[str, Any]]
"""Executes a GraphQL call and returns its `data`."""


class DiscountRefused(Exception):
    """Shopify refused a discount; `code` is a value of its DiscountErrorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class NodeMissing(Exception):
    """The shop has no such discount of ours, or no longer."""


@dataclass(frozen=True, slots=True)
class DiscountFields:
    """A discount as Shopify stores it. `code` is None for an automatic one; times are whole seconds."""

    title: str
    code: str | None
    starts_at: datetime
    ends_at: datetime | None
    usage_limit: int | None
    once_per_customer: bool
    combines_with: tuple[bool, bool, bool]
    """With other product discounts, order discounts, shipping discounts."""
    tags: frozenset[str]
    configuration: str | None
    """The JSON text that the function reads."""


@dataclass(frozen=True, slots=True)
class DiscountNode:
    """A discount at Shopify. `owner` is the id of our discount, None if the node is not ours."""

    node_id: str
    owner: str | None
    status: str
    fields: DiscountFields


def is_code_node(node_id: str) -> bool:
    """Return whether a node needs a code; it cannot become automatic, or the reverse."""
    return f"/{_CODE_NODE}/" in node_id


def find_named(graphql: Graphql, title: str, code: str | None) -> list[DiscountNode]:
    """Return the nodes with this code, or the automatic ones with this title, whatever the case of letters."""
    if code is not None:
        node = graphql(queries.BY_CODE, code=code)["codeDiscountNodeByCode"]
        return [_parse_node(node, node["codeDiscount"])] if node else []
    escaped = title.replace("\\", "\\\\").replace("'", "\\'")
    nodes = _iterate_nodes(graphql, f"title:'{escaped}'")
    return [node for node in nodes if node.fields.code is None and node.fields.title.casefold() == title.casefold()]


def iterate_own_nodes(graphql: Graphql) -> Iterator[DiscountNode]:
    """Yield the nodes of our function, page by page."""
    yield from (node for node in _iterate_nodes(graphql, "type:app") if node.fields.configuration is not None)


def create(graphql: Graphql, fields: DiscountFields, owner: str) -> str:
    """Create a node and return its id. There is no idempotency key: look for the node first. Raises DiscountRefused."""
    mutation, name, argument = queries.create(is_code=fields.code is not None)
    content = {
        **_content(fields, owner),
        "functionHandle": FUNCTION_HANDLE,
        "discountClasses": ["PRODUCT"],
        **_window(fields),
    }
    result = _checked(graphql(mutation, input=content)[name])
    return str(result[argument]["discountId"])


def update(graphql: Graphql, node_id: str, fields: DiscountFields, owner: str, *, with_window: bool) -> None:
    """Update a node to these fields. Without the window, an ended node stays ended.

    Raises DiscountRefused, NodeMissing.
    """
    mutation, name = queries.update(is_code=is_code_node(node_id))
    content = {**_content(fields, owner), **(_window(fields) if with_window else {})}
    previous = graphql(queries.TAGS, id=node_id)["discountNode"]
    if previous is None:
        raise NodeMissing(node_id)
    old_tags = set(previous["discount"]["combinesWith"]["productDiscountsWithTagsOnSameCartLine"])
    content["combinesWith"]["productDiscountsWithTagsOnSameCartLine"]["remove"] = sorted(old_tags - fields.tags)
    _checked(graphql(mutation, id=node_id, input=content)[name])


def deactivate(graphql: Graphql, node_id: str) -> None:
    """End a node now. Raises NodeMissing, DiscountRefused."""
    mutation, name = queries.by_id("Deactivate", is_code=is_code_node(node_id))
    _checked(graphql(mutation, id=node_id)[name])


def delete(graphql: Graphql, node_id: str) -> None:
    """Delete a node. Raises NodeMissing, DiscountRefused."""
    mutation, name = queries.by_id("Delete", is_code=is_code_node(node_id))
    _checked(graphql(mutation, id=node_id)[name])


def _iterate_nodes(graphql: Graphql, query: str) -> Iterator[DiscountNode]:
    after = None
    while True:
        connection = graphql(queries.NODES, query=query, after=after)["discountNodes"]
        for node in connection["nodes"]:
            if node["discount"].get("title") is not None:
                yield _parse_node(node, node["discount"])
        if not connection["pageInfo"]["hasNextPage"]:
            return
        after = connection["pageInfo"]["endCursor"]


def _checked(result: dict[str, Any]) -> dict[str, Any]:
    for error in result["userErrors"]:
        if error["field"] == ["id"]:
            raise NodeMissing(error["message"])
        raise DiscountRefused(error["code"] or "INVALID", error["message"])
    return result


def _content(fields: DiscountFields, owner: str) -> dict[str, Any]:
    product, order, shipping = fields.combines_with
    tags = {"add": sorted(fields.tags)}
    metafields = [
        {"namespace": NAMESPACE, "key": CONFIGURATION_KEY, "type": "json", "value": fields.configuration},
        {"namespace": NAMESPACE, "key": OWNER_KEY, "type": "single_line_text_field", "value": owner},
    ]
    content: dict[str, Any] = {
        "title": fields.title,
        "combinesWith": {
            "productDiscounts": product,
            "orderDiscounts": order,
            "shippingDiscounts": shipping,
            "productDiscountsWithTagsOnSameCartLine": tags,
        },
        "tags": sorted(fields.tags),
        "metafields": metafields,
    }
    if fields.code is not None:
        content |= {"code": fields.code, "usageLimit": fields.usage_limit}
        content["appliesOncePerCustomer"] = fields.once_per_customer
    return content


def _window(fields: DiscountFields) -> dict[str, str | None]:
    return {"startsAt": _text(fields.starts_at), "endsAt": _text(fields.ends_at) if fields.ends_at else None}


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _parse_node(node: dict[str, Any], discount: dict[str, Any]) -> DiscountNode:
    owner, configuration = node["owner"], node["configuration"]
    codes = discount.get("codes", {}).get("nodes") or []
    combines = discount.get("combinesWith") or {}
    return DiscountNode(
        node_id=discount.get("discountId") or node["id"],
        owner=owner["value"] if owner else None,
        status=discount["status"],
        fields=DiscountFields(
            title=discount["title"],
            code=codes[0]["code"] if codes else None,
            starts_at=_parse_time(discount["startsAt"]),
            ends_at=_parse_time(discount["endsAt"]) if discount["endsAt"] else None,
            usage_limit=discount.get("usageLimit"),
            once_per_customer=bool(discount.get("appliesOncePerCustomer")),
            combines_with=(
                bool(combines.get("productDiscounts")),
                bool(combines.get("orderDiscounts")),
                bool(combines.get("shippingDiscounts")),
            ),
            tags=frozenset(discount.get("tags") or ()),
            configuration=configuration["value"] if configuration else None,
        ),
    )


def _parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=0)
