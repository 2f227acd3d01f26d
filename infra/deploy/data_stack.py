"""The data stack: the resources that outlive a deployment, generated from the models and the handlers' declarations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from chalicelib.kit import config, tables
from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.lakes import Lake
from chalicelib.kit.tables import Table
from chalicelib.retention.rules import LAKES
from infra.deploy import handlers
from infra.deploy.handlers import Consumer

Resources = dict[str, dict[str, Any]]

MAX_RECEIVES = 5
"""Deliveries of a message before SQS moves it to the dead-letter queue."""
VISIBILITY_FACTOR = 6
"""AWS recommends a visibility timeout of six times the function's timeout, and the batching window on top."""
DAY = 86_400
OUTPUTS = {"KeyId": "SecretsKey", "ImagesBucket": "ImagesBucket", "ArchiveBucket": "ArchiveBucket"}
"""The stack's outputs and their resources: names that functions and operator commands take from the stack."""
SES = {"Service": "ses.amazonaws.com"}
_UNFINISHED = {
    "Id": "unfinished",
    "Status": "Enabled",
    "Prefix": "",
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
"""A rule of a bucket: the parts of an upload that a crashed worker left are deleted after a day."""


def template() -> dict[str, Any]:
    """Return the CloudFormation template of this process's stage."""
    consumers = handlers.consumers()
    resources: Resources = {}
    for model in models():
        resources[logical("Table", model.Meta.table_name)] = _table(model)
    _chain_tables_with_indexes(resources)
    resources |= _key() | _buckets(consumers)
    for topic in handlers.topics():
        resources[logical("Topic", topic)] = _topic(topic)
    resources |= _email_events()
    for consumer in consumers:
        resources |= _queues(consumer)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{config.settings().namespace}: tables, buckets, key, topics, queues and e-mail events",
        "Resources": resources,
        "Outputs": {name: {"Value": {"Ref": resource}} for name, resource in OUTPUTS.items()},
    }


def models() -> list[type[Table]]:
    """Return every table's model, sorted by name."""
    handlers.chalice_app()
    return tables.loaded()


def physical(name: str) -> str:
    """Return the name in the account, `<prefix>-<stage>-<name>`."""
    return config.settings().physical_name(name)


def logical(kind: str, name: str) -> str:
    """Return a CloudFormation id: `kind` and the letters and digits of the name without the namespace."""
    short = name.removeprefix(config.settings().namespace + "-")
    return kind + "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", short))


def _table(model: type[Table]) -> dict[str, Any]:
    schema = model._get_schema()
    properties: dict[str, Any] = {
        "TableName": model.Meta.table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute["AttributeName"], "AttributeType": attribute["AttributeType"]}
            for attribute in schema["attribute_definitions"]
        ],
        "KeySchema": _hash_first(schema["key_schema"]),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
    }
    if schema["global_secondary_indexes"]:
        properties["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index["index_name"],
                "KeySchema": _hash_first(index["key_schema"]),
                "Projection": index["projection"],
            }
            for index in schema["global_secondary_indexes"]
        ]
    if expires(model):
        properties["TimeToLiveSpecification"] = {"AttributeName": "expires_epoch", "Enabled": True}
    return keep_on_delete({"Type": "AWS::DynamoDB::Table", "Properties": properties})


def _chain_tables_with_indexes(resources: Resources) -> None:
    """Make each table with indexes depend on the one before, so that CloudFormation creates them one after another.

    DynamoDB limits how many tables with indexes are created at a time, and CloudFormation retries none of them (its
    reference of AWS::DynamoDB::Table, "you must declare dependencies").
    """
    indexed = [name for name, body in resources.items() if "GlobalSecondaryIndexes" in body["Properties"]]
    for before, name in pairwise(indexed):
        resources[name]["DependsOn"] = before


def _hash_first(keys: Iterable[Any]) -> list[Any]:
    return sorted(keys, key=lambda key: str(key["KeyType"]))


