"""A function may use the messages, tables, prefixes, keys and models that its code names, even indirectly."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from typing import Any

import pytest

from chalicelib.kit import config
from chalicelib.kit.data_policy import Bucket, ObjectPrefix
from chalicelib.kit.messages import Message
from infra.deploy import bedrock_ids, data_stack, handlers
from infra.deploy.handlers import Handler
from infra.deploy.packaging import bucket_statements, import_scan, policies, reachability, references
from infra.deploy.packaging.import_scan import Requirements
from infra.deploy.packaging.names import API, HTTP_FUNCTIONS
from tests import access
from tests.infra.deploy.packaging.test_policies import allowed, documents

CONFIG = "chalicelib.kit.config"
__all__ = ["documents"]


@cache
def requirements(name: str) -> Requirements:
    """Return the needs of a function, derived as the packager derives them."""
    if name in HTTP_FUNCTIONS.values():
        return import_scan.of_http(name)
    return import_scan.of_handler(jobs()[name].entry)


def jobs() -> dict[str, Handler]:
    return {handler.name: handler for handler in (*handlers.consumers(), *handlers.schedules())}


def reached_modules(name: str) -> frozenset[str]:
    return requirements(name).modules


def test_every_queue_has_a_sender(documents: dict[str, dict[str, Any]]) -> None:
    """A function, or the topic or bucket that the data stack connects to it."""
    senders = {queue for document in documents.values() for queue in allowed(document, "sqs:SendMessage")}
    resources = data_stack.template()["Resources"]
    subscribed_queues = {
        body["Properties"]["Endpoint"]["Fn::GetAtt"][0]
        for body in resources.values()
        if body["Type"] == "AWS::SNS::Subscription"
    }
    notified_queues = {
        configuration["Queue"]["Fn::GetAtt"][0]
        for configuration in resources["ImagesBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    }

    for consumer in handlers.consumers():
        queue = data_stack.logical("Queue", consumer.queue)
        sources = [data_stack.physical(consumer.queue) in senders, queue in subscribed_queues, queue in notified_queues]
        assert any(sources), consumer.queue


PUBLISHED_BY_SES = data_stack.physical("kit-email_reported")


def test_every_topic_with_a_consumer_has_a_publisher(documents: dict[str, dict[str, Any]]) -> None:
    published_topics = {topic for document in documents.values() for topic in allowed(document, "sns:Publish")}

    for consumer in handlers.consumers():
        for topic in consumer.topics:
            assert data_stack.physical(topic) in published_topics | {PUBLISHED_BY_SES}, topic


def test_privacy_requests_reach_their_workers(documents: dict[str, dict[str, Any]]) -> None:
    """Publishers: the Shopify topics, an operator (the API), and the schedule that republishes lost requests."""
    for sender in ("retention-accept_privacy_request", "api_handler", "retention-check_due_dates"):
        queues = allowed(documents[sender], "sqs:SendMessage")
        assert {data_stack.physical(f"retention-{verb}_subject") for verb in ("erase", "export")} <= queues, sender


def mentioned_classes(name: str) -> set[type[Message]]:
    """Return the message classes that a function's code names outside annotations and imports.

    Cruder than the derivation of rights, and independent of it: by the text of the name.
    """
    found: set[type[Message]] = set()
    for definition in requirements(name).definitions:
        found |= mentioned_in(definition)
    return found


@cache
def mentioned_in(definition: tuple[str, str]) -> frozenset[type[Message]]:
    nodes = reachability.nodes_of(definition)
    types = {id(part) for node in nodes for part in _type_nodes(node) for part in ast.walk(part)}
    read = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in types}
    objects = (vars(import_module(definition[0])).get(each) for each in read)
    return frozenset(result for result in objects if isinstance(result, type) and issubclass(result, Message))


def _type_nodes(node: ast.AST) -> list[ast.AST]:
    """Return the annotation nodes, including those that `@consumes` reads."""
    parts: list[ast.AST | None] = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    parts += node.bases if isinstance(node, ast.ClassDef) else []
    parts += [node] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) else []
    parts += [node.cls] if isinstance(node, ast.MatchClass) else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        types = {"consumes": node.args, "consumes_many": node.args, "isinstance": node.args[1:]}
        parts += types.get(node.func.id, [])
    return [part for part in parts if part is not None]


def test_a_function_may_publish_every_message_in_its_code(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        topics, queues = allowed(document, "sns:Publish"), allowed(document, "sqs:SendMessage")
        for kind in mentioned_classes(name):
            if kind.topic:
                assert data_stack.physical(kind.topic) in topics, (name, kind)
            if kind.queue:
                assert data_stack.physical(kind.queue) in queues, (name, kind)


def test_a_function_may_publish_only_messages_in_its_code(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        used_classes = {kind for each in requirements(name).definitions for kind in import_scan.messages_of(each)}
        assert allowed(document, "sns:Publish") == {
            data_stack.physical(kind.topic) for kind in used_classes if kind.topic
        }
        queues = {kind.queue for kind in used_classes if kind.queue}
        if policies.REDRIVES in reached_modules(name):
            queues |= {consumer.queue for consumer in handlers.consumers()}
        assert allowed(document, "sqs:SendMessage") == {data_stack.physical(queue) for queue in queues}
        read_only = set(references.with_subclasses(Message)) - used_classes
        assert not {data_stack.physical(k.topic) for k in read_only if k.topic} & allowed(document, "sns:Publish")


def test_every_table_that_the_code_names_is_granted_and_no_other(documents: dict[str, dict[str, Any]]) -> None:
    """Nothing else: except for the API, whose tables do not fit IAM's limit by name, in contexts that it uses."""
    total = {str(model.Meta.table_name) for model in data_stack.models()}
    for name in documents:
        named = {str(model.Meta.table_name): model for model in named_models(name)}
        readable = {table for table in total if may(name, "GetItem", table)}
        assert named.keys() <= readable, name
        assert readable == named.keys() or name == API, (name, readable - named.keys())


