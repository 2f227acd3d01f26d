"""Redaction: rows without the personal data of an erased subject, or of a row's other owners. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.kit.data_policy import TablePolicy
from chalicelib.kit.subject_queries import Redaction, SubjectQuery
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.row_ownership import SubjectContext, column_text, queries_for


def redact(item: Item, actions: Mapping[str, Redaction], context: SubjectContext) -> Item:
    """Return the row without its personal data; the pseudonym replaces the subject's id. Idempotent."""
    redacted, mark = dict(item), context.pseudonym
    for column, action in actions.items():
        value = column_text(item, column)
        if value is None:
            continue
        if action is Redaction.REMOVED:
            del redacted[column]
        elif context.subject.id in value:
            redacted[column] = {"S": value.replace(context.subject.id, mark)}
        elif action is Redaction.PSEUDONYM:
            redacted[column] = {"S": mark}
    if redacted != item and "version" in item:  # a writer that read the old row must get a write conflict
        redacted["version"] = {"N": str(int(item["version"]["N"]) + 1)}
    return redacted


def hide_columns(query: SubjectQuery, item: Item) -> Item:
    """Return a row without the columns that the query hides from an export."""
    return {column: value for column, value in item.items() if column not in query.hidden_columns}


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