def expires(model: type[Table]) -> bool:
    """Return whether DynamoDB deletes the table's rows at their `expires_epoch`."""
    return "expires_epoch" in model.get_attributes()


def keep_on_delete(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the resource as one that outlives its stack, unless the creation of the resource is rolled back.

    With `Retain`, a failed first deployment would leave its tables, and the next one would not create them.
    """
    return resource | {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


def _topic(name: str) -> dict[str, Any]:
    """Return a topic. SES cannot use AWS's own key, so its topic is encrypted with ours."""
    key = {"Ref": "SecretsKey"} if name == EmailReported.topic else "alias/aws/sns"
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": physical(name), "KmsMasterKeyId": key}}


def _email_events() -> Resources:
    """Return the configuration set for e-mails, whose events SES publishes, and its right to do so.

    SES sends nothing to an address that bounced or complained before: it is on the account's suppression list.
    """
    topic, name = {"Ref": logical("Topic", EmailReported.topic)}, config.settings().namespace
    statement = {
        "Effect": "Allow",
        "Principal": SES,
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {
            "StringEquals": {
                "AWS:SourceAccount": {"Ref": "AWS::AccountId"},
                "AWS:SourceArn": _arn("ses", f"configuration-set/{name}"),
            }
        },
    }
    destination = {
        "Name": "events",
        "Enabled": True,
        "MatchingEventTypes": ["send", "reject", "delivery", "open", "click", "bounce", "complaint", "subscription"],
        "SnsDestination": {"TopicARN": topic},
    }
    return {
        "EmailEventsPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [topic],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            },
        },
        "EmailConfiguration": {
            "Type": "AWS::SES::ConfigurationSet",
            "Properties": {"Name": name, "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}},
        },
        "EmailEvents": {
            "Type": "AWS::SES::ConfigurationSetEventDestination",
            "DependsOn": "EmailEventsPolicy",
            "Properties": {"ConfigurationSetName": {"Ref": "EmailConfiguration"}, "EventDestination": destination},
        },
    }


def _arn(service: str, resource: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"}


def _key() -> Resources:
    """Return the key of stored secrets. SES may use it for the topic of e-mail events only.

    The alias outlives the stack, too: a deployment finds the kept key by it.
    """
    ours = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
        "Action": "kms:*",
        "Resource": "*",
    }
    of_ses = {
        "Effect": "Allow",
        "Principal": SES,
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": _arn("sns", physical(EmailReported.topic))}
        },
    }
    key = {
        "Type": "AWS::KMS::Key",
        "Properties": {
            "Description": f"{config.settings().namespace}: stored secrets",
            "EnableKeyRotation": True,
            "KeyPolicy": {"Version": "2012-10-17", "Statement": [ours, of_ses]},
        },
    }
    alias = {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": f"alias/{physical('secrets')}", "TargetKeyId": {"Ref": "SecretsKey"}},
    }
    return {"SecretsKey": keep_on_delete(key), "SecretsKeyAlias": keep_on_delete(alias)}


