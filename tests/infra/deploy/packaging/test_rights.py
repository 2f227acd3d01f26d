"""A function may use the messages, tables, prefixes, keys and models that its code names, even indirectly."""

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
from infra.deploy import bedrock_ids, data_stack, handlers
from infra.deploy.packaging import import_scan, policies, references
from infra.deploy.packaging.names import API, HTTP_FUNCTIONS
from tests import access
from tests.infra.deploy.packaging.test_policies import allowed, documents

__all__ = ["documents"]


def entry_modules() -> dict[str, list[str]]:
    """Return the entry modules of each function by name."""
    served: dict[str, set[str]] = {name: set() for name in HTTP_FUNCTIONS.values()}
    for methods in handlers.chalice_app().routes.values():
        for entry in methods.values():
            contract = getattr(entry.view_function, "contract", None)
            served[HTTP_FUNCTIONS[getattr(contract, "function", "api")]].add(entry.view_function.__module__)
    jobs = {h.name: [h.entry.rpartition(".")[0]] for h in (*handlers.consumers(), *handlers.schedules())}
    return {name: sorted(views) for name, views in served.items()} | jobs


def reached_modules(name: str) -> Iterable[str]:
    return import_scan.of(entry_modules()[name]).modules


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


def mentioned_classes(module: str) -> set[type[Message]]:
    """Return the message classes that a module names outside annotations and imports.

    Cruder than the derivation of rights, and independent of it: by the text of the name.
    """
    tree = import_scan._tree(module) or ast.Module([], [])
    namespace = vars(import_module(module))
    types = {id(part) for node in ast.walk(tree) for part in _type_nodes(node) for part in ast.walk(part)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in types}
    objects = (namespace.get(name) for name in names)
    return {result for result in objects if isinstance(result, type) and issubclass(result, Message)}


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
        for kind in {kind for module in reached_modules(name) for kind in mentioned_classes(module)}:
            if kind.topic:
                assert data_stack.physical(kind.topic) in topics, (name, kind)
            if kind.queue:
                assert data_stack.physical(kind.queue) in queues, (name, kind)


def test_a_function_may_publish_only_messages_in_its_code(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        used_classes = {kind for module in reached_modules(name) for kind in import_scan.messages_of(module)}
        assert allowed(document, "sns:Publish") == {
            data_stack.physical(kind.topic) for kind in used_classes if kind.topic
        }
        queues = {kind.queue for kind in used_classes if kind.queue}
        if policies.REDRIVES in reached_modules(name):
            queues |= {consumer.queue for consumer in handlers.consumers()}
        assert allowed(document, "sqs:SendMessage") == {data_stack.physical(queue) for queue in queues}
        read_only = set(references.with_subclasses(Message)) - used_classes
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
    """Tested with real imports in its own process: `kit.tables.loaded` finds models that no code names."""
    command = [sys.executable, "-c", LOADED, *entry_modules()[name]]
    process = subprocess.run(command, cwd=handlers.ROOT, capture_output=True, text=True, check=True)
    modules = json.loads(process.stdout)

    assert modules
    for action in ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"):
        granted_resources = allowed(documents[name], action)
        for table in modules:
            assert any(fnmatch(f"table/{table}", pattern) for pattern in granted_resources), (action, table)


MODULES_OF_FOLDERS = {folder.removesuffix("*"): module for module, folder in policies.IMAGE_FOLDERS.items()}
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
        if policies.STORAGE not in modules:
            continue
        contexts = {module.split(".")[1] for module in modules if "." in module} - {
            "kit",
            "integrations",
            "operator",
            "retention",
        }
        for folder in (folder for context in contexts for folder in prefixes(context)):
            module = MODULES_OF_FOLDERS.get(folder.prefix)
            if folder.bucket is Bucket.IMAGES and (module is None or module in modules):
                visited_names.add(folder.prefix)
                for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
                    granted_resources = {json.dumps(resource) for resource in allowed(document, action)}
                    assert any(
                        fnmatch(f"{images}/{folder.prefix}x", pattern.strip('"').removeprefix(":::").rpartition(":")[2])
                        for pattern in granted_resources
                    ), (name, folder.prefix, action)
    assert {"uploads/", "photos/", "pictures/", "previews/", "finals/", "watermarks/", "examples/"} <= visited_names


def test_a_function_that_names_the_archive_may_use_it(documents: dict[str, dict[str, Any]]) -> None:
    archive = config.settings().archive_bucket
    for name, document in documents.items():
        names_archive = any(
            "archive_bucket" in import_scan._identifiers(module)
            for module in set(reached_modules(name)) - {"chalicelib.kit.config"}
        )
        assert names_archive is (archive in json.dumps(document)), name


def test_only_functions_that_store_secrets_may_use_the_key(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        seals = "chalicelib.kit.secrets" in set(reached_modules(name))
        assert bool(allowed(document, "kms:Encrypt")) is seals, name
        assert bool(allowed(document, "kms:Decrypt")) is seals, name


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
