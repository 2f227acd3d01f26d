"""Subject matching: fills the templates of data policies and decides which rows belong to a subject. Pure.

Items have the form of DynamoDB's API, as in `archive_pages`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from chalicelib.kit.data_policy import ErasureAction, ObjectPrefix, OwnerFilter, SubjectQuery, TablePolicy
from chalicelib.kit.data_subjects import GUEST, Subject, SubjectType, pseudonym
from chalicelib.retention.domain.archive_pages import Item


@dataclass(frozen=True, slots=True)
class SubjectContext:
    """A subject with the scope of a request: `apps` of a shop, and the subject's other identifiers."""

    subject: Subject
    apps: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """A customer's order ids; an owner's customer id at Stripe."""

    @property
    def id(self) -> str | None:
        """The subject's id; None for a guest, who has none."""
        return None if self.subject.id == GUEST else self.subject.id

    @property
    def pseudonym(self) -> str:
        """The pseudonym that replaces the subject's id."""
        return pseudonym(str(self.subject))

    @property
    def template_values(self) -> dict[str, str | None]:
        """The values of the templates' placeholders, without `{app}`."""
        return {
            "subject_type": self.subject.type,
            "id": self.id,
            "shop": self.subject.shop or None,
            "mark": self.pseudonym,
            "shop_mark": pseudonym(f"{SubjectType.SHOP}:{self.subject.shop}"),
        }


def fill_template(template: str, context: SubjectContext) -> list[str]:
    """Return the filled template, once per app if it contains `{app}`; nothing if a value is missing."""
    names = _placeholders(template)
    apps: Iterable[str | None] = context.apps if "app" in names else [None]
    candidates = [{**context.template_values, "app": app} for app in apps]
    return [template.format(**each) for each in candidates if all(each.get(name) is not None for name in names)]


def value_from_row(query: SubjectQuery, row: Item) -> str | None:
    """Return the query's value, filled from a row of its `via` table; None if a column is empty."""
    columns = {name: column_text(row, name) for name in _placeholders(query.value)}
    if None in columns.values():
        return None
    value = query.value.format(**columns)
    return query.transform(value) if query.transform else value


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def column_text(item: Item, column: str) -> str | None:
    """Return the column's value as text; None if it is empty."""
    value = item.get(column)
    if value is None or "NULL" in value:
        return None
    [content] = value.values()
    return str(content)


def is_app_in_scope(app: str, context: SubjectContext, item: Item | None = None) -> bool:
    """Return whether the app of a policy or prefix is among the request's apps. Only shops are erased by app."""
    if not app or context.subject.type is not SubjectType.SHOP:
        return True
    if app.startswith("{"):
        return item is None or column_text(item, app.strip("{}")) in context.apps
    return app in context.apps


def matches_query(query: SubjectQuery, context: SubjectContext, item: Item) -> bool:
    """Return whether a query without `via` finds the row."""
    text = column_text(item, query.column)
    if text is None:
        return False
    values = fill_template(query.value, context)
    return any(value in text if query.contains else value == text for value in values)


def owns_row(owner: OwnerFilter | None, context: SubjectContext, item: Item, stored: str | None = None) -> bool:
    """Return whether the subject owns a row that a query finds. `stored` is the row's JSON if it is in S3."""
    if owner is None:
        return True
    if owner.column:
        owner_id = column_text(item, owner.column)
        if owner_id == context.id if owner_id is not None else owner.unowned:
            return True
    if owner.other_column and context.id is not None and column_text(item, owner.other_column) == context.id:
        return True
    if owner.alias_column and column_text(item, owner.alias_column) in context.aliases:
        return True
    return bool(owner.json_column) and mentions_subject(stored or column_text(item, owner.json_column) or "", context)


