"""Resolves queries and mutations of discounts for one app in one shop, from the sandbox's state."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from infra.sandbox.server import Json
from infra.sandbox.shopify.apps import new_shop
from infra.sandbox.shopify.connections import connection
from infra.sandbox.shopify.discount_rules import ShopState, refusals, status, user_error

Info = GraphQLResolveInfo[Any]
OWN_NAMESPACE = "$app"
_DEFAULTS: Json = {
    "title": "",
    "code": None,
    "startsAt": None,
    "endsAt": None,
    "usageLimit": None,
    "appliesOncePerCustomer": False,
    "discountClasses": [],
    "tags": [],
    "functionHandle": None,
    "metafields": [],
}
_NODE = {"automatic": "DiscountAutomaticNode", "code": "DiscountCodeNode"}


class DiscountNodes:
    """Discounts of one shop; an app changes its own. The caller holds the lock of `data`."""

    def __init__(self, data: Json, app: str, shop: str, require: Callable[[str, str], None], now: str) -> None:
        self._data, self._app, self._shop, self._require, self._now = data, app, shop, require, now
        self._rows: dict[str, Json] = data.setdefault("discounts", {})

    def root(self) -> Json:
        """Return the resolvers of the root fields, by name."""
        return {
            "discountNode": self._node,
            "discountNodes": self._nodes,
            "codeDiscountNodeByCode": self._node_by_code,
            "discountAutomaticAppCreate": lambda _, automaticAppDiscount: self._create(  # noqa: N803
                "automatic", automaticAppDiscount
            ),
            "discountAutomaticAppUpdate": lambda _, id, automaticAppDiscount: self._update(  # noqa: A006, N803
                "automatic", id, automaticAppDiscount
            ),
            "discountCodeAppCreate": lambda _, codeAppDiscount: self._create("code", codeAppDiscount),  # noqa: N803
            "discountCodeAppUpdate": lambda _, id, codeAppDiscount: self._update("code", id, codeAppDiscount),  # noqa: A006, N803
            **{
                f"discount{kind.title()}{verb}": self._by_id(kind, change)
                for kind in _NODE
                for verb, change in (
                    ("Activate", self._activate),
                    ("Deactivate", self._deactivate),
                    ("Delete", self._delete),
                )
            },
        }

    def _node(self, _: Info, id: str) -> Json | None:  # noqa: A002
        self._require("read_discounts", "discountNode")
        row = self._mine().get(id)
        return self._shown(row) if row else None

    def _nodes(self, _: Info, first: int | None = None, after: str | None = None, query: str | None = None) -> Json:
        self._require("read_discounts", "discountNodes")
        rows = [self._shown(row) for row in self._of_shop() if _matches(row, query or "")]
        return connection(rows, first, after)

    def _node_by_code(self, _: Info, code: str) -> Json | None:
        self._require("read_discounts", "codeDiscountNodeByCode")
        found = (row for row in self._of_shop() if (row["code"] or "").lower() == code.lower())
        row = next(found, None)
        return self._shown(row) if row else None

    def _create(self, kind: str, fields: Json) -> Json:
        self._require("write_discounts", f"discount{kind.title()}AppCreate")
        self._data["sequence"] += 1
        number = 1_400_000_000_000 + self._data["sequence"]
        row = {
            **deepcopy(_DEFAULTS),
            "id": f"gid://shopify/{_NODE[kind]}/{number}",
            "kind": kind,
            "app": self._app,
            "shop": self._shop,
            "combinesWith": _combines({}, {}),
        }
        return self._store(kind, row, {"startsAt": self._now, **fields})

    def _update(self, kind: str, node_id: str, fields: Json) -> Json:
        self._require("write_discounts", f"discount{kind.title()}AppUpdate")
        row = self._mine().get(node_id)
        if row is None or row["kind"] != kind:
            return {f"{kind}AppDiscount": None, "userErrors": [_unknown()]}
        return self._store(kind, deepcopy(row), fields)

    def _store(self, kind: str, row: Json, fields: Json) -> Json:
        """Store the row with these fields, or answer with Shopify's refusals."""
        metafields = {each["key"]: each for each in (*row["metafields"], *fields.get("metafields", ()))}
        changes = {name: value for name, value in fields.items() if name not in ("metafields", "combinesWith")}
        for name in ("startsAt", "endsAt"):
            if changes.get(name):
                changes[name] = _utc(changes[name])
        row |= {**changes, "metafields": [*metafields.values()]}
        row["combinesWith"] = _combines(row["combinesWith"], fields.get("combinesWith", {}))
        errors = refusals(row, self._state(row), f"{kind}AppDiscount")
        if errors:
            return {f"{kind}AppDiscount": None, "userErrors": errors}
        self._rows[row["id"]] = row
        return {f"{kind}AppDiscount": self._discount(row), "userErrors": []}

    def _by_id(self, kind: str, change: Callable[[Json], tuple[Json, list[Json]]]) -> Callable[..., Json]:
        def resolve(info: Info, id: str) -> Json:  # noqa: A002
            self._require("write_discounts", info.field_name)
            row = self._mine().get(id)
            if row is None or row["kind"] != kind:
                return {"userErrors": [_unknown()]}
            node, errors = change(row)
            return {**node, "userErrors": errors}

        return resolve

    def _activate(self, row: Json) -> tuple[Json, list[Json]]:
        active = {**row, "startsAt": min(row["startsAt"], self._now), "endsAt": None}
        errors = refusals(active, self._state(row), f"{row['kind']}AppDiscount")
        if not errors:
            self._rows[row["id"]] = active
        return {f"{row['kind']}DiscountNode": self._shown(active)}, errors

    def _deactivate(self, row: Json) -> tuple[Json, list[Json]]:
        """End the discount now; one that has not begun begins now, too."""
        row["startsAt"] = min(row["startsAt"], self._now)
        row["endsAt"] = min(row["endsAt"] or self._now, self._now)
        return {f"{row['kind']}DiscountNode": self._shown(row)}, []

    def _delete(self, row: Json) -> tuple[Json, list[Json]]:
        del self._rows[row["id"]]
        return {f"deleted{row['kind'].title()}DiscountId": row["id"]}, []

    def _of_shop(self) -> list[Json]:
        return [row for row in self._rows.values() if row["shop"] == self._shop]

    def _mine(self) -> dict[str, Json]:
        return {row["id"]: row for row in self._of_shop() if row["app"] == self._app}

    def _state(self, row: Json) -> ShopState:
        shop = self._data["shops"].get(self._shop) or new_shop(self._shop)
        others = [each for each in self._of_shop() if each["id"] != row["id"]]
        return ShopState(others, shop["plan_display_name"], self._now)

    def _shown(self, row: Json) -> Json:
        """Return the fields of a node. An app sees the metafields of its own namespace only."""

        def metafield(_: Info, key: str, namespace: str = OWN_NAMESPACE) -> Json | None:
            own = row["metafields"] if row["app"] == self._app and namespace == OWN_NAMESPACE else []
            return next((each for each in own if each["key"] == key), None)

        discount = self._discount(row)
        return {"id": row["id"], "discount": discount, "codeDiscount": discount, "metafield": metafield}

    def _discount(self, row: Json) -> Json:
        kind = "App" if row["functionHandle"] else "Basic"
        codes = [{"code": row["code"]}] if row["code"] else []
        return {
            **row,
            "__typename": f"Discount{row['kind'].title()}{kind}",
            "discountId": row["id"],
            "status": status(row, self._now),
            "codes": lambda _, first=None, after=None: connection(codes, first, after),
        }


