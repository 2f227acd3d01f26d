"""Find and describe resources that exist in the account although their stack does not have them.

An import sets no property. CloudFormation takes the imported template for what exists, and later applies only what differs
from it. So a table is described as it is now; of a queue, a bucket or a topic only the name, so that the next update sets
everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptResource:
    """A resource to import: its identifier (CloudFormation's ResourceIdentifier) and its properties as they are."""

    identifier: dict[str, str]
    properties: Properties


class Account:
    """The resources of the account with our names. Each listing is read once; `owner` is the account number."""

    def __init__(self, owner: str) -> None:
        prefix = config.settings().namespace
        self.owner = owner
        self.tables = set(_pages("dynamodb", "list_tables", "TableNames"))
        urls = _pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=f"{prefix}-")
        self.queues = {str(url).rpartition("/")[2]: str(url) for url in urls}
        topics = (str(topic["TopicArn"]) for topic in _pages("sns", "list_topics", "Topics"))
        self.topics = {arn.rpartition(":")[2]: arn for arn in topics}

    def find(self, resource: dict[str, Any], template: dict[str, Any]) -> KeptResource | None:
        """Return the existing resource with the name in the template, or None."""
        finder = _FINDERS.get(resource["Type"])
        return finder(self, resource["Properties"], template) if finder else None

    def name(self, value: Any) -> str:
        """Return a name of the template with the values of its pseudo parameters."""
        text = str(value["Fn::Sub"] if isinstance(value, dict) else value)
        return text.replace("${AWS::AccountId}", self.owner).replace("${AWS::Region}", config.settings().region)


def _pages(service: str, operation: str, key: str, **arguments: Any) -> list[Any]:
    pages = aws.client(service).get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page.get(key, [])]


def _table(account: Account, properties: Properties, _template: dict[str, Any]) -> KeptResource | None:
    name = properties["TableName"]
    if name not in account.tables:
        return None
    dynamodb = aws.client("dynamodb")
    table = dynamodb.describe_table(TableName=name)["Table"]
    found: Properties = {key: table[key] for key in ("TableName", "KeySchema", "AttributeDefinitions")}
    if indexes := table.get("GlobalSecondaryIndexes"):
        keys = ("IndexName", "KeySchema", "Projection")
        found["GlobalSecondaryIndexes"] = [{key: index[key] for key in keys} for index in indexes]
    found["BillingMode"] = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    if found["BillingMode"] == "PROVISIONED":
        throughput = table["ProvisionedThroughput"]
        found["ProvisionedThroughput"] = {key: throughput[key] for key in ("ReadCapacityUnits", "WriteCapacityUnits")}
    if table.get("SSEDescription", {}).get("Status") == "ENABLED":
        found["SSESpecification"] = {"SSEEnabled": True, "SSEType": "KMS"}
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] in ("ENABLED", "ENABLING"):
        found["TimeToLiveSpecification"] = {"AttributeName": expiry["AttributeName"], "Enabled": True}
    return KeptResource({"TableName": name}, found)


def _queue(account: Account, properties: Properties, _template: dict[str, Any]) -> KeptResource | None:
    name = properties["QueueName"]
    return KeptResource({"QueueUrl": account.queues[name]}, {"QueueName": name}) if name in account.queues else None


def _topic(account: Account, properties: Properties, _template: dict[str, Any]) -> KeptResource | None:
    name = properties["TopicName"]
    return KeptResource({"TopicArn": account.topics[name]}, {"TopicName": name}) if name in account.topics else None


def _bucket(account: Account, properties: Properties, _template: dict[str, Any]) -> KeptResource | None:
    name = account.name(properties["BucketName"])
    try:
        aws.client("s3").head_bucket(Bucket=name, ExpectedBucketOwner=account.owner)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return KeptResource({"BucketName": name}, {"BucketName": name})


def _key(_account: Account, properties: Properties, template: dict[str, Any]) -> KeptResource | None:
    """Find the key by the kept alias of the template: a key has no name."""
    aliases = [body for body in template["Resources"].values() if body["Type"] == "AWS::KMS::Alias"]
    key = next((found for body in aliases if (found := _aliased_key(body["Properties"]["AliasName"]))), None)
    if key is None:
        return None
    policy = aws.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    return KeptResource({"KeyId": key}, {"Description": properties["Description"], "KeyPolicy": json.loads(policy)})


def _alias(_account: Account, properties: Properties, _template: dict[str, Any]) -> KeptResource | None:
    name = properties["AliasName"]
    key = _aliased_key(name)
    return KeptResource({"AliasName": name}, {"AliasName": name, "TargetKeyId": key}) if key else None


def _aliased_key(alias: str) -> str | None:
    try:
        return str(aws.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["KeyId"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise


_FINDERS: dict[str, Callable[[Account, Properties, dict[str, Any]], KeptResource | None]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::KMS::Alias": _alias,
    "AWS::KMS::Key": _key,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
}
