"""A deployment over resources that outlived their stack imports them: rows, messages, objects and the key stay."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import aws, config
from infra.deploy import data_stack
from infra.deploy.data_changes import data_release, imports
from infra.deploy.data_changes.data_release import DataStack
from infra.deploy.data_stack import physical
from infra.deploy.packaging import artefacts, stacks
from infra.deploy.packaging.stacks import DeploymentFailed
from tests.infra.deploy.data_changes.conftest import OWNER, Json, indexes, queues, receive, send, table, template

DATA = "backroom-test-data"
INDEXED = "studio-generations"


@pytest.fixture
def data() -> DataStack:
    """The data stack of the tests, with every resource of the bundle."""
    return DataStack(DATA, artefacts.create_bucket(OWNER), OWNER)


def key_of_alias() -> str:
    return str(aws.client("kms").describe_key(KeyId=f"alias/{physical('secrets')}")["KeyMetadata"]["KeyId"])


def queue_attributes(name: str) -> dict[str, Any]:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=physical(name))["QueueUrl"]
    return dict(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])


def test_the_data_stack_is_deleted_and_deployed_again_over_its_resources(
    data: DataStack, change_sets: list[Json]
) -> None:
    """The key is the same, so that stored secrets can be decrypted; an index that the table lacks is created."""
    document = data_stack.template()
    dynamodb, s3, bucket = aws.client("dynamodb"), aws.client("s3"), config.settings().images_bucket
    item = {"delivery_id": {"S": "kept"}, "status": {"S": "received"}}
    dynamodb.put_item(TableName=physical("shops-webhook_deliveries"), Item=item)
    send("studio-make_final", "kept")
    s3.put_object(Bucket=bucket, Key="kept.txt", Body=b"kept")
    present = indexes(INDEXED)
    deletion = {"Delete": {"IndexName": min(present)}}
    dynamodb.update_table(TableName=physical(INDEXED), GlobalSecondaryIndexUpdates=[deletion])
    key, attributes = key_of_alias(), queue_attributes("studio-make_final")
    assert stacks.take_down(DATA) == f"{DATA}: deleted"
    assert key_of_alias() == key
    retained = [body for body in document["Resources"].values() if "DeletionPolicy" in body]
    preview = data_release.describe(data, document, None)

    imported, *updates = data_release.add_resources(data, document)

    assert preview == [f"  {len(retained)} of them exist in the account and are imported"]
    assert imported == f"{DATA}: {len(retained)} kept resources imported"
    assert updates == [f"{DATA}: updated"]
    assert [sent["ChangeSetType"] for sent in change_sets] == ["IMPORT", "IMPORT", "UPDATE"]
    assert max(len(sent.get("ResourcesToImport", [])) for sent in change_sets) == imports.MOST
    assert dynamodb.scan(TableName=physical("shops-webhook_deliveries"))["Items"] == [item]
    assert [message["Body"] for message in receive("studio-make_final")] == ["kept"]
    assert s3.get_object(Bucket=bucket, Key="kept.txt")["Body"].read() == b"kept"
    assert (key_of_alias(), stacks.outputs(DATA)["KeyId"]) == (key, key)
    assert indexes(INDEXED) == present
    after = queue_attributes("studio-make_final")
    assert {name: after[name] for name in ("VisibilityTimeout", "RedrivePolicy")} == {
        name: attributes[name] for name in ("VisibilityTimeout", "RedrivePolicy")
    }
    assert data_release.add_resources(data, document) == [f"{DATA}: unchanged"]


def test_tables_of_a_failed_first_deployment_by_an_earlier_version_are_imported(stack: DataStack) -> None:
    """Its policy was Retain: tables outlived the rollback, and the stack remained in ROLLBACK_COMPLETE."""
    wrong = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": wrong, "DependsOn": ["Orders", "SampleOne"]}
    wanted = template(Orders=table("orders", "shop", "day"), **queues("sample-one"))
    old = {name: body | {"DeletionPolicy": "Retain"} for name, body in wanted["Resources"].items()}
    with pytest.raises(DeploymentFailed, match="ROLLBACK_COMPLETE"):
        data_release.add_resources(stack, {"Resources": {**old, "Wrong": alarm}})

    lines = data_release.add_resources(stack, wanted)

    assert lines == ["sample-data: 4 kept resources imported", "sample-data: updated"]
    assert data_release.add_resources(stack, wanted) == ["sample-data: unchanged"]


def test_a_resource_of_another_stack_is_not_taken(stack: DataStack) -> None:
    data_release.add_resources(DataStack("sample-other", stack.bucket, OWNER), template(Orders=table("orders")))
    with pytest.raises(DeploymentFailed, match="already exists in stack"):
        data_release.add_resources(stack, {"Resources": {"Orders": table("orders")}})


def test_a_table_is_imported_as_it_is(stack: DataStack, change_sets: list[Json]) -> None:
    """CloudFormation later changes only what differs from the imported template; enabling expiry twice would fail."""
    dynamodb = aws.client("dynamodb")
    properties = table("orders", "shop")["Properties"]
    dynamodb.create_table(**properties | {"SSESpecification": {"Enabled": True, "SSEType": "KMS"}})
    expiry = {"AttributeName": "expires_epoch", "Enabled": True}
    dynamodb.update_time_to_live(TableName=physical("orders"), TimeToLiveSpecification=expiry)

    data_release.add_resources(stack, template(Orders=table("orders", "shop", "day")))

    imported = change_sets[0]["Document"]["Resources"]["Orders"]
    assert imported["DeletionPolicy"] == "Retain"
    encryption = {"SSEEnabled": True, "SSEType": "KMS"}
    expected = properties | {"TimeToLiveSpecification": expiry, "SSESpecification": encryption}
    assert imported["Properties"] == expected
    assert indexes("orders") == {"by_shop", "by_day"}
