"""Least privilege: one IAM policy a function, made of what its modules can reach and no more.

Actions are those that the operations of kit and integrations need (Service Authorization Reference, AWS).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.kit import config
from chalicelib.kit.messages import STORED
from infra.deploy import handlers
from infra.deploy.handlers import Consumer
from infra.deploy.packaging import import_scan
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.import_scan import Requirements
from infra.deploy.packaging.names import API, function_name, key_id

Statement = dict[str, Any]


class UnknownService(PackagingFailed):
    """A function builds a client of a service that no statement is written for."""


READ_AND_WRITE = (
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)
IMAGES = {
    "studio": ("uploads/*", "previews/*", "finals/*", "watermarks/*", "examples/*"),
}
"""What of the images bucket a context handles beside its own `payloads/<context>/`."""
ARCHIVING = "retention"
ERASING = "chalicelib.retention.service.erasure"
"""Its functions also sweep, archive and export: they share a module."""
STORAGE = "chalicelib.integrations.storage"


def documents() -> dict[str, dict[str, Any]]:
    """The policy document of every function, by the name that Chalice knows it by."""
    found = {API: _document(API, import_scan.of_api())}
    for handler in (*handlers.consumers(), *handlers.schedules()):
        reached = import_scan.of([handler.entry.rpartition(".")[0]])
        found[handler.name] = _document(handler.name, reached, handler if isinstance(handler, Consumer) else None)
    return found


def _document(name: str, reached: Requirements, consumer: Consumer | None = None) -> dict[str, Any]:
    unknown = reached.services - _STATEMENTS.keys()
    if unknown:
        raise UnknownService(f"{name} uses {', '.join(sorted(unknown))}: say in {__name__} what it may do there")
    statements = [_logs(name)]
    for service in sorted(reached.services):
        statements += _STATEMENTS[service](reached)
    if consumer:
        actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
        statements.append(_allow("sqs", actions, [_arn("sqs", _physical(consumer.queue))]))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(service: str, actions: tuple[str, ...], resources: list[Any]) -> Statement:
    return {"Effect": "Allow", "Action": [f"{service}:{action}" for action in actions], "Resource": resources}


def _arn(service: str, resource: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"}


def _physical(name: str) -> str:
    return f"{config.settings().namespace}-{name}"


def _logs(name: str) -> Statement:
    group = _arn("logs", f"log-group:/aws/lambda/{function_name(name)}:*")
    return _allow("logs", ("CreateLogStream", "PutLogEvents"), [group])


def _dynamodb(reached: Requirements) -> Iterator[Statement]:
    """Tables and indexes by context, whose models are imported together: IAM takes 10,240 characters a role."""
    if reached.table_contexts:
        further = {"Scan": reached.scans, "PartiQLDelete": reached.deletes_in_batches}
        actions = (*READ_AND_WRITE, *(action for action, needed in further.items() if needed))
        tables = [_arn("dynamodb", f"table/{_physical(context)}-*") for context in reached.table_contexts]
        yield _allow("dynamodb", actions, tables)
    if reached.describes:
        yield _allow("dynamodb", ("DescribeTable",), [_arn("dynamodb", f"table/{_physical('*')}")])


def _sns(reached: Requirements) -> Iterator[Statement]:
    if reached.topics:
        yield _allow("sns", ("Publish",), [_arn("sns", _physical(topic)) for topic in reached.topics])


def _sqs(reached: Requirements) -> Iterator[Statement]:
    if reached.queues:
        yield _allow("sqs", ("SendMessage",), [_arn("sqs", _physical(queue)) for queue in reached.queues])


def _s3(reached: Requirements) -> Iterator[Statement]:
    """Without ListBucket a missing object answers 403, not 404 (S3 user guide, GetObject)."""
    settings = config.settings()
    yield _allow("s3", ("GetObject", "PutObject"), [_object(f"{settings.images_bucket}/{STORED}/*")])
    contexts = sorted({module.split(".")[1] for module in reached.modules if "." in module} - {"kit", "integrations"})
    if STORAGE not in reached.modules and ARCHIVING not in contexts:
        return  # messages alone
    buckets = [settings.images_bucket] + ([settings.archive_bucket] if ARCHIVING in contexts else [])
    yield _allow("s3", ("ListBucket",), [_object(bucket) for bucket in buckets])
    prefixes = [prefix for context in contexts for prefix in (*IMAGES.get(context, ()), f"payloads/{context}/*")]
    if ERASING in reached.modules:
        prefixes = ["*"]  # everybody's, by their declarations
    if prefixes:
        objects = [_object(f"{settings.images_bucket}/{prefix}") for prefix in prefixes]
        yield _allow("s3", ("GetObject", "PutObject", "DeleteObject"), objects)
    if ARCHIVING in contexts:
        exports = [_object(f"{settings.archive_bucket}/exports/*")]
        yield _allow("s3", ("GetObject",), exports)  # whoever makes a link must be allowed what it allows
        if ERASING in reached.modules:
            yield _allow("s3", ("PutObject", "DeleteObject", "AbortMultipartUpload"), exports)
            yield _allow("s3", ("GetObject", "PutObject"), [_object(f"{settings.archive_bucket}/archive/*")])


def _object(path: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{path}"}


def _kms(_: Requirements) -> Iterator[Statement]:
    key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"
    yield _allow("kms", ("Encrypt", "Decrypt"), [{"Fn::Sub": [key, {"Key": key_id()}]}])


def _bedrock(_: Requirements) -> Iterator[Statement]:
    """Foundation models belong to no account."""
    settings = config.settings()
    models = (settings.bedrock_image_model, settings.bedrock_upscale_model)
    arn = f"arn:${{AWS::Partition}}:bedrock:{settings.bedrock_region}::foundation-model/"
    yield _allow("bedrock", ("InvokeModel",), [{"Fn::Sub": arn + model} for model in models])


def _ssm(reached: Requirements) -> Iterator[Statement]:
    """Secure strings under AWS's own key need no grant of the key beside this."""
    if reached.reads_secrets:
        settings = config.settings()
        path = f"parameter/{settings.table_prefix}/{settings.stage}"
        yield _allow("ssm", ("GetParametersByPath",), [_arn("ssm", path), _arn("ssm", f"{path}/*")])


_STATEMENTS = {
    "bedrock-runtime": _bedrock,
    "dynamodb": _dynamodb,
    "kms": _kms,
    "s3": _s3,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
}
