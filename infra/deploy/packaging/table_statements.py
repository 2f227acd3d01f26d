"""The statements of a policy for tables: by table where IAM's limit allows it, else by context."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from infra.deploy import data_stack
from infra.deploy.packaging.statements import Statement, allow, arn, physical
from infra.deploy.packaging.table_uses import Uses

INDEX_READS = frozenset({"Query", "Scan"})
MOST_CHARACTERS = 10_240
"""IAM's limit of a role's inline policies, without white space ("IAM and AWS STS quotas")."""
LONGEST = {"${AWS::Partition}": "aws-us-gov", "${AWS::Region}": "ap-southeast-1", "${AWS::AccountId}": "123456789012"}
"""Values as long as any of the variables in our ARNs."""

Grants = dict[str, frozenset[str]]
"""By table, without prefix and stage: the actions. A table `<context>-*` is every table of a context."""


def length(statements: list[Statement]) -> int:
    """Return the characters of these statements that IAM counts, at most."""
    text = json.dumps(statements, separators=(",", ":"))
    for variable, value in LONGEST.items():
        text = text.replace(variable, value)
    return len(text)


def table_statements(uses: Uses, room: int) -> list[Statement]:
    """Return statements for these uses, in at most `room` characters.

    If single tables do not fit, the context with the most characters is granted as a whole, then the next one.
    """
    by_context: dict[str, Grants] = defaultdict(dict)
    for model, actions in uses.items():
        table = str(model.Meta.table_name).removeprefix(physical(""))
        by_context[table.partition("-")[0]][table] = actions
    grants = {context: _united(context, tables) for context, tables in by_context.items()}
    while length(found := list(_statements(grants))) > room:
        context = max(grants, key=lambda each: length(list(_statements({each: grants[each]}))))
        whole: Grants = {f"{context}-*": frozenset[str]().union(*grants[context].values())}
        if grants[context] == whole:
            break
        grants[context] = whole
    return found


def _united(context: str, tables: Grants) -> Grants:
    """Name a context once for the actions that all its tables have in common, if the function uses all of them."""
    total = {str(model.Meta.table_name).removeprefix(physical("")) for model in data_stack.models()}
    if tables.keys() != {name for name in total if name.startswith(f"{context}-")} or len(tables) == 1:
        return tables
    common = frozenset[str].intersection(*tables.values())
    further = {table: actions - common for table, actions in tables.items() if actions - common}
    return {f"{context}-*": common, **further}


def _statements(grants: dict[str, Grants]) -> Iterator[Statement]:
    """Yield one statement for each set of actions, and one for the queries of indexes."""
    tables: dict[frozenset[str], list[str]] = defaultdict(list)
    for granted in grants.values():
        for table, actions in granted.items():
            tables[actions].append(table)
            if not table.endswith("*") and table in _indexed() and actions & INDEX_READS:
                tables[actions & INDEX_READS].append(f"{table}/index/*")
    for actions in sorted(tables, key=sorted):
        yield allow(
            "dynamodb", sorted(actions), [arn("dynamodb", f"table/{physical(t)}") for t in sorted(tables[actions])]
        )


def _indexed() -> set[str]:
    models = data_stack.models()
    return {str(model.Meta.table_name).removeprefix(physical("")) for model in models if model._indexes}
