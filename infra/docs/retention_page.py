"""docs/retention.md, made from what the contexts declare: how long rows live, whose they are, how they are erased."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.kit.data_policy import (
    ErasureAction,
    ExpiryAction,
    ObjectPrefix,
    RetentionRule,
    SubjectQuery,
    TablePolicy,
)
from chalicelib.kit.tables import Table
from chalicelib.retention.repository.subject_rows import BY_KEY, BY_SCAN, access_path
from chalicelib.retention.rules import OBJECT_PREFIXES, RULES, TABLE_POLICIES
from infra.deploy import data_stack

HEAD = """# Whose data, and how long

Generated from what each context declares in its `retention.py` by `make generate`; do not edit.

A subject is a shop, a customer of a shop, a member or a store. What is erased is gone from tables, buckets and the
archive; a tombstone, which knows a pseudonym alone, drops messages about it for 400 days. An app in a shop is erased by
itself: `shop/redact` names one. What a shop has that came back since the request is left alone.

What is left of an erased subject, and how long:

- **Payments and refunds** for seven years, under a pseudonym.
- **Backups**: tables can be brought back to any point of the last 35 days (point-in-time recovery). Nothing reads these
  backups but a restore; after one, the requests that were completed since the point must be run again.
- **Logs** in CloudWatch name shops and ids for 14 days (dev) or 90 days (prod), never e-mail addresses or names.
- **Dead letters** are kept for 14 days, messages on their way for 4; they are dropped when they are handled.
- **Stripe and Shopify** have their own records: cancel a member's or a store's subscription at Stripe before you erase
  them, and have Stripe erase the customer there.
"""


def render() -> str:
    """The page as Markdown."""
    lines = [HEAD, "## How long", "", "| table | lives | then |", "| --- | --- | --- |"]
    lines += [_life(holding.name, holding.table) for holding in _sorted()]
    lines += ["", "## Whose", ""]
    for holding in _sorted():
        lines += [*_holding(holding), ""]
    lines += ["## Buckets", "", "| bucket | folder | of | |", "| --- | --- | --- | --- |"]
    lines += [_prefix(prefix) for _, prefix in sorted(OBJECT_PREFIXES.items())]
    return "\n".join(lines) + "\n"


def _sorted() -> list[TablePolicy]:
    return [holding for _, holding in sorted(TABLE_POLICIES.items())]


def _life(name: str, table: type[Table]) -> str:
    rule = RULES.get(name)
    if rule is not None:
        return f"| {name} | {_span(rule)} after `{rule.timestamp_column}` | {_then(rule)} |"
    if data_stack.expires(table):
        return f"| {name} | until its `expires_epoch` | deleted by DynamoDB |"
    return f"| {name} | until its subject is erased | |"


def _span(rule: RetentionRule) -> str:
    days = rule.lifetime.days
    return f"{days} days" if days < 730 else f"{round(days / 365)} years"


def _then(rule: RetentionRule) -> str:
    return "archived, then deleted" if rule.action is ExpiryAction.ARCHIVE else "deleted"


def _holding(holding: TablePolicy) -> Iterator[str]:
    yield f"### {holding.name}"
    yield ""
    yield f"Personal: {_code(holding.personal)}." if holding.personal else "Nothing personal by itself."
    if holding.note:
        yield holding.note
    for claim in holding.queries:
        yield f"- **{claim.subject_type}**: {_found(holding, claim)}; {_fate(holding, claim)}."


def _found(holding: TablePolicy, claim: SubjectQuery) -> str:
    how = access_path(holding.table, claim.column)
    by = {BY_KEY: "by key", BY_SCAN: f"by a scan ({claim.scan_reason})"}.get(how, f"by index `{how}`")
    if claim.contains and how != BY_SCAN:
        by = f"by a scan ({claim.scan_reason})"
    text = f"`{claim.column}` {'contains' if claim.contains else 'is'} `{claim.value}`"
    if claim.range_key:
        text += f" with `{claim.range_key}`"
    if claim.via:
        text += f" of their rows in {claim.via}"
    return f"{text}, {by}{_whose(claim)}"


def _whose(claim: SubjectQuery) -> str:
    if claim.owner is None:
        return ""
    ways = []
    if claim.owner.column:
        ways.append(f"`{claim.owner.column}` is theirs" + (" or nobody's" if claim.owner.unowned else ""))
    if claim.owner.alias_column:
        ways.append(f"`{claim.owner.alias_column}` is an order of theirs")
    if claim.owner.json_column:
        ways.append(f"`{claim.owner.json_column}` mentions them")
    return f", where {' or '.join(ways)}"


def _fate(holding: TablePolicy, claim: SubjectQuery) -> str:
    if claim.redactions is not None:
        changed = ", ".join(f"`{name}` {fate}" for name, fate in claim.redactions.items() if fate in ErasureAction)
        return f"kept, since {claim.keep_reason}: {changed}"
    gone = "deleted" + (", unless shared: " + claim.keep_reason if claim.other_owner else "")
    return gone + (f", with the objects that {_code(holding.object_columns)} names" if holding.object_columns else "")


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _prefix(prefix: ObjectPrefix) -> str:
    of = ", ".join(
        f"{who}: `{folder}`" + (" (by what stands in them)" if who in prefix.content_matched else "")
        for who, folder in prefix.folders.items()
    )
    return f"| {prefix.bucket} | `{prefix.prefix}` | {of} | {prefix.note} |"
