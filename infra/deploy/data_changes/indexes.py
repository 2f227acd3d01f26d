"""The steps of a change of tables: one index per table and step, each step awaited.

DynamoDB creates or deletes one index in a call of UpdateTable, and CloudFormation makes one call per table and update, so an
update with two new indexes fails. CloudFormation does not wait for the backfill of an index.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.kit import aws
from infra.deploy.packaging.stacks import POLL_SECONDS, DeploymentFailed

Template = dict[str, Any]
Indexes = dict[str, dict[str, Any]]
TABLE = "AWS::DynamoDB::Table"
BACKFILL_SECONDS = 6 * 3600
"""The longest wait for an index: a backfill reads the whole table."""


def steps(live: Template | None, wanted: Template) -> list[Template]:
    """Return the templates to deploy one after another; the last is `wanted`, and in most cases the only one.

    A step adds or removes at most one index of a table that exists, and adds before it removes. A new table has all of its
    indexes at once. Raises DeploymentFailed if an index keeps its name but has other keys or another projection.
    """
    found: list[Template] = []
    present = (live or {}).get("Resources", {})
    while wanted not in found:
        resources = {
            name: _one_index_nearer(present[name], body) if name in present else body
            for name, body in wanted["Resources"].items()
        }
        found.append(wanted | {"Resources": resources})
        present = resources
    return found


def table_indexes(resource: Mapping[str, Any]) -> Indexes:
    """Return a resource's indexes by name; empty if it is no table."""
    if resource["Type"] != TABLE:
        return {}
    return {index["IndexName"]: index for index in resource["Properties"].get("GlobalSecondaryIndexes", [])}


def with_indexes(table: dict[str, Any], indexes: Indexes, definitions: Iterable[dict[str, str]]) -> dict[str, Any]:
    """Return the table with these indexes. `definitions` has the types of the attributes that its own may lack.

    DynamoDB refuses a definition of an attribute that is in no key.
    """
    properties = {key: value for key, value in table["Properties"].items() if key != "GlobalSecondaryIndexes"}
    keys = [properties["KeySchema"], *(index["KeySchema"] for index in indexes.values())]
    used = {part["AttributeName"] for schema in keys for part in schema}
    types = {each["AttributeName"]: each for each in (*definitions, *properties["AttributeDefinitions"])}
    properties["AttributeDefinitions"] = [each for name, each in types.items() if name in used]
    if indexes:
        properties["GlobalSecondaryIndexes"] = list(indexes.values())
    return table | {"Properties": properties}


def wait_until_active(template: Template) -> None:
    """Wait until every table of the template and all of its indexes are active.

    Raises DeploymentFailed if one is not within six hours.
    """
    deadline = time.monotonic() + BACKFILL_SECONDS
    for body in template["Resources"].values():
        if table_indexes(body):
            _wait(body["Properties"]["TableName"], deadline)


def _wait(table: str, deadline: float) -> None:
    pause = 0.1
    while unfinished := _unfinished(table):
        if time.monotonic() > deadline:
            raise DeploymentFailed(
                f"{table} is not ready after {BACKFILL_SECONDS} s: {', '.join(unfinished)}. The functions were not "
                "changed; deploy again when DynamoDB has finished"
            )
        time.sleep(pause)
        pause = min(2 * pause, POLL_SECONDS)


def _unfinished(table: str) -> list[str]:
    """Return the status of the table and of each of its indexes that is not active."""
    described = aws.client("dynamodb").describe_table(TableName=table)["Table"]
    statuses = {table: described["TableStatus"]}
    for index in described.get("GlobalSecondaryIndexes", []):
        # The embedded AWS states no status of an index that was created with its table.
        statuses[index["IndexName"]] = index.get("IndexStatus", "ACTIVE")
    return [f"{name} is {status}" for name, status in statuses.items() if status != "ACTIVE"]


def _one_index_nearer(before: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the wanted resource, or one on the way to it if it is a table with several changed indexes."""
    present, target = table_indexes(before), table_indexes(wanted)
    for name in present.keys() & target.keys():
        if present[name] != target[name]:
            table = wanted["Properties"]["TableName"]
            raise DeploymentFailed(f"index {name} of {table} has other keys or another projection: give it a new name")
    missing, extra = [name for name in target if name not in present], [name for name in present if name not in target]
    if len(missing) + len(extra) <= 1:
        return wanted
    if missing:
        indexes = present | {missing[0]: target[missing[0]]}
    else:
        indexes = {name: index for name, index in present.items() if name != extra[0]}
    return with_indexes(wanted, indexes, before["Properties"]["AttributeDefinitions"])
