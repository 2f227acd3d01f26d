"""Least privilege: one IAM policy per function, derived from its modules' needs.

Actions are those that the operations of kit and integrations need (AWS, "Service Authorization Reference").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.integrations.athena import DATABASE
from chalicelib.kit import config
from chalicelib.kit.lakes import ROOT
from chalicelib.kit.payloads import STORED
from infra.deploy import bedrock_ids, handlers
from infra.deploy.handlers import Consumer
from infra.deploy.packaging import import_scan
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.import_scan import Requirements
from infra.deploy.packaging.names import HTTP_FUNCTIONS, function_name, key_id

Statement = dict[str, Any]


class UnknownService(PackagingFailed):
    """A function builds a client of a service that has no policy statement."""


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
    "discounts": ("changes/*", "figure-exports/*", "journals/*", "order-lines/*"),
    "platform": ("audit-values/*", "certificates/*", "job-reports/*"),
    "studio": ("uploads/*", "photos/*", "pictures/*", "previews/*", "finals/*", "watermarks/*", "examples/*"),
}
"""By context: prefixes of the images bucket that it uses in addition to `payloads/<context>/`."""
IMAGE_FOLDERS = {"chalicelib.platform.service.transfers.files": "transfers/*"}
"""Prefixes of the images bucket by module. Functions that import the module may read, write and delete there."""
LAKES = {
    "chalicelib.analytics.repository.event_parts": "lake/analytics/*",
    "chalicelib.analytics.repository.lake": "lake/analytics/*",
}
"""By module: the prefix of the archive bucket that the functions that import it read, write and delete."""
ARCHIVE_READS = {
    "chalicelib.discounts.repository.archived_orders": "archive/discounts/order_usages/*",
    "chalicelib.platform.repository.backup_files": "backups/*",
}
"""By module: the prefix of the archive bucket that the functions that import it read."""
ARCHIVE_WRITES = {"chalicelib.platform.service.backups.export": "backups/*"}
"""Prefixes of the archive bucket by module. Functions that import the module may write there, in parts."""
ARCHIVING = "retention"
ERASING = "chalicelib.retention.service.erasure"
"""The functions that import this module also sweep, archive and export."""
AUDIT_TABLE = "platform-audit_logs"
"""No function updates an entry; `retention` alone deletes some, after archiving."""
AUDIT_WRITER = "chalicelib.platform.jobs.audit"
"""The function that imports this module adds entries to the audit log."""
STORAGE = "chalicelib.integrations.storage"
MULTIPART = "chalicelib.integrations.multipart_uploads"
IMAGE_MODELS = "chalicelib.integrations.image_models.bedrock"
TEXT_MODELS = "chalicelib.integrations.text_models.bedrock"
REDRIVES = "chalicelib.operator.service.dead_letters"
"""The functions that import this module read every dead-letter queue and move its messages back to its queue."""


def documents() -> dict[str, dict[str, Any]]:
    """Return the policy document of every function, by its Chalice name."""
    found = {name: _document(name, import_scan.of_http(name)) for name in HTTP_FUNCTIONS.values()}
    for handler in (*handlers.consumers(), *handlers.schedules()):
        reached = import_scan.of([handler.entry.rpartition(".")[0]])
        found[handler.name] = _document(handler.name, reached, handler if isinstance(handler, Consumer) else None)
    return found


def _document(name: str, reached: Requirements, consumer: Consumer | None = None) -> dict[str, Any]:
    unknown = reached.services - _STATEMENTS.keys()
    if unknown:
        raise UnknownService(f"{name} uses {', '.join(sorted(unknown))}: add its policy statement to {__name__}")
    statements = [_logs(name)]
    for service in sorted(reached.services):
        statements += _STATEMENTS[service](reached)
    if consumer:
        actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
        statements.append(_allow("sqs", actions, [_arn("sqs", _physical(consumer.queue))]))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(service: str, actions: tuple[str, ...], resources: list[Any]) -> Statement:
    return {"Effect": "Allow", "Action": [f"{service}:{action}" for action in actions], "Resource": resources}


def _deny(service: str, actions: tuple[str, ...], resources: list[Any]) -> Statement:
    return _allow(service, actions, resources) | {"Effect": "Deny"}


def _arn(service: str, resource: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"}


def _physical(name: str) -> str:
    return f"{config.settings().namespace}-{name}"


def _logs(name: str) -> Statement:
    group = _arn("logs", f"log-group:/aws/lambda/{function_name(name)}:*")
    return _allow("logs", ("CreateLogStream", "PutLogEvents"), [group])


def _dynamodb(reached: Requirements) -> Iterator[Statement]:
    """Yield statements for tables and indexes, one pattern per context: IAM allows 10,240 characters per role."""
    if reached.table_contexts:
        further = {"Scan": reached.scans, "PartiQLDelete": reached.deletes_in_batches}
        actions = (*READ_AND_WRITE, *(action for action, needed in further.items() if needed))
        tables = [_arn("dynamodb", f"table/{_physical(context)}-*") for context in reached.table_contexts]
        yield _allow("dynamodb", actions, tables)
    if "platform" in reached.table_contexts:
        yield _deny("dynamodb", _denied_on_audit_table(reached), [_arn("dynamodb", f"table/{_physical(AUDIT_TABLE)}")])
    if reached.describes:
        yield _allow("dynamodb", ("DescribeTable",), [_arn("dynamodb", f"table/{_physical('*')}")])


def _denied_on_audit_table(reached: Requirements) -> tuple[str, ...]:
    """Return the actions that the function must not use on the audit log."""
    adds = AUDIT_WRITER in reached.modules
    deletes = ERASING in reached.modules
    return (
        "UpdateItem",
        "BatchWriteItem",
        *(() if adds else ("PutItem",)),
        *(() if deletes else ("DeleteItem", "PartiQLDelete")),
    )


def _sns(reached: Requirements) -> Iterator[Statement]:
    if reached.topics:
        yield _allow("sns", ("Publish",), [_arn("sns", _physical(topic)) for topic in reached.topics])


def _sqs(reached: Requirements) -> Iterator[Statement]:
    """Yield statements for queues. A function that redrives sends to every queue: one pattern per context, as for tables."""
    redrives = REDRIVES in reached.modules
    contexts = sorted({consumer.queue.partition("-")[0] for consumer in handlers.consumers()})
    queues = [f"{context}-*" for context in contexts] if redrives else reached.queues
    if queues:
        yield _allow("sqs", ("SendMessage",), [_arn("sqs", _physical(queue)) for queue in queues])
    if redrives:
        actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        yield _allow("sqs", actions, [_arn("sqs", _physical("*-dead"))])


def _s3(reached: Requirements) -> Iterator[Statement]:
    """Yield statements for buckets. Without ListBucket, S3 responds 403 for a missing object, not 404."""
    settings = config.settings()
    yield _allow("s3", ("GetObject", "PutObject"), [_object(f"{settings.images_bucket}/{STORED}/*")])
    lake_paths = sorted({f"{settings.archive_bucket}/{LAKES[module]}" for module in reached.modules & LAKES.keys()})
    if lake_paths:
        yield _allow("s3", ("ListBucket",), [_object(settings.archive_bucket)])
        yield _allow("s3", ("GetObject", "PutObject", "DeleteObject"), [_object(path) for path in lake_paths])
    for path in sorted(ARCHIVE_READS[module] for module in reached.modules & ARCHIVE_READS.keys()):
        yield _allow("s3", ("ListBucket",), [_object(settings.archive_bucket)])
        yield _allow("s3", ("GetObject",), [_object(f"{settings.archive_bucket}/{path}")])
    for path in sorted(ARCHIVE_WRITES[module] for module in reached.modules & ARCHIVE_WRITES.keys()):
        yield _allow("s3", ("PutObject", "AbortMultipartUpload"), [_object(f"{settings.archive_bucket}/{path}")])
    contexts = sorted({module.split(".")[1] for module in reached.modules if "." in module} - {"kit", "integrations"})
    if STORAGE not in reached.modules and ARCHIVING not in contexts:
        return  # it stores large messages only
    buckets = [settings.images_bucket] + ([settings.archive_bucket] if ARCHIVING in contexts else [])
    yield _allow("s3", ("ListBucket",), [_object(bucket) for bucket in buckets])
    prefixes = [prefix for context in contexts for prefix in (*IMAGES.get(context, ()), f"payloads/{context}/*")]
    if ERASING in reached.modules:
        prefixes = ["*"]  # every context declares its own prefixes
    else:
        prefixes += sorted(IMAGE_FOLDERS[module] for module in reached.modules & IMAGE_FOLDERS.keys())
    if prefixes:
        objects = [_object(f"{settings.images_bucket}/{prefix}") for prefix in prefixes]
        aborts = ("AbortMultipartUpload",) if MULTIPART in reached.modules else ()
        yield _allow("s3", ("GetObject", "PutObject", "DeleteObject", *aborts), objects)
    if ARCHIVING in contexts:
        exports = [_object(f"{settings.archive_bucket}/exports/*")]
        yield _allow("s3", ("GetObject",), exports)  # the signer of a presigned URL needs the permission itself
        if ERASING in reached.modules:
            yield _allow("s3", ("PutObject", "DeleteObject", "AbortMultipartUpload"), exports)
            yield _allow("s3", ("GetObject", "PutObject"), [_object(f"{settings.archive_bucket}/archive/*")])
            yield _allow("s3", ("GetObject", "DeleteObject"), [_object(f"{settings.archive_bucket}/backups/*")])
            lakes = [_object(f"{settings.archive_bucket}/{ROOT}*")]
            yield _allow("s3", ("GetObject", "PutObject", "DeleteObject"), lakes)


def _object(path: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{path}"}


def _kms(_: Requirements) -> Iterator[Statement]:
    key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"
    yield _allow("kms", ("Encrypt", "Decrypt"), [{"Fn::Sub": [key, {"Key": key_id()}]}])


def _bedrock(reached: Requirements) -> Iterator[Statement]:
    """Yield the statement for the models that the function calls. `Converse` needs the permission of InvokeModel, too."""
    settings = config.settings()
    called: list[str] = []
    if IMAGE_MODELS in reached.modules:
        called += [settings.bedrock_image_model, settings.bedrock_upscale_model]
    if TEXT_MODELS in reached.modules and settings.bedrock_text_profile:
        called.append(settings.bedrock_text_profile)
    arns = [arn for identifier in called for arn in bedrock_ids.callable_arns(identifier, settings.bedrock_region)]
    if arns:
        yield _allow("bedrock", ("InvokeModel",), [{"Fn::Sub": arn} for arn in arns])


def _ssm(reached: Requirements) -> Iterator[Statement]:
    """Yield the statement for secrets. Secure strings encrypted with AWS's own key need no KMS permission."""
    if reached.reads_secrets:
        settings = config.settings()
        path = f"parameter/{settings.table_prefix}/{settings.stage}"
        yield _allow("ssm", ("GetParametersByPath",), [_arn("ssm", path), _arn("ssm", f"{path}/*")])


