"""Subject mentions: whether a JSON document, such as a webhook's payload, is about a subject. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

_CUSTOMERS = ("customer_id", "customer.id")
_ORDERS = ("order_id", "order_edit.order_id", "orders_requested", "orders_to_redact")


def mentions_subject(document: str, subject_id: str | None, aliases: Collection[str]) -> bool:
    """Return whether the JSON contains an identifier of the subject: its id, or an alias (orders, Stripe customer).

    The number of a GID counts only at a path that holds customers or orders: a product may have the same number.
    """
    try:
        content = json.loads(document)
    except ValueError:
        return False
    identifiers = {name for name in (subject_id, *aliases) if name and not name.isdigit()}
    customers = {name.rsplit("/", 1)[-1] for name in (subject_id,) if name}
    orders = {name.rsplit("/", 1)[-1] for name in aliases}
    order_paths = ("id",) if isinstance(content, dict) and "customer" in content else ()  # the document is an order
    return any(
        value in identifiers
        or (value in customers and path.endswith(_CUSTOMERS))
        or (value in orders and (path.endswith(_ORDERS) or path in order_paths))
        for path, value in _leaves(content)
    )


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield texts and whole numbers with their paths, e.g. `line_items.id`."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member, path)
    elif isinstance(value, str | int):
        yield path, str(value)