def _buckets(consumers: list[Consumer]) -> Resources:
    listeners = [consumer for consumer in consumers if consumer.bucket_prefix]
    notifications = [
        {
            "Event": event,
            "Queue": {"Fn::GetAtt": [logical("Queue", consumer.queue), "Arn"]},
            "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": consumer.bucket_prefix}]}},
        }
        for consumer in listeners
        for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    ]
    images = _bucket(config.settings().images_bucket)
    images["Properties"] |= {
        "CorsConfiguration": {
            "CorsRules": [
                {"AllowedMethods": ["GET", "POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"], "MaxAge": 3600}
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {"Id": "payloads", "Status": "Enabled", "Prefix": "payloads/", "ExpirationInDays": 90},
                {"Id": "job-reports", "Status": "Enabled", "Prefix": "job-reports/", "ExpirationInDays": 366},
                {"Id": "transfers", "Status": "Enabled", "Prefix": "transfers/", "ExpirationInDays": 30},
                {"Id": "journals", "Status": "Enabled", "Prefix": "journals/", "ExpirationInDays": 7},
                {"Id": "changes", "Status": "Enabled", "Prefix": "changes/", "ExpirationInDays": 731},
                {"Id": "figure-exports", "Status": "Enabled", "Prefix": "figure-exports/", "ExpirationInDays": 14},
                _UNFINISHED,
            ]
        },
    }
    if notifications:
        images["Properties"]["NotificationConfiguration"] = {"QueueConfigurations": notifications}
        images["DependsOn"] = [logical("QueuePolicy", consumer.queue) for consumer in listeners]
    archive = _bucket(config.settings().archive_bucket)
    archive["Properties"]["LifecycleConfiguration"] = {
        "Rules": [
            {"Id": "exports", "Status": "Enabled", "Prefix": "exports/", "ExpirationInDays": 14},
            {"Id": "backups", "Status": "Enabled", "Prefix": "backups/", "ExpirationInDays": 30},
            _UNFINISHED,
            *(_lake_life(lake) for lake in LAKES.values()),
        ]
    }
    return {"ImagesBucket": images, "ArchiveBucket": archive}


def _lake_life(lake: Lake) -> dict[str, Any]:
    return {
        "Id": lake.name.replace("/", "-"),
        "Status": "Enabled",
        "Prefix": lake.folder,
        "Transitions": [{"StorageClass": name, "TransitionInDays": days} for name, days in lake.transitions.items()],
        "ExpirationInDays": lake.lifetime.days,
    }


def _bucket(name: str) -> dict[str, Any]:
    properties = {
        "BucketName": name,
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
    }
    return keep_on_delete({"Type": "AWS::S3::Bucket", "Properties": properties})


def _queues(consumer: Consumer) -> Resources:
    queue, dead = logical("Queue", consumer.queue), logical("DeadLetters", consumer.queue)
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    found: Resources = {
        dead: keep_on_delete(
            {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": physical(f"{consumer.queue}-dead"),
                    "MessageRetentionPeriod": 14 * DAY,
                    "SqsManagedSseEnabled": True,
                },
            }
        ),
        queue: keep_on_delete(
            {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": physical(consumer.queue),
                    "VisibilityTimeout": visibility_timeout(consumer),
                    "MessageRetentionPeriod": 4 * DAY,
                    "SqsManagedSseEnabled": True,
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
                        "maxReceiveCount": MAX_RECEIVES,
                    },
                },
            }
        ),
    }
    sources = _sources(consumer)
    if sources:
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnLike": {"aws:SourceArn": source}},
            }
            for service, source in sources
        ]
        found[logical("QueuePolicy", consumer.queue)] = {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": queue}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            },
        }
    for topic in consumer.topics:
        found[_subscription(consumer, topic)] = {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": logical("Topic", topic)},
                "Protocol": "sqs",
                "Endpoint": arn,
                "RawMessageDelivery": True,
            },
        }
    return found


def visibility_timeout(consumer: Consumer) -> int:
    """Return the seconds for which a received message stays invisible."""
    return VISIBILITY_FACTOR * consumer.timeout + consumer.options.batching_window


def _subscription(consumer: Consumer, topic: str) -> str:
    """Return the logical id of a subscription; a queue with one topic keeps the id of earlier releases."""
    if len(consumer.topics) == 1:
        return logical("Subscription", consumer.queue)
    return logical("Subscription", f"{consumer.queue}-{topic}")


def _sources(consumer: Consumer) -> list[tuple[str, Any]]:
    """Return the services that may send to the queue, each with its source; empty if only our own functions send."""
    topics = [("sns.amazonaws.com", {"Ref": logical("Topic", topic)}) for topic in consumer.topics]
    if not consumer.bucket_prefix:
        return topics
    bucket = config.settings().images_bucket
    return [*topics, ("s3.amazonaws.com", {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{bucket}"})]


def as_json() -> str:
    """Return the template as JSON; equal definitions have equal text."""
    return json.dumps(template(), separators=(",", ":"))