def named_models(name: str) -> set[Any]:
    """Return the models that are named in a function's code, by the objects in its modules' namespaces."""
    models = set(data_stack.models())
    found = set()
    for definition in requirements(name).definitions:
        module, defined = definition
        read = {node.id for node in reachability.nodes_of(definition) if isinstance(node, ast.Name)} | {defined}
        objects = [vars(import_module(module)).get(each) for each in read if each]
        found |= {each for each in objects if isinstance(each, type) and each in models}
    return found


def may(name: str, action: str, table: str) -> bool:
    settings = config.settings()
    return access.is_allowed(
        name, f"dynamodb:{action}", f"arn:aws:dynamodb:{settings.region}:{settings.account_id}:table/{table}"
    )


WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLDelete")


@pytest.mark.parametrize(
    ("name", "table", "written"),
    [
        ("store_api", "kit-attempts", ("PutItem", "UpdateItem")),
        ("billing-check_invariants", "billing-stripe_webhooks", ()),
        ("studio-generate_preview", "studio-watermarks", ()),
        ("studio-generate_preview", "kit-tombstones", ()),
        ("retention-sweep_segment", "together-achievements", ("PartiQLDelete",)),
    ],
)
def test_only_tables_that_the_code_writes_may_be_written(name: str, table: str, written: tuple[str, ...]) -> None:
    physical = data_stack.physical(table)

    assert may(name, "GetItem", physical)
    assert tuple(action for action in WRITES if may(name, action, physical)) == written


def test_the_data_api_has_no_table_of_billing_or_of_the_audit_log() -> None:
    """Its process runs for strangers: of a store it needs the store's row, connection, limits and usage."""
    tables = [
        str(model.Meta.table_name)
        for model in data_stack.models()
        if may("store_api", "GetItem", str(model.Meta.table_name))
    ]

    assert {table.removeprefix(data_stack.physical("")).partition("-")[0] for table in tables} == {"kit", "platform"}
    assert len(tables) == 9
    assert data_stack.physical("platform-audit_logs") not in tables


