"""The IAM of the test suite: required permissions of a call, and refusals."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from chalicelib.kit import aws, config, messages
from tests import access


def test_a_call_that_the_role_does_not_allow_fails_and_is_recorded() -> None:
    with access.acting_as("studio-roll_over_quotas"), pytest.raises(ClientError, match="retention-erase_subject"):
        aws.client("sqs").send_message(QueueUrl=messages.queue_url("retention-erase_subject"), MessageBody="{}")

    [noted] = access.denied
    assert noted.startswith("studio-roll_over_quotas: sqs:SendMessage on arn:aws:sqs:")
    access.denied.clear()


def test_each_of_several_calls_is_checked() -> None:
    with access.acting_as("studio-inspect_upload"):
        for _ in range(2):
            aws.client("s3").list_objects_v2(Bucket=config.settings().images_bucket)
        with pytest.raises(ClientError, match="AccessDenied"):
            aws.client("s3").list_objects_v2(Bucket=config.settings().archive_bucket)
    assert len(access.denied) == 1
    access.denied.clear()


def test_an_error_ends_the_role_of_a_call() -> None:
    client = aws.client("s3")
    with access.acting_as("studio-inspect_upload"):
        with pytest.raises(client.exceptions.NoSuchKey):
            client.get_object(Bucket=config.settings().images_bucket, Key="uploads/nothing")
        with pytest.raises(ClientError, match="AccessDenied"):
            client.get_object(Bucket=config.settings().archive_bucket, Key="archive/nothing")
    access.denied.clear()


def test_calls_of_a_test_inside_a_function_are_not_checked() -> None:
    def interfere(**_: object) -> None:
        aws.client("s3").list_objects_v2(Bucket=config.settings().archive_bucket)

    events, name = aws.client("sqs").meta.events, "before-call.sqs.SendMessage"
    events.register(name, interfere)
    try:
        with access.acting_as("retention-accept_privacy_request"):
            aws.client("sqs").send_message(QueueUrl=messages.queue_url("retention-erase_subject"), MessageBody="{}")
    finally:
        events.unregister(name, interfere)
    assert access.denied == []


def test_a_call_outside_a_function_is_not_checked() -> None:
    aws.client("sqs").send_message(QueueUrl=messages.queue_url("retention-erase_subject"), MessageBody="{}")

    assert access.denied == []


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, [("dynamodb:Query", "table/t/index/i")]),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"a": {}, "b": {}}}, [("dynamodb:BatchGetItem", "table/a"), ("dynamodb:BatchGetItem", "table/b")]),
        ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]}, [("dynamodb:PutItem", "table/a"), ("dynamodb:ConditionCheckItem", "table/b")]),
        ("dynamodb", "BatchExecuteStatement", {"Statements": [{"Statement": 'DELETE FROM "a" WHERE x = ?'}]}, [("dynamodb:PartiQLDelete", "table/a")]),
        ("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "k/1"}]}}, [("s3:DeleteObject", "b/k/1")]),
        ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "k/"}, [("s3:ListBucket", "b")]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", "b/k")]),
        ("sqs", "SendMessageBatch", {"QueueUrl": "http://x/0/q"}, [("sqs:SendMessage", "q")]),
        ("bedrock-runtime", "InvokeModel", {"modelId": "m"}, [("bedrock:InvokeModel", "foundation-model/m")]),
        ("kms", "Decrypt", {"KeyId": "k"}, [("kms:Decrypt", "key/k")]),
    ],
)  # fmt: skip
def test_a_call_requires_its_actions_and_resources(
    service: str, operation: str, params: dict, expected: list[tuple[str, str]]
) -> None:
    result = access.required_permissions(service, operation, params)

    assert [(action, arn.rpartition(":")[2]) for action, arn in result] == expected


def test_an_unknown_operation_is_an_error() -> None:
    with pytest.raises(KeyError):
        access.required_permissions("s3", "CopyObject", {"Bucket": "b", "Key": "k"})


def test_only_retention_may_write_the_archive() -> None:
    archive = f"arn:aws:s3:::{config.settings().archive_bucket}/archive/x"

    assert access.is_allowed("retention-sweep_segment", "s3:PutObject", archive)
    assert not access.is_allowed("studio-generate_preview", "s3:PutObject", archive)