def foreign_discount(shop: str, number: int, title: str, code: str | None, now: str) -> Json:
    """Return the row of an active discount that the merchant created in the admin."""
    kind = "code" if code else "automatic"
    fields = {"title": title, "code": code, "startsAt": now, "app": "", "shop": shop, "kind": kind}
    node = {"id": f"gid://shopify/{_NODE[kind]}/{number}", "combinesWith": _combines({}, {})}
    return {**deepcopy(_DEFAULTS), **fields, **node}


def _combines(stored: Json, fields: Json) -> Json:
    tags = fields.get("productDiscountsWithTagsOnSameCartLine") or {}
    kept = set(stored.get("productDiscountsWithTagsOnSameCartLine", ())) - set(tags.get("remove") or ())
    names = ("orderDiscounts", "productDiscounts", "shippingDiscounts")
    return {
        **{name: fields.get(name, stored.get(name, False)) for name in names},
        "productDiscountsWithTagsOnSameCartLine": sorted(kept | set(tags.get("add") or ())),
    }


def _matches(row: Json, query: str) -> bool:
    """Return whether a row matches a search: `type:app`, or a title as `title:'…'`. Raises GraphQLError for another."""
    if not query:
        return True
    name, _, text = query.partition(":")
    if name == "type" and text == "app":
        return bool(row["functionHandle"])
    if name == "title":
        wanted = text.strip("'\"").replace("\\'", "'").replace("\\\\", "\\")
        return wanted.lower() in row["title"].lower()
    raise GraphQLError(f"the sandbox does not know the search {query}")


def _utc(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _unknown() -> Json:
    return user_error("INVALID", ["id"], "Discount does not exist")