def test_objects_are_deleted_only_where_the_code_deletes(documents: dict[str, dict[str, Any]]) -> None:
    """`integrations/object_storage` deletes in buckets of store owners, with the owners' keys."""
    for name, document in documents.items():
        used = requirements(name).identifiers
        ours = {
            module
            for module in used
            if not module.startswith(("chalicelib.integrations.object_storage", "chalicelib.platform"))
        }
        called = requirements(name).identifiers_of(*ours) & {"delete_object", "delete_objects"}
        assert bool(allowed(document, "s3:DeleteObject")) is bool(called), name


MODULES_OF_FOLDERS = {folder.removesuffix("*"): module for module, folder in bucket_statements.IMAGE_FOLDERS.items()}
"""The modules whose functions alone use a prefix."""


def prefixes(context: str) -> list[ObjectPrefix]:
    """Return the object prefixes of a context from its data policy."""
    if context == "integrations":
        return []
    return [
        value
        for value in _module_members(import_module(f"chalicelib.{context}.retention"))
        if isinstance(value, ObjectPrefix)
    ]


def _module_members(module: Any) -> Iterable[Any]:
    for value in vars(module).values():
        yield from value if isinstance(value, tuple | list) else [value]


def test_a_function_may_use_every_prefix_of_its_contexts(documents: dict[str, dict[str, Any]]) -> None:
    images = config.settings().images_bucket
    visited_names = set()
    for name, document in documents.items():
        modules = set(reached_modules(name))
        if bucket_statements.STORAGE not in modules:
            continue
        contexts = requirements(name).contexts - {"operator", "retention"}
        called = requirements(name).identifiers_of(*bucket_statements.CLIENTS)
        needed = [action for action, methods in bucket_statements.CALLS.items() if methods & called]
        for folder in (folder for context in contexts for folder in prefixes(context)):
            module = MODULES_OF_FOLDERS.get(folder.prefix)
            if folder.bucket is Bucket.IMAGES and (module is None or module in modules):
                visited_names.add(folder.prefix)
                for action in needed:
                    granted_resources = {json.dumps(resource) for resource in allowed(document, f"s3:{action}")}
                    assert any(
                        fnmatch(f"{images}/{folder.prefix}x", pattern.strip('"').removeprefix(":::").rpartition(":")[2])
                        for pattern in granted_resources
                    ), (name, folder.prefix, action)
    assert {"uploads/", "photos/", "pictures/", "previews/", "finals/", "watermarks/", "examples/"} <= visited_names


def test_a_function_that_names_the_archive_may_use_it(documents: dict[str, dict[str, Any]]) -> None:
    archive = config.settings().archive_bucket
    for name, document in documents.items():
        identifiers = requirements(name).identifiers
        names_archive = any("archive_bucket" in identifiers[module] for module in identifiers.keys() - {CONFIG})
        assert names_archive is (archive in json.dumps(document)), name


def test_only_functions_that_store_secrets_may_use_the_key(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        for action in ("encrypt", "decrypt"):
            used = ("chalicelib.kit.secrets", action) in requirements(name).definitions
            assert bool(allowed(document, f"kms:{action.capitalize()}")) is used, (name, action)


def test_a_function_that_calls_bedrock_may_do_so(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        asks = "chalicelib.integrations.image_models.bedrock" in set(reached_modules(name))
        assert bool(allowed(document, "bedrock:InvokeModel")) is asks, name


def test_a_profile_is_granted_with_its_model_in_every_region_of_its_geography(
    documents: dict[str, dict[str, Any]],
) -> None:
    """A grant on the profile alone is refused, and one in our region alone is refused when another region serves."""
    settings = config.settings()
    assert bedrock_ids.is_profile(settings.bedrock_image_model)
    for model in ("stable-image-control-structure-v1:0", "stable-fast-upscale-v1:0"):
        calls = access.required_permissions("bedrock-runtime", "InvokeModel", {"modelId": f"us.stability.{model}"})
        regions = {resource.split(":")[3] for _, resource in calls}
        assert regions == {"us-east-1", "us-east-2", "us-west-2"}
        for action, resource in calls:
            assert access.is_allowed("studio-generate_preview", action, resource), resource
    model_elsewhere = "arn:aws:bedrock:eu-west-1::foundation-model/stability.stable-fast-upscale-v1:0"
    assert not access.is_allowed("studio-generate_preview", "bedrock:InvokeModel", model_elsewhere)
