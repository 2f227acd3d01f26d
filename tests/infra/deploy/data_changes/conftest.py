"""A small data stack on the engine, changed from release to release, and the change sets that CloudFormation was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.validate import ParamValidator

from chalicelib.kit import aws
from infra.deploy.data_changes.data_release import DataStack
from infra.deploy.data_stack import keep_on_delete, physical
from infra.deploy.packaging import artefacts, stacks

OWNER = "000000000000"
STACK = "sample-data"
Json = dict[str, Any]


def template(**resources: Json) -> Json:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": physical("sample-always")}}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Always": topic, **resources}}


def table(name: str, *indexes: str) -> Json:
    """A table, and an index for each column."""
    columns = [{"AttributeName": column, "AttributeType": "S"} for column in ("id", *indexes)]
    properties: Json = {
        "TableName": physical(name),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": columns,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    if indexes:
        properties["GlobalSecondaryIndexes"] = [
            {
                "IndexName": f"by_{column}",
                "KeySchema": [{"AttributeName": column, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
            for column in indexes
        ]
    return keep_on_delete({"Type": "AWS::DynamoDB::Table", "Properties": properties})


def queues(name: str) -> Json:
    """A queue and its dead-letter queue, by the ids `<Name>` and `<Name>Dead`."""
    key = name.title().replace("-", "").replace("_", "")
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": [f"{key}Dead", "Arn"]}, "maxReceiveCount": 5}
    return {
        f"{key}Dead": keep_on_delete(
            {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": physical(f"{name}-dead")}}
        ),
        key: keep_on_delete(
            {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": physical(name), "RedrivePolicy": redrive}}
        ),
    }


def subscription(key: str, queue: str) -> Json:
    """The subscription of a queue to the topic, by the id `key`, and the topic's right to send."""
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    document = {"Version": "2012-10-17", "Statement": [statement | {"Resource": arn}]}
    properties = {"TopicArn": {"Ref": "Always"}, "Protocol": "sqs", "Endpoint": arn, "RawMessageDelivery": True}
    return {
        key: {"Type": "AWS::SNS::Subscription", "Properties": properties},
        f"{queue}Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": queue}], "PolicyDocument": document},
        },
    }


def indexes(name: str) -> set[str]:
    """The indexes of a table in the account."""
    described = aws.client("dynamodb").describe_table(TableName=physical(name))["Table"]
    return {index["IndexName"] for index in described.get("GlobalSecondaryIndexes", [])}


def send(queue: str, body: str) -> None:
    sqs = aws.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=physical(queue))["QueueUrl"], MessageBody=body)


def receive(queue: str) -> list[Json]:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=physical(queue))["QueueUrl"]
    response = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(response.get("Messages", []))


def exists(queue: str) -> bool:
    return bool(aws.client("sqs").list_queues(QueueNamePrefix=physical(queue)).get("QueueUrls"))


@pytest.fixture
def stack() -> DataStack:
    return DataStack(STACK, artefacts.create_bucket(OWNER), OWNER)


@pytest.fixture
def change_sets() -> Iterator[list[Json]]:
    """The parameters of each CreateChangeSet, validated against the service's model, with the template as `Document`."""
    events = aws.client("cloudformation", read_timeout=stacks.CALL_SECONDS).meta.events
    sent: list[Json] = []

    def record(params: Json, model: Any, **_: Any) -> None:
        report = ParamValidator().validate(params, model.input_shape)
        assert not report.has_errors(), report.generate_report()
        bucket, _, key = params["TemplateURL"].split("/", 3)[3].partition("/")
        document = json.loads(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
        sent.append(params | {"Document": document})

    events.register("provide-client-params.cloudformation.CreateChangeSet", record)
    yield sent
    events.unregister("provide-client-params.cloudformation.CreateChangeSet", record)


@pytest.fixture
def describing() -> Iterator[Callable[[Callable[[Json], None]], None]]:
    """Let a test change what DynamoDB answers to DescribeTable: the engine has no backfill."""
    events = aws.client("dynamodb").meta.events
    registered = []

    def change(answer: Callable[[Json], None]) -> None:
        def changed(parsed: Json, **_: Any) -> None:
            answer(parsed["Table"])

        registered.append(changed)
        events.register("after-call.dynamodb.DescribeTable", changed)

    yield change
    for each in registered:
        events.unregister("after-call.dynamodb.DescribeTable", each)
