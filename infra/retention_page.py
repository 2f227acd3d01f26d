"""docs/retention.md, made from what the contexts declare: how long rows live, whose they are, how they are erased."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.kit.data_policy import ErasureAction, ObjectPrefix, SubjectQuery, TablePolicy
from chalicelib.kit.lifecycle import ExpiryAction, RetentionRule
from chalicelib.kit.tables import Table
from chalicelib.retention.repository.subject_rows import BY_KEY, BY_SCAN, path
from chalicelib.retention.rules import HOLDINGS, PREFIXES, RULES
from infra import data_stack

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
    lines += [_prefix(prefix) for _, prefix in sorted(PREFIXES.items())]
    return "\n".join(lines) + "\n"


def _sorted() -> list[TablePolicy]:
    return [holding for _, holding in sorted(HOLDINGS.items())]


def _life(name: str, table: type[Table]) -> str:
    rule = RULES.get(name)
    if rule is not None:
        return f"| {name} | {_span(rule)} after `{rule.counts}` | {_then(rule)} |"
    if data_stack.expires(table):
        return f"| {name} | until its `expires_epoch` | deleted by DynamoDB |"
    return f"| {name} | until its subject is erased | |"


def _span(rule: RetentionRule) -> str:
    days = rule.keep.days
    return f"{days} days" if days < 730 else f"{round(days / 365)} years"


def _then(rule: RetentionRule) -> str:
    return "archived, then deleted" if rule.then is ExpiryAction.ARCHIVE else "deleted"


def _holding(holding: TablePolicy) -> Iterator[str]:
    yield f"### {holding.name}"
    yield ""
    yield f"Personal: {_code(holding.personal)}." if holding.personal else "Nothing personal by itself."
    if holding.remark:
        yield holding.remark
    for claim in holding.claims:
        yield f"- **{claim.who}**: {_found(holding, claim)}; {_fate(holding, claim)}."


def _found(holding: TablePolicy, claim: SubjectQuery) -> str:
    how = path(holding.table, claim.column)
    by = {BY_KEY: "by key", BY_SCAN: f"by a scan ({claim.scan})"}.get(how, f"by index `{how}`")
    if claim.contains and how != BY_SCAN:
        by = f"by a scan ({claim.scan})"
    text = f"`{claim.column}` {'contains' if claim.contains else 'is'} `{claim.value}`"
    if claim.range:
        text += f" with `{claim.range}`"
    if claim.through:
        text += f" of their rows in {claim.through}"
    return f"{text}, {by}{_whose(claim)}"


def _whose(claim: SubjectQuery) -> str:
    if claim.whose is None:
        return ""
    ways = []
    if claim.whose.column:
        ways.append(f"`{claim.whose.column}` is theirs" + (" or nobody's" if claim.whose.or_nobody else ""))
    if claim.whose.named:
        ways.append(f"`{claim.whose.named}` is an order of theirs")
    if claim.whose.mention:
        ways.append(f"`{claim.whose.mention}` mentions them")
    return f", where {' or '.join(ways)}"


def _fate(holding: TablePolicy, claim: SubjectQuery) -> str:
    if claim.kept is not None:
        changed = ", ".join(f"`{name}` {fate}" for name, fate in claim.kept.items() if fate in ErasureAction)
        return f"kept, since {claim.because}: {changed}"
    gone = "deleted" + (", unless shared: " + claim.because if claim.shared else "")
    return gone + (f", with the objects that {_code(holding.objects)} names" if holding.objects else "")


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _prefix(prefix: ObjectPrefix) -> str:
    of = ", ".join(
        f"{who}: `{folder}`" + (" (by what stands in them)" if who in prefix.judged else "")
        for who, folder in prefix.folders.items()
    )
    return f"| {prefix.bucket} | `{prefix.prefix}` | {of} | {prefix.remark} |"
