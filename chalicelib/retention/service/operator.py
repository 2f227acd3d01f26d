"""Retention rules and their runs, for operators (API and operator command)."""

from __future__ import annotations

from chalicelib.kit.data_policy import ExpiryAction, RetentionRule
from chalicelib.kit.lakes import Lake
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_in_order
from chalicelib.retention.errors import RuleNotFound
from chalicelib.retention.models import RuleRun
from chalicelib.retention.repository import runs
from chalicelib.retention.rules import LAKES, RULES
from chalicelib.retention.schemas import RuleRead, RuleRunRead


def list_rules(page: PageRequest) -> PageResult[RuleRead]:
    """Return a page of the rules of tables, sorted by name, with their latest runs (one query per rule); then the lakes."""
    rules: list[RetentionRule | Lake] = [
        *(RULES[name] for name in sorted(RULES)),
        *(LAKES[name] for name in sorted(LAKES)),
    ]
    return paginate_in_order(rules, page, lambda rule: f"{type(rule).__name__} {rule.name}").map(_read)


def _read(rule: RetentionRule | Lake) -> RuleRead:
    return _read_lake(rule) if isinstance(rule, Lake) else _read_rule(rule)


def list_runs(rule: str, page: PageRequest) -> PageResult[RuleRunRead]:
    """Return a page of a rule's runs, newest first, also of a removed rule. Raises RuleNotFound if there are none."""
    result = runs.list_by_rule(rule, page)
    if not result.items and page.start is None and rule not in RULES:
        raise RuleNotFound
    return result.map(_read_run)


def _read_rule(rule: RetentionRule) -> RuleRead:
    latest = runs.latest(rule.name)
    return RuleRead(
        rule=rule.name,
        counts=rule.timestamp_column,
        keep_seconds=int(rule.lifetime.total_seconds()),
        then=rule.action,
        storage_classes={},
        latest=_read_run(latest) if latest else None,
    )


def _read_lake(lake: Lake) -> RuleRead:
    return RuleRead(
        rule=lake.folder.removesuffix("/"),
        counts="last write",
        keep_seconds=int(lake.lifetime.total_seconds()),
        then=ExpiryAction.DELETE,
        storage_classes=dict(lake.transitions),
        latest=None,
    )


def _read_run(row: RuleRun) -> RuleRunRead:
    columns = {name: getattr(row, name) for name in RuleRunRead.model_fields if name != "segments_left"}
    return RuleRunRead(**columns, segments_left=len(runs.segment_cursors(row)))
