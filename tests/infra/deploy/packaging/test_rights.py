"""A function may do what its code does, however indirectly the code names it: messages, tables, folders, keys, models."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib import import_module
from typing import Any

import pytest

from chalicelib.kit import config
from chalicelib.kit.data_policy import Bucket, ObjectPrefix
from chalicelib.kit.messages import Message
from infra.deploy import data_stack, handlers
from infra.deploy.packaging import import_scan, policies, references
from infra.deploy.packaging.names import API
from tests.infra.deploy.packaging.test_policies import allowed, documents

__all__ = ["documents"]


def entries() -> dict[str, list[str]]:
    """The modules that each function starts with, by the function's name."""
    routes = handlers.chalice_app().routes.values()
    views = {entry.view_function.__module__ for methods in routes for entry in methods.values()}
    jobs = {h.name: [h.entry.rpartition(".")[0]] for h in (*handlers.consumers(), *handlers.schedules())}
    return {API: sorted(views)} | jobs


def reached(name: str) -> Iterable[str]:
    return import_scan.of(entries()[name]).modules


def test_every_queue_has_a_sender(documents: dict[str, dict[str, Any]]) -> None:
    """A function of the bundle, or the topic or the bucket that the data stack connects it to."""
    senders = {queue for document in documents.values() for queue in allowed(document, "sqs:SendMessage")}
    resources = data_stack.template()["Resources"]
    subscribed = {
        body["Properties"]["Endpoint"]["Fn::GetAtt"][0]
        for body in resources.values()
        if body["Type"] == "AWS::SNS::Subscription"
    }
    notified = {
        configuration["Queue"]["Fn::GetAtt"][0]
        for configuration in resources["ImagesBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    }

    for consumer in handlers.consumers():
        queue = data_stack.logical("Queue", consumer.queue)
        sources = [data_stack.physical(consumer.queue) in senders, queue in subscribed, queue in notified]
        assert any(sources), consumer.queue


def test_every_topic_with_a_consumer_has_a_publisher(documents: dict[str, dict[str, Any]]) -> None:
    published = {topic for document in documents.values() for topic in allowed(document, "sns:Publish")}

    for consumer in handlers.consumers():
        for topic in consumer.topics:
            assert data_stack.physical(topic) in published, topic


def test_privacy_requests_reach_their_workers(documents: dict[str, dict[str, Any]]) -> None:
    """By Shopify's topics (`retention-accept_privacy_request`), by an operator (the API), and by the schedule that mends what was lost."""
    for sender in ("retention-accept_privacy_request", "api_handler", "retention-check_due_dates"):
        queues = allowed(documents[sender], "sqs:SendMessage")
        assert {data_stack.physical(f"retention-{verb}_subject") for verb in ("erase", "export")} <= queues, sender


def mentions(module: str) -> set[type[Message]]:
    """Message classes that a module names anywhere outside annotations and imports, resolved by its own namespace alone.

    Cruder than the derivation of rights, and independent of it: by the text of the name.
    """
    tree = import_scan._tree(module) or ast.Module([], [])
    namespace = vars(import_module(module))
    types = {id(part) for node in ast.walk(tree) for part in _types(node) for part in ast.walk(part)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in types}
    objects = (namespace.get(name) for name in names)
    return {found for found in objects if isinstance(found, type) and issubclass(found, Message)}


def _types(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that only state types, and what `@consumes` reads."""
    parts: list[ast.AST | None] = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    parts += node.bases if isinstance(node, ast.ClassDef) else []
    parts += [node] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) else []
    parts += [node.cls] if isinstance(node, ast.MatchClass) else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        parts += {"consumes": node.args, "isinstance": node.args[1:]}.get(node.func.id, [])
    return [part for part in parts if part is not None]


def test_a_function_may_publish_every_message_that_its_code_names(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        topics, queues = allowed(document, "sns:Publish"), allowed(document, "sqs:SendMessage")
        for kind in {kind for module in reached(name) for kind in mentions(module)}:
            if kind.topic:
                assert data_stack.physical(kind.topic) in topics, (name, kind)
            if kind.queue:
                assert data_stack.physical(kind.queue) in queues, (name, kind)


def test_a_function_may_publish_nothing_that_its_code_does_not_use(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        used = {kind for module in reached(name) for kind in import_scan.messages_of(module)}
        assert allowed(document, "sns:Publish") == {data_stack.physical(kind.topic) for kind in used if kind.topic}
        assert allowed(document, "sqs:SendMessage") == {data_stack.physical(kind.queue) for kind in used if kind.queue}
        read_only = set(references.with_subclasses(Message)) - used
        assert not {data_stack.physical(k.topic) for k in read_only if k.topic} & allowed(document, "sns:Publish")


LOADED = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
from chalicelib.kit import tables
print(json.dumps([str(model.Meta.table_name) for model in tables.loaded()]))
"""


@pytest.mark.parametrize(
    "name",
    [API, "shops-apply_webhook", "billing-process_stripe_event", "studio-generate_preview", "retention-erase_subject"],
)
def test_every_table_that_a_function_loads_is_granted(documents: dict[str, dict[str, Any]], name: str) -> None:
    """By what Python really imports, in a process of its own: `kit.tables.loaded` finds models that no code names."""
    command = [sys.executable, "-c", LOADED, *entries()[name]]
    done = subprocess.run(command, cwd=handlers.ROOT, capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)

    assert loaded
    for action in ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"):
        granted = allowed(documents[name], action)
        for table in loaded:
            assert any(fnmatch(f"table/{table}", pattern) for pattern in granted), (action, table)


def prefixes(context: str) -> list[ObjectPrefix]:
    """The folders of a context, as its own rules of data protection declare them."""
    if context == "integrations":
        return []
    return [
        value for value in _members(import_module(f"chalicelib.{context}.retention")) if isinstance(value, ObjectPrefix)
    ]


def _members(module: Any) -> Iterable[Any]:
    for value in vars(module).values():
        yield from value if isinstance(value, tuple | list) else [value]


def test_a_function_handles_every_folder_of_the_contexts_that_it_reaches(documents: dict[str, dict[str, Any]]) -> None:
    images = config.settings().images_bucket
    walked = set()
    for name, document in documents.items():
        modules = set(reached(name))
        if policies.STORAGE not in modules:
            continue
        contexts = {module.split(".")[1] for module in modules if "." in module} - {"kit", "integrations", "retention"}
        for folder in (folder for context in contexts for folder in prefixes(context)):
            if folder.bucket is Bucket.IMAGES:
                walked.add(folder.prefix)
                for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
                    granted = {json.dumps(resource) for resource in allowed(document, action)}
                    assert any(
                        fnmatch(f"{images}/{folder.prefix}x", pattern.strip('"').removeprefix(":::").rpartition(":")[2])
                        for pattern in granted
                    ), (name, folder.prefix, action)
    assert {"uploads/", "previews/", "finals/", "watermarks/", "examples/"} <= walked


def test_a_function_that_names_the_archive_reaches_it(documents: dict[str, dict[str, Any]]) -> None:
    archive = config.settings().archive_bucket
    for name, document in documents.items():
        named = any(
            "archive_bucket" in import_scan._identifiers(module)
            for module in set(reached(name)) - {"chalicelib.kit.config"}
        )
        assert named is (archive in json.dumps(document)), name


def test_a_function_that_stores_secrets_has_the_key_and_no_other_has_it(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        seals = "chalicelib.kit.secrets" in set(reached(name))
        assert bool(allowed(document, "kms:Encrypt")) is seals, name
        assert bool(allowed(document, "kms:Decrypt")) is seals, name


def test_a_function_that_asks_a_model_of_bedrock_s_may_do_so(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        asks = "chalicelib.integrations.image_models.bedrock" in set(reached(name))
        assert bool(allowed(document, "bedrock:InvokeModel")) is asks, name
