"""The queue consumers and schedules that the Chalice app declares. The stacks, the pump and tests derive from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chalice.app import Chalice, ScheduledEventConfig, SQSEventConfig

import app
from chalicelib.kit.jobs import QueueOptions
from chalicelib.kit.lazy_app import load_all
from chalicelib.kit.messages import BucketEvent, Message

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".chalice" / "config.json"
DEFAULT_TIMEOUT = 60
DEFAULT_MEMORY = 256
MAX_BATCH_SIZE = 10_000
MAX_UNWINDOWED = 10
"""The largest batch size of a queue without a batching window."""


@dataclass(frozen=True, slots=True)
class Handler:
    """A Lambda that is invoked asynchronously. `entry` is the runtime's import path, `module.function`."""

    name: str
    entry: str
    timeout: int
    memory: int

    @property
    def context(self) -> str:
        return self.name.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Consumer(Handler):
    """A Lambda that consumes the queue of the same name."""

    batch_size: int
    messages: tuple[type[Message], ...]
    options: QueueOptions

    def __post_init__(self) -> None:
        """Raise ValueError if Lambda refuses the batch size (CreateEventSourceMapping, `BatchSize`)."""
        if not 1 <= self.batch_size <= MAX_BATCH_SIZE:
            raise ValueError(f"{self.name}: batch_size is 1 to {MAX_BATCH_SIZE}")
        if self.batch_size > MAX_UNWINDOWED and not self.options.batching_window:
            raise ValueError(f"{self.name}: a batch_size over {MAX_UNWINDOWED} needs a batching_window")

    @property
    def queue(self) -> str:
        return self.name

    @property
    def topics(self) -> list[str]:
        """The topics that the queue is subscribed to."""
        return [message.topic for message in self.messages if message.topic]

    @property
    def bucket_prefix(self) -> str | None:
        """The prefix of the images bucket whose notifications the queue receives, if any."""
        return next((message.prefix for message in self.messages if issubclass(message, BucketEvent)), None)


@dataclass(frozen=True, slots=True)
class Schedule(Handler):
    """A Lambda that EventBridge starts; `expression` is its schedule expression, `formerly` its name in an earlier release."""

    expression: str
    formerly: str | None = None


def chalice_app() -> Chalice:
    """Return the app with every route and handler registered."""
    return load_all(app.app)  # this also imports every model and message


@cache
def limits() -> dict[str, dict[str, Any]]:
    """Return memory (MB) and timeout (seconds) by function, from Chalice's configuration."""
    return dict(json.loads(CONFIG.read_text()).get("lambda_functions", {})) if CONFIG.exists() else {}


def _common(name: str, entry: str) -> dict[str, Any]:
    own = limits().get(name, {})
    return {
        "name": name,
        "entry": entry,
        "timeout": own.get("lambda_timeout", DEFAULT_TIMEOUT),
        "memory": own.get("lambda_memory_size", DEFAULT_MEMORY),
    }


def consumers() -> list[Consumer]:
    """Return every queue consumer, sorted by name."""
    found = []
    for source in chalice_app().event_sources:
        if isinstance(source, SQSEventConfig):
            function = vars(chalice_app().handler_map[source.name])["func"]
            common = _common(source.name, source.handler_string)
            declared = {"messages": function.consumes, "options": function.options}
            found.append(Consumer(**common, batch_size=source.batch_size, **declared))
    return sorted(found, key=lambda consumer: consumer.name)


def schedules() -> list[Schedule]:
    """Return every schedule, sorted by name."""
    found = []
    for source in chalice_app().event_sources:
        if isinstance(source, ScheduledEventConfig):
            formerly = vars(chalice_app().handler_map[source.name])["func"].formerly
            common = _common(source.name, source.handler_string)
            found.append(Schedule(**common, expression=str(source.schedule_expression), formerly=formerly))
    return sorted(found, key=lambda schedule: schedule.name)


def topics() -> list[str]:
    """Return every topic that a message class declares, with or without a consumer."""
    return sorted({kind.topic for kind in _below(Message) if kind.topic})


def _below(kind: type[Message]) -> list[type[Message]]:
    return [found for sub in kind.__subclasses__() for found in (sub, *_below(sub))]
