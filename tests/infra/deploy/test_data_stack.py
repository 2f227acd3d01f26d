"""What the template of the data stack promises about creation and removal."""

from __future__ import annotations

from infra.deploy import data_stack

KEPT_TYPES = {
    "AWS::DynamoDB::Table",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
}


def test_tables_with_indexes_are_created_one_after_another() -> None:
    """Each one depends on one other, and following that leads through all of them."""
    resources = data_stack.template()["Resources"]
    indexed = {name for name, body in resources.items() if "GlobalSecondaryIndexes" in body["Properties"]}
    (last,) = indexed - {resources[name].get("DependsOn") for name in indexed}
    chain = [last]
    while before := resources[chain[-1]].get("DependsOn"):
        chain.append(before)
    assert set(chain) == indexed
    assert len(chain) == len(indexed) > 50


def test_resources_with_data_outlive_their_stack_but_not_a_failed_creation() -> None:
    resources = data_stack.template()["Resources"].values()
    assert {body["Type"] for body in resources if "DeletionPolicy" in body} == KEPT_TYPES
    for body in resources:
        policies = (body.get("DeletionPolicy"), body.get("UpdateReplacePolicy"))
        assert policies == (("RetainExceptOnCreate", "Retain") if body["Type"] in KEPT_TYPES else (None, None))