def _athena(_: Requirements) -> Iterator[Statement]:
    """Yield statements for queries: Athena reads the tables' definitions and writes results with the caller's rights."""
    actions = ("StartQueryExecution", "GetQueryExecution", "GetQueryResults")
    yield _allow("athena", actions, [_arn("athena", "workgroup/primary")])
    names = ("catalog", f"database/{DATABASE}", f"table/{DATABASE}/*")
    yield _allow("glue", ("GetDatabase", "GetTable", "GetPartitions"), [_arn("glue", name) for name in names])
    yield _allow("s3", ("GetBucketLocation",), [_object(config.settings().images_bucket)])


def _ses(_: Requirements) -> Iterator[Statement]:
    """Yield the statement for e-mails of our sender, verified as an address or by its domain; none without a sender."""
    settings = config.settings()
    if settings.mail_from:
        domain = settings.mail_from.rpartition("@")[2].rstrip(">")
        address = settings.mail_from.rpartition("<")[2].rstrip(">")
        names = (f"identity/{address}", f"identity/{domain}", f"configuration-set/{settings.namespace}")
        yield _allow("ses", ("SendRawEmail",), [_arn("ses", name) for name in names])


_STATEMENTS = {
    "athena": _athena,
    "bedrock-runtime": _bedrock,
    "dynamodb": _dynamodb,
    "kms": _kms,
    "s3": _s3,
    "ses": _ses,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
}
