"""The AsyncAPI 3.0 document of the topics, generated from the message classes and the handlers that consume them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from chalice.app import Chalice, SQSEventConfig
from pydantic.json_schema import models_json_schema

from chalicelib.kit import config
from chalicelib.kit.messages import Message

GUARANTEE = "Delivered at least once, in no order. A consumer deduplicates by `message_id` or is idempotent."
_SCHEMAS = "#/components/schemas/"


def document(app: Chalice, title: str, version: str) -> dict[str, Any]:
    """Return the document of every topic: its message, the context that publishes it, and the queues that receive it.

    Every blueprint of `app` must be registered, because that imports the message classes.
    """
    kinds, settings = topic_messages(), config.settings()
    references, definitions = models_json_schema(
        [(kind, "serialization") for kind in kinds], ref_template=_SCHEMAS + "{model}"
    )
    operations: dict[str, Any] = {}
    for kind in kinds:
        operations[f"publish_{kind.topic}"] = _operation("send", kind, f"{publisher(kind)} publishes")
        for queue in consumers(app, kind):
            operations[f"{queue}_receives_{kind.__name__}"] = _operation("receive", kind, f"{queue} receives")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"{title} topics", "version": version, "description": GUARANTEE},
        "defaultContentType": "application/json",
        "servers": {"sns": {"host": f"sns.{settings.region}.amazonaws.com", "protocol": "sns"}},
        "channels": {str(kind.topic): _channel(kind, f"{settings.namespace}-{kind.topic}") for kind in kinds},
        "operations": operations,
        "components": {
            "messages": {kind.__name__: _message(kind, references[kind, "serialization"]) for kind in kinds},
            "schemas": definitions.get("$defs", {}),
        },
    }


def topic_messages() -> list[type[Message]]:
    """Return every message class with a topic, sorted by topic."""
    return sorted((kind for kind in _below(Message) if kind.topic), key=lambda kind: str(kind.topic))


def _below(kind: type[Message]) -> Iterator[type[Message]]:
    for sub in kind.__subclasses__():
        if sub.__module__.startswith("chalicelib."):
            yield sub
        yield from _below(sub)


def publisher(kind: type[Message]) -> str:
    """Return the context that publishes a message: the one that the topic's name begins with."""
    return str(kind.topic).partition("-")[0]


def consumers(app: Chalice, kind: type[Message]) -> list[str]:
    """Return the logical names of the queues whose handlers consume a message class."""
    sources = (source for source in app.event_sources if isinstance(source, SQSEventConfig))
    return sorted(source.name for source in sources if kind in vars(app.handler_map[source.name])["func"].consumes)


def about(kind: type[Message]) -> str:
    """Return the docstring of a message class, in one line; empty without one of its own."""
    return " ".join(inspect.cleandoc(vars(kind).get("__doc__") or "").split())


def _channel(kind: type[Message], address: str) -> dict[str, Any]:
    return {
        "address": address,
        "description": about(kind),
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}},
        "servers": [{"$ref": "#/servers/sns"}],
        "bindings": {"sns": {"name": address}},
    }


def _operation(action: str, kind: type[Message], summary: str) -> dict[str, Any]:
    channel = f"#/channels/{kind.topic}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"{summary} {kind.__name__}",
        "messages": [{"$ref": f"{channel}/messages/{kind.__name__}"}],
    }


def _message(kind: type[Message], payload: dict[str, Any]) -> dict[str, Any]:
    headers = {"message_name": {"type": "string", "const": kind.__name__}}
    return {
        "name": kind.__name__,
        "title": kind.__name__,
        "summary": about(kind),
        "headers": {"type": "object", "properties": headers},
        "payload": payload,
    }
