"""Messages in the records that SQS passes to a handler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chalice.app import SQSRecord

from chalicelib.kit import logs, messages, tombstones
from chalicelib.kit.messages import Message

M = TypeVar("M", bound=Message, covariant=True)
Kinds = Mapping[str, type[Message]]
"""The message classes of a queue, by name."""

log = logs.logger("jobs")


@dataclass(frozen=True, slots=True)
class ReceivedMessage(Generic[M]):
    """A message and the SQS id of its record. A bucket notification may have several messages in one record."""

    id: str
    content: M


def record_id(record: SQSRecord) -> str:
    """Return the record's SQS message id, by which it is reported as failed."""
    return str(record.to_dict()["messageId"])


def read_record(kinds: Kinds, record: SQSRecord) -> Iterable[Message]:
    """Return the messages of a record.

    The only class of a queue needs no name. Raises KeyError for an unknown name, ValidationError (pydantic).
    """
    if len(kinds) == 1:
        kind = next(iter(kinds.values()))
    else:
        kind = kinds[record.to_dict()["messageAttributes"][messages.NAME_ATTRIBUTE]["stringValue"]]
    return kind.read(record.body)


def without_erased(batch: Sequence[ReceivedMessage[M]]) -> list[ReceivedMessage[M]]:
    """Return the messages about no erased subject; one read call for each 100 subjects and actors of the batch."""
    named = [(received, received.content.subjects(), received.content.actors()) for received in batch]
    erased = tombstones.erased_among(name for _, subjects, actors in named for name in (*subjects, *actors))
    if not erased:
        return list(batch)
    kept = []
    for received, subjects, actors in named:
        if tombstones.names_erased(erased, subjects, actors):
            log.info("message dropped: subject erased", extra={"kind": type(received.content).__name__})
        else:
            kept.append(received)
    return kept


def correlation_id(message: Message) -> str:
    """Return the id that joins the log lines about a message; its own id if it has none from its sender."""
    return message.correlation_id or message.message_id
