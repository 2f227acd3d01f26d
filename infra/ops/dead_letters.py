"""Inspect the dead-letter queues and redrive their messages."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from chalicelib.operator.service import dead_letters
from infra.deploy import handlers
from infra.ops import actor, output
from infra.ops.errors import CommandRefused


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("dead-letters", help="messages that failed five deliveries")
    parser.add_argument("queue", nargs="?", help="show one queue, e.g. studio-generate_preview; default: count all")
    parser.add_argument("--redrive", action="store_true", help="move the queue's dead letters back to it")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Count, show or redrive messages. Raises CommandRefused if the queue does not exist."""
    queue = arguments.queue
    if queue not in (None, *_queues()):
        raise CommandRefused(f"no such queue: {queue}; there are {', '.join(_queues())}")
    if arguments.redrive and queue is None:
        raise CommandRefused(f"name a queue: {', '.join(_queues())}")
    if arguments.redrive:
        _redrive(queue, arguments)
    elif queue:
        _show(queue, arguments)
    else:
        with output.lines(arguments) as write:
            for name in _queues():
                count = dead_letters.count_dead_letters(name)
                write({"queue": name, "dead_letters": count}, f"{count:6}  {name}")
    return 0


def _show(queue: str, arguments: Namespace) -> None:
    """Print up to ten messages, masked, and leave them in the queue."""
    with output.lines(arguments) as write:
        for letter in dead_letters.list_dead_letters(queue, dead_letters.BATCH):
            text = f"{letter.message_id}  received {letter.received} times\n  {letter.body}"
            write(letter.model_dump(mode="json"), text)


def _redrive(queue: str, arguments: Namespace) -> None:
    """Move every message back to its queue."""
    moved = 0
    with output.bar("messages", dead_letters.count_dead_letters(queue)) as bar:
        for _ in dead_letters.iterate_moved(queue):
            moved += 1
            bar.update()
    dead_letters.record_redrive(actor.operator(), queue, moved)
    output.write_result(arguments, {"queue": queue, "moved": moved}, f"{moved} messages moved back to {queue}")


def _queues() -> list[str]:
    return [consumer.queue for consumer in handlers.consumers()]
