"""Checks of subject queries: a query that could not find or erase its rows is rejected when it is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pynamodb.constants import STRING

from chalicelib.kit import table_schema
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    ByScan,
    CounterAdjustment,
    Delete,
    DirectLookup,
    KeepWhileShared,
    Redact,
    Redaction,
    SubjectQuery,
    ViaTable,
    placeholders,
)
from chalicelib.kit.tables import Table

PLACEHOLDERS = frozenset({"subject_type", "id", "shop", "app", "alias"})
"""The names in braces that a template over the subject may contain."""


def query_faults(table: type[Table], queries: Iterable[SubjectQuery]) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with the queries of a table."""
    for query in queries:
        match query.lookup:
            case ViaTable(lookup=lookup):
                yield from _lookup_faults(table, lookup)
                if not placeholders(lookup.value):
                    yield f"`{lookup.value}`: a lookup via a table needs a column of that table"
            case lookup:
                yield from _lookup_faults(table, lookup)
                yield from _template_faults(lookup.value)
                yield from _template_faults(lookup.range_key if isinstance(lookup, ByKey) else "")
        yield from _owner_faults(table, query)
        yield from _column_faults(table, *query.hidden_columns)
        yield from _action_faults(table, query)


def _lookup_faults(table: type[Table], lookup: DirectLookup) -> Iterator[str]:
    has_key = lookup.column == table_schema.hash_key(table)
    index = table_schema.index_by(table, lookup.column)
    match lookup:
        case ByKey(range_key=range_key):
            if not has_key:
                yield f"by key: `{lookup.column}` is not the hash key"
            if range_key and not table_schema.range_key(table):
                yield "by key: the table has no range key"
        case ByIndex():
            if not index:
                yield f"by index: no index has the hash key `{lookup.column}`"
        case ByScan():
            yield from _column_faults(table, lookup.column)
            if not lookup.reason.strip():
                yield f"by scan: say why neither a key nor an index finds `{lookup.column}`"
            if (has_key or index) and not lookup.contains:
                yield f"by scan: `{lookup.column}` is the hash key of the table or of an index; use it"


def _owner_faults(table: type[Table], query: SubjectQuery) -> Iterator[str]:
    owner = query.owner
    if owner is None:
        return
    names = list(filter(None, (owner.column, owner.other_column, owner.alias_column, owner.json_column)))
    if not names:
        yield "owner: name a column"
    if owner.unowned and not owner.column:
        yield "owner: `unowned` needs a column that may be empty"
    yield from _column_faults(table, *names)


def _action_faults(table: type[Table], query: SubjectQuery) -> Iterator[str]:
    match query.action:
        case Delete(counter=None):
            return
        case Delete(counter=CounterAdjustment() as counter):
            yield from _counter_faults(table, counter)
        case Redact() as action:
            yield from _redaction_faults(table, action)
        case KeepWhileShared() as action:
            if not action.reason.strip() or not action.scan_reason.strip():
                yield "keep while shared: say why the row is kept, and why the owners are scanned"
            if not isinstance(query.lookup, ViaTable):
                yield "keep while shared: only a lookup via the table of the owners finds other owners"
            elif query.lookup.lookup.value not in {f"{{{name}}}" for name in placeholders(query.lookup.lookup.value)}:
                yield f"keep while shared: `{query.lookup.lookup.value}` is not one column of the owners"


def _redaction_faults(table: type[Table], action: Redact) -> Iterator[str]:
    if not action.columns or not action.reason.strip():
        yield "redact: name the columns, and say why the row is kept"
    yield from _column_faults(table, *action.columns)
    for name, attribute in table_schema.columns(table).items():
        redaction = action.columns.get(name)
        if redaction is None:
            continue
        if not attribute.personal:
            yield f"redact: `{name}` is not personal"
        if name in (table_schema.hash_key(table), table_schema.range_key(table)):
            yield f"redact: `{name}` is a key of the table, which cannot change"
        if redaction is Redaction.REMOVED and not attribute.null:
            yield f"redact: `{name}` must not be null, so it cannot be removed"
        if redaction is not Redaction.REMOVED and attribute.attr_type != STRING:
            yield f"redact: `{name}` is no text, so it cannot hold a pseudonym"


def _counter_faults(table: type[Table], counter: CounterAdjustment) -> Iterator[str]:
    own = [*placeholders(counter.counter_key), *filter(None, [counter.amount_column]), *(counter.exclusion or ())[:1]]
    yield from _column_faults(table, *own)
    yield from _column_faults(counter.table, counter.counter_column)


def _template_faults(template: str) -> Iterator[str]:
    for name in sorted(placeholders(template) - PLACEHOLDERS):
        yield f"`{{{name}}}` is unknown: a template over the subject has {', '.join(sorted(PLACEHOLDERS))}"


def _column_faults(table: type[Table], *names: str) -> Iterator[str]:
    for name in names:
        if name not in table_schema.columns(table):
            yield f"no column `{name}` in {table.__name__}"
