"""Decide which resources stay in the data stack although the new template lacks them.

Until all functions are deployed, the earlier ones need everything that they had. After that, tables, indexes, topics and
queues of the release before stay for one release more, so that a rollback of the functions finds them (ADR 43).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from infra.deploy.data_changes.indexes import TABLE, Template, table_indexes, with_indexes

QUEUE, SUBSCRIPTION, TOPIC = "AWS::SQS::Queue", "AWS::SNS::Subscription", "AWS::SNS::Topic"


def merge_templates(base: Template, more: Template) -> Template:
    """Return `base` with the resources, and the indexes of its tables, that only `more` has."""
    resources = dict(base["Resources"])
    for name, body in more["Resources"].items():
        if name not in resources:
            resources[name] = body
        elif added := {
            key: index for key, index in table_indexes(body).items() if key not in table_indexes(resources[name])
        }:
            indexes = table_indexes(resources[name]) | added
            resources[name] = with_indexes(resources[name], indexes, body["Properties"]["AttributeDefinitions"])
    return base | {"Resources": {name: _independent(body, resources) for name, body in resources.items()}}


def trim_template(new: Template, live: Template, previous: Template | None, queues: Collection[str]) -> Template:
    """Return the template for the time after the functions were deployed.

    It is `new` with the tables, indexes, topics and queues of the live stack that the release before had too, and with the
    queues whose logical ids are in `queues`.
    """
    earlier = (previous or {}).get("Resources", {})
    lasting = {
        name: _common_indexes(body, earlier[name]) if name in earlier else body
        for name, body in live["Resources"].items()
        if name in queues or (name in earlier and body["Type"] in (TABLE, TOPIC, QUEUE))
    }
    return merge_templates(new, {"Resources": lasting})


def with_live_ids(new: Template, live: Template) -> Template:
    """Return `new` with the live stack's ids of subscriptions that did not change.

    SNS has one subscription per topic and queue. Under a new id, CloudFormation would create it, get the existing one, and
    delete that with the old id.
    """
    resources = dict(new["Resources"])
    for name, body in live["Resources"].items():
        same = [key for key, value in resources.items() if value == body and body["Type"] == SUBSCRIPTION]
        if same and name not in same:
            resources[name] = resources.pop(same[0])
    return new | {"Resources": resources}


def retired_queues(new: Template, live: Template) -> dict[str, str]:
    """Return the names in the account of the live stack's queues that `new` lacks, by logical id."""
    return {
        name: body["Properties"]["QueueName"]
        for name, body in live["Resources"].items()
        if body["Type"] == QUEUE and name not in new["Resources"]
    }


def _common_indexes(table: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """Return a table with those of its indexes that the release before had; another resource as it is."""
    indexes = {name: index for name, index in table_indexes(table).items() if name in table_indexes(earlier)}
    return table if indexes == table_indexes(table) else with_indexes(table, indexes, [])


def _independent(body: dict[str, Any], resources: Collection[str]) -> dict[str, Any]:
    """Return the resource without dependencies on resources that left the template."""
    depends = body.get("DependsOn", [])
    names = [depends] if isinstance(depends, str) else depends
    present = [name for name in names if name in resources]
    if len(present) == len(names):
        return body
    kept = {key: value for key, value in body.items() if key != "DependsOn"}
    return kept | ({"DependsOn": present} if present else {})
