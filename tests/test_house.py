"""Rules of the architecture that no linter checks. Names and English: `tests/test_names.py`."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit import attributes
from chalicelib.kit.messages import Message
from infra.deploy import data_stack, handlers
from infra.deploy.handlers import Consumer, Handler

ROOT = Path(__file__).resolve().parents[1]
HEAVY = [
    "argon2",
    "zxcvbn",
    "icalendar",
    "stripe",
    "PIL",
    "jinja2",
    "sqlalchemy",
    "boto3",
    "requests",
    "duckdb",
    "ua_parser",
    "crawleruseragents",
]

LOAD = """
import importlib, json, sys
module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
response = handler(json.loads(sys.argv[2]), None) if sys.argv[2] else None
print(json.dumps({"response": response, "modules": sorted(sys.modules)}))
"""


def _handlers() -> list[Handler]:
    return [*handlers.consumers(), *handlers.schedules()]


def _source(folder: str) -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / folder).rglob("*.py")}


@pytest.mark.parametrize("handler", _handlers(), ids=lambda handler: str(handler.name))
def test_each_handler_starts_in_a_fresh_process_without_the_app(handler: Handler) -> None:
    event = json.dumps({"Records": []}) if handler in handlers.consumers() else ""
    command = [sys.executable, "-c", LOAD, handler.entry, event]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    result = json.loads(process.stdout.splitlines()[-1])
    modules = set(result["modules"])
    assert "app" not in modules
    assert not [name for name in modules if name.endswith(".routes")]
    assert not modules & set(HEAVY)
    if event:
        assert result["response"] == {"batchItemFailures": []}


def test_the_api_starts_without_heavy_libraries() -> None:
    code = f"""
import json, sys
from chalice.test import Client
import app
with Client(app.app) as client:
    assert client.http.get("/ready").status_code == 200
print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))
"""
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(process.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("model", data_stack.models(), ids=lambda model: str(model.Meta.table_name))
def test_models_use_attributes_of_kit_only(model: Any) -> None:
    allowed = {getattr(attributes, name) for name in attributes.__all__}
    assert {type(attribute) for attribute in model.get_attributes().values()} <= allowed
    context = model.__module__.split(".")[1]
    assert str(model.Meta.table_name).startswith(f"backroom-test-{context}-")
    assert all(name.startswith("by_") for name in model._indexes)


def _messages() -> list[type[Message]]:
    return [
        kind
        for kind in handlers._below(Message)
        if kind.__module__.startswith("chalicelib.") and "prefix" not in vars(kind)
    ]


@pytest.mark.parametrize(
    "kind", [kind for kind in _messages() if kind.topic or kind.queue], ids=lambda kind: str(kind.__name__)
)
def test_a_message_is_named_after_its_topic_or_queue(kind: type[Message]) -> None:
    context = kind.__module__.split(".")[1]
    assert bool(kind.topic) != bool(kind.queue), "either a topic or a queue of its context"
    if kind.topic:
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        assert kind.topic == f"{context}-{snake}"
    else:
        assert kind.queue in {consumer.queue for consumer in handlers.consumers()}
        assert str(kind.queue).startswith(f"{context}-")


@pytest.mark.parametrize("consumer", handlers.consumers(), ids=lambda consumer: str(consumer.name))
def test_the_annotation_of_a_consumer_names_its_messages(consumer: Consumer) -> None:
    module, _, name = consumer.entry.rpartition(".")
    function = inspect.unwrap(vars(importlib.import_module(module))[name].func)
    names = " | ".join(kind.__name__ for kind in consumer.messages)
    together = f"Sequence[ReceivedMessage[{names}]]"
    assert {"message": names, "batch": together}.items() & function.__annotations__.items()


def test_every_queue_has_one_consumer_and_one_dead_letter_queue() -> None:
    resources = data_stack.template()["Resources"].values()
    queues = [item["Properties"] for item in resources if item["Type"] == "AWS::SQS::Queue"]
    live = {queue["QueueName"]: queue for queue in queues if "RedrivePolicy" in queue}
    dead = {queue["QueueName"] for queue in queues if "RedrivePolicy" not in queue}
    consumed = [data_stack.physical(consumer.queue) for consumer in handlers.consumers()]
    assert sorted(live) == sorted(consumed)
    assert dead == {f"{name}-dead" for name in live}
    for consumer in handlers.consumers():
        assert live[data_stack.physical(consumer.queue)]["VisibilityTimeout"] >= 6 * consumer.timeout


def test_only_config_reads_the_environment() -> None:
    readers = [name for name, text in _source("chalicelib").items() if "os.environ" in text or "getenv" in text]
    assert readers == ["chalicelib/kit/config.py"]


def test_only_retention_scans_tables() -> None:
    names = {name for name, text in _source("chalicelib").items() if re.search(r"\.scan\(|\bsegment=", text)}
    assert all(name.startswith("chalicelib/retention/") for name in names)


def test_module_names_say_what_they_contain() -> None:
    names = {Path(name).stem for folder in ("chalicelib", "infra", "tests") for name in _source(folder)}
    assert not names & {"utils", "util", "helpers", "common", "misc", "base"}
