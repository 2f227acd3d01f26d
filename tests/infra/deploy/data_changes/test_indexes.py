"""Indexes of live tables: one per table and step, each awaited."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.kit import aws
from infra.deploy.data_changes import data_release
from infra.deploy.data_changes.data_release import DataStack
from infra.deploy.data_changes.indexes import steps, table_indexes
from infra.deploy.data_stack import physical
from infra.deploy.packaging.stacks import DeploymentFailed
from tests.infra.deploy.data_changes.conftest import Json, indexes, table, template


def names(step: Json, resource: str = "Orders") -> list[str]:
    return list(table_indexes(step["Resources"][resource]))


def test_a_new_stack_and_a_new_table_have_all_indexes_at_once() -> None:
    wanted = template(Orders=table("orders", "shop", "day"))
    assert steps(None, wanted) == [wanted]
    assert steps(template(), wanted) == [wanted]


def test_indexes_are_added_and_then_removed_in_one_step_each() -> None:
    live = template(Orders=table("orders", "shop", "day"), Gifts=table("gifts"))
    wanted = template(Orders=table("orders", "buyer", "month", "day"), Gifts=table("gifts", "code"))
    found = steps(live, wanted)
    assert [names(step) for step in found] == [
        ["by_shop", "by_day", "by_buyer"],
        ["by_shop", "by_day", "by_buyer", "by_month"],
        ["by_buyer", "by_month", "by_day"],
    ]
    assert [names(step, "Gifts") for step in found] == [["by_code"]] * 3
    for step in found:
        properties = step["Resources"]["Orders"]["Properties"]
        keys = {part["AttributeName"] for index in properties["GlobalSecondaryIndexes"] for part in index["KeySchema"]}
        defined = [each["AttributeName"] for each in properties["AttributeDefinitions"]]
        assert sorted(defined) == sorted({"id", *keys})
    assert found[-1] == wanted


def test_an_index_with_other_keys_needs_another_name() -> None:
    live, wanted = template(Orders=table("orders", "shop")), template(Orders=table("orders", "shop"))
    wanted["Resources"]["Orders"]["Properties"]["GlobalSecondaryIndexes"][0]["Projection"] = {
        "ProjectionType": "KEYS_ONLY"
    }
    with pytest.raises(DeploymentFailed, match="index by_shop of backroom-test-orders has other keys"):
        steps(live, wanted)


def test_two_indexes_of_a_live_table_are_created_in_two_updates(stack: DataStack, change_sets: list[Json]) -> None:
    assert data_release.add_resources(stack, template(Orders=table("orders"))) == ["sample-data: created"]
    item = {"id": {"S": "1"}, "shop": {"S": "one"}, "day": {"S": "monday"}}
    aws.client("dynamodb").put_item(TableName=physical("orders"), Item=item)

    lines = data_release.add_resources(stack, template(Orders=table("orders", "shop", "day")))

    assert lines == ["sample-data: updated"] * 2
    assert [names(sent["Document"]) for sent in change_sets] == [[], ["by_shop"], ["by_shop", "by_day"]]
    assert indexes("orders") == {"by_shop", "by_day"}
    query = {"IndexName": "by_day", "KeyConditionExpression": "#d = :d", "ExpressionAttributeNames": {"#d": "day"}}
    found = aws.client("dynamodb").query(
        TableName=physical("orders"), ExpressionAttributeValues={":d": {"S": "monday"}}, **query
    )
    assert found["Items"] == [item]


def test_the_next_step_waits_until_the_index_is_backfilled(
    stack: DataStack, change_sets: list[Json], describing: Callable[[Callable[[Json], None]], None]
) -> None:
    data_release.add_resources(stack, template(Orders=table("orders")))
    answers: list[tuple[int, str]] = []

    def backfill(described: Json) -> None:
        """Report each index as in creation at its first two readings."""
        for index in described.get("GlobalSecondaryIndexes", []):
            before = [name for _, name in answers].count(index["IndexName"])
            index["IndexStatus"] = "CREATING" if before < 2 else "ACTIVE"
            answers.append((len(change_sets), index["IndexName"]))

    describing(backfill)
    data_release.add_resources(stack, template(Orders=table("orders", "shop", "day")))

    assert [change_set for change_set, name in answers if name == "by_shop"][:3] == [2, 2, 2]
    assert answers.count((3, "by_day")) == 3


def test_an_index_that_is_not_ready_stops_the_deployment(
    stack: DataStack, describing: Callable[[Callable[[Json], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.deploy.data_changes.indexes.BACKFILL_SECONDS", 0)
    describing(lambda described: described["GlobalSecondaryIndexes"][0].update(IndexStatus="CREATING"))
    with pytest.raises(DeploymentFailed, match=r"backroom-test-orders is not ready .*by_shop is CREATING"):
        data_release.add_resources(stack, template(Orders=table("orders", "shop")))


def test_a_failed_step_is_rolled_back_and_repeated(stack: DataStack) -> None:
    """The steps before it stay; the next deployment continues from there."""
    data_release.add_resources(stack, template(Orders=table("orders")))
    wanted = template(Orders=table("orders", "shop", "day"))
    wrong = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": wrong, "DependsOn": "Orders"}

    with pytest.raises(DeploymentFailed, match="UPDATE_ROLLBACK_COMPLETE:\n  Wrong: "):
        data_release.add_resources(stack, template(Orders=table("orders", "shop", "day"), Wrong=alarm))

    assert indexes("orders") == set()
    assert data_release.add_resources(stack, wanted) == ["sample-data: updated"] * 2
    assert indexes("orders") == {"by_shop", "by_day"}