def leads_further(policy: TablePolicy, context: SubjectContext, item: Item) -> bool:
    """Return whether queries may go via this row of the subject: not if another subject is its second owner.

    Example: a print leads to its photo, but not for the customer who only paid for the print.
    """
    owners = [query.owner for query in queries_for(policy, context.subject.type)]
    return all(
        column_text(item, owner.other_column) in (None, context.id) for owner in owners if owner and owner.other_column
    )


def hide_other_owners(policy: TablePolicy, context: SubjectContext, item: Item) -> Item:
    """Return a row without the ids and orders of its other owners."""
    own, hidden = {context.id, *context.aliases}, set()
    for owner in (query.owner for query in queries_for(policy, context.subject.type)):
        if owner is None or not owner.other_column:
            continue
        hidden |= {column for column in (owner.column, owner.other_column) if column_text(item, column) not in own}
        if owner.column in hidden and column_text(item, owner.alias_column) not in own:
            hidden.add(owner.alias_column)
    return {column: value for column, value in item.items() if column not in hidden}


_CUSTOMERS = ("customer_id", "customer.id")
_ORDERS = ("order_id", "order_edit.order_id", "orders_requested", "orders_to_redact")


def mentions_subject(document: str, context: SubjectContext) -> bool:
    """Return whether the JSON contains an identifier of the subject.

    The number of a GID counts only at a path that holds customers or orders: a product may have the same number.
    """
    try:
        content = json.loads(document)
    except ValueError:
        return False
    identifiers = {name for name in (context.id, *context.aliases) if name and not name.isdigit()}
    customers = {name.rsplit("/", 1)[-1] for name in (context.id,) if name}
    orders = {name.rsplit("/", 1)[-1] for name in context.aliases}
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


def object_addresses(item: Item, columns: Iterable[str]) -> list[str]:
    """Return the addresses of the row's objects: `s3://bucket/key`, or a key of the images bucket."""
    addresses = []
    for column in columns:
        value = column_text(item, column)
        if value and value.startswith("{"):
            value = payload_address(value)
        if value:
            addresses.append(value)
    return addresses


def payload_address(document: str) -> str | None:
    """Return the S3 address in a JSON value that is stored by reference; None for other JSON."""
    if not document.startswith('{"stored_at":'):
        return None
    return str(json.loads(document)["stored_at"])


def redact(item: Item, actions: Mapping[str, ErasureAction], context: SubjectContext) -> Item:
    """Return the row without its personal data; the pseudonym replaces the subject's id. Idempotent."""
    redacted, mark = dict(item), context.pseudonym
    for column, action in actions.items():
        value = column_text(item, column)
        if value is None:
            continue
        if action is ErasureAction.REMOVED:
            del redacted[column]
        else:
            redacted[column] = {"S": value.replace(context.subject.id, mark) if context.subject.id in value else mark}
    if redacted != item and "version" in item:  # a writer that read the old row must get a write conflict
        redacted["version"] = {"N": str(int(item["version"]["N"]) + 1)}
    return redacted


def subject_folders(prefix: ObjectPrefix, context: SubjectContext) -> list[str]:
    """Return the folders of a prefix with objects of the subject, its own folders first."""
    if not is_app_in_scope(prefix.app, context):
        return []
    templates = [each.get(context.subject.type) for each in (prefix.folders, prefix.shared_folders)]
    return [folder for template in templates if template for folder in fill_template(template, context)]


def owns_archived_row(policy: TablePolicy, context: SubjectContext, item: Item) -> bool:
    """Return whether an archived row belongs to the subject, judged by the row alone."""
    direct = (query for query in queries_for(policy, context.subject.type) if not query.via)
    return is_app_in_scope(policy.app, context, item) and any(
        matches_query(query, context, item) and owns_row(query.owner, context, item) for query in direct
    )


def queries_for(policy: TablePolicy, subject_type: SubjectType) -> list[SubjectQuery]:
    """Return the queries of a table for a subject type, those with `via` first."""
    return sorted(
        (query for query in policy.queries if query.subject_type is subject_type), key=lambda query: not query.via
    )
