"""What operators see of the clean-up: the rules, and how their runs went. The operator command uses the same."""

from __future__ import annotations

from chalicelib.kit.data_policy import RetentionRule
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.retention.errors import RuleNotFound
from chalicelib.retention.models import RuleRun
from chalicelib.retention.repository import runs
from chalicelib.retention.rules import RULES
from chalicelib.retention.schemas import RuleRead, RuleRunRead


def list_rules() -> PageResult[RuleRead]:
    """Every rule by name, one query each: there are as many as tables that lose rows."""
    return PageResult([_rule(RULES[name]) for name in sorted(RULES)])


def list_runs(rule: str, page: PageRequest) -> PageResult[RuleRunRead]:
    """The runs of a rule, the newest first; also of one that is no more. Raises UnknownRule where there are none."""
    found = runs.list_by_rule(rule, page)
    if not found.items and page.start is None and rule not in RULES:
        raise RuleNotFound
    return found.map(_run)


def _rule(rule: RetentionRule) -> RuleRead:
    latest = runs.latest(rule.name)
    return RuleRead(
        rule=rule.name,
        counts=rule.timestamp_column,
        keep_seconds=int(rule.lifetime.total_seconds()),
        then=rule.action,
        latest=_run(latest) if latest else None,
    )


def _run(row: RuleRun) -> RuleRunRead:
    told = {name: getattr(row, name) for name in RuleRunRead.model_fields if name != "segments_left"}
    return RuleRunRead(**told, segments_left=len(runs.places(row)))
