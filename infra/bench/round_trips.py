"""Count an operation's calls to AWS and the capacity units of its writes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import aws

SERVICES = ("dynamodb", "s3", "sqs", "sns", "kms")
_READS = {"GetItem", "Query", "BatchGetItem", "Scan", "TransactGetItems"}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem", "BatchExecuteStatement"}


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one operation: calls by kind, and write capacity units. Presigning is not a call."""

    reads: int = 0
    writes: int = 0
    write_units: int = 0
    sends: int = 0
    objects: int = 0


@dataclass
class Meter:
    """Counts calls by `service.Operation` when their responses arrive, from all threads of this process."""

    calls: Counter[str] = field(default_factory=Counter)
    write_units: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        """Count a call; a botocore `after-call` handler."""
        with self._lock:
            self.calls[f"{model.service_model.service_name}.{model.name}"] += 1
            if model.name in _WRITES:
                consumed = parsed.get("ConsumedCapacity") or []
                tables = consumed if isinstance(consumed, list) else [consumed]
                self.write_units += sum(table.get("CapacityUnits", 0.0) for table in tables)

    @property
    def cost(self) -> Cost:
        """The cost so far. Receiving and deleting queue messages is excluded, because Lambda does that."""
        dynamodb = {name.partition(".")[2]: count for name, count in self.calls.items() if name.startswith("dynamodb.")}
        return Cost(
            reads=sum(dynamodb.get(name, 0) for name in _READS),
            writes=sum(dynamodb.get(name, 0) for name in _WRITES),
            write_units=round(self.write_units),
            sends=sum(self.calls[name] for name in ("sns.Publish", "sqs.SendMessage", "sqs.SendMessageBatch")),
            objects=sum(count for name, count in self.calls.items() if name.startswith("s3.")),
        )


@contextmanager
def metered() -> Iterator[Meter]:
    """Count the calls inside the block."""
    meter = Meter()
    clients = [aws.client(service) for service in SERVICES]
    for client in clients:
        client.meta.events.register("after-call", meter.note)
    try:
        yield meter
    finally:
        for client in clients:
            client.meta.events.unregister("after-call", meter.note)
