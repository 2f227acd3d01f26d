"""Row ownership: which rows and folders belong to a subject, by the data policies. Pure.

Items have the format of the DynamoDB API, as in `archive_pages`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple
from urllib.parse import quote

from chalicelib.kit import table_schema
from chalicelib.kit.data_policy import ObjectPrefix, TablePolicy
from chalicelib.kit.data_subjects import GUEST, Subject, SubjectType, pseudonym
from chalicelib.kit.subject_queries import (
    ByKey,
    ByScan,
    DirectLookup,
    OwnerFilter,
    SubjectQuery,
    ViaTable,
    placeholders,
)
from chalicelib.kit.tables import Table
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.subject_mentions import mentions_subject


class LookupValue(NamedTuple):
    """The value of a lookup's column, and that of the range key; empty: any."""

    value: str
    range_key: str = ""


@dataclass(frozen=True, slots=True)
class SubjectContext:
    """A subject with the scope of a request: `apps` of the shop, and the subject's other identifiers."""

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

    def is_mentioned_in(self, document: str) -> bool:
        """Return whether the JSON contains an identifier of the subject."""
        return mentions_subject(document, self.id, self.aliases)


def fill_template(template: str, context: SubjectContext, *, quoted: bool = False) -> list[str]:
    """Return the filled template, once per app and alias if it contains `{app}`, `{alias}`; nothing if a value is missing.

    `quoted`: percent-encode the values.
    """
    names = placeholders(template)
    apps: Iterable[str | None] = context.apps if "app" in names else [None]
    aliases: Iterable[str | None] = context.aliases if "alias" in names else [None]
    candidates = [{**context.template_values, "app": app, "alias": alias} for app, alias in product(apps, aliases)]
    filled = ({name: str(each[name]) for name in names} for each in candidates if _has_all(each, names))
    return [template.format(**(_quoted(each) if quoted else each)) for each in filled]


def _has_all(values: Mapping[str, str | None], names: Iterable[str]) -> bool:
    return all(values.get(name) is not None for name in names)


def _quoted(values: Mapping[str, str]) -> dict[str, str]:
    return {name: quote(value, safe="") for name, value in values.items()}


def lookup_values(lookup: DirectLookup, context: SubjectContext) -> list[LookupValue]:
    """Return the values with which the lookup finds rows of the subject."""
    values = fill_template(lookup.value, context)
    if not isinstance(lookup, ByKey) or not lookup.range_key:
        return [LookupValue(value) for value in values]
    return [LookupValue(value, key) for value in values for key in fill_template(lookup.range_key, context)]


def value_from_row(via: ViaTable, row: Item) -> LookupValue | None:
    """Return the lookup's value, filled from a row of the `via` table; None if a column is empty."""
    range_key = via.lookup.range_key if isinstance(via.lookup, ByKey) else ""
    columns = {name: column_text(row, name) for name in placeholders(via.lookup.value + range_key)}
    if None in columns.values():
        return None
    value = via.lookup.value.format(**columns)
    return LookupValue(via.transform(value) if via.transform else value, range_key.format(**columns))


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


def matches_lookup(table: type[Table], lookup: DirectLookup, context: SubjectContext, item: Item) -> bool:
    """Return whether the lookup finds the row."""
    text = column_text(item, lookup.column)
    if text is None:
        return False
    if isinstance(lookup, ByScan) and lookup.contains:
        return any(value in text for value, _ in lookup_values(lookup, context))
    range_key = column_text(item, table_schema.range_key(table))
    return any(value == text and key in ("", range_key) for value, key in lookup_values(lookup, context))


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
    document = stored or column_text(item, owner.json_column) or ""
    return bool(owner.json_column) and context.is_mentioned_in(document)


def leads_further(policy: TablePolicy, context: SubjectContext, item: Item) -> bool:
    """Return whether queries may go via this row of the subject: not if another subject is its second owner.

    Example: a print leads to its photo, but not for the customer who only paid for the print.
    """
    owners = [query.owner for query in queries_for(policy, context.subject.type)]
    return all(
        column_text(item, owner.other_column) in (None, context.id) for owner in owners if owner and owner.other_column
    )


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


def subject_folders(prefix: ObjectPrefix, context: SubjectContext) -> list[str]:
    """Return the folders of a prefix with objects of the subject, its own folders first."""
    if not is_app_in_scope(prefix.app, context):
        return []
    templates = [each.get(context.subject.type) for each in (prefix.folders, prefix.shared_folders)]
    return [
        folder
        for template in templates
        if template
        for folder in fill_template(template, context, quoted=prefix.is_quoted)
    ]


def owns_archived_row(policy: TablePolicy, context: SubjectContext, item: Item) -> bool:
    """Return whether an archived row belongs to the subject, judged by the row alone."""
    return owning_query(policy, context, item) is not None


def owning_query(policy: TablePolicy, context: SubjectContext, item: Item) -> SubjectQuery | None:
    """Return the query by which an archived row belongs to the subject, judged by the row alone; None if none does."""
    if not is_app_in_scope(policy.app, context, item):
        return None
    for query, lookup in direct_lookups(policy, context.subject.type):
        if matches_lookup(policy.table, lookup, context, item) and owns_row(query.owner, context, item):
            return query
    return None


def direct_lookups(policy: TablePolicy, subject_type: SubjectType) -> list[tuple[SubjectQuery, DirectLookup]]:
    """Return the queries of a table for a subject type that need no other table, each with its lookup."""
    queries = queries_for(policy, subject_type)
    return [(query, query.lookup) for query in queries if not isinstance(query.lookup, ViaTable)]


def queries_for(policy: TablePolicy, subject_type: SubjectType) -> list[SubjectQuery]:
    """Return the queries of a table for a subject type, those via another table first."""
    queries = (query for query in policy.queries if query.subject_type is subject_type)
    return sorted(queries, key=lambda query: not isinstance(query.lookup, ViaTable))
