"""Inspect the dead-letter queues and redrive their messages."""

from __future__ import annotations

from argparse import Namespace
from typing import Any, TextIO

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
    queue, stdout = arguments.queue, arguments.stdout
    if queue not in (None, *_queues()):
        raise CommandRefused(f"no such queue: {queue}; there are {', '.join(_queues())}")
    if arguments.redrive and queue is None:
        raise CommandRefused(f"name a queue: {', '.join(_queues())}")
    if arguments.redrive:
        _redrive(queue, stdout)
    elif queue:
        _show(queue, stdout)
    else:
        for name in _queues():
            print(f"{dead_letters.count_dead_letters(name):6}  {name}", file=stdout)
    return 0


def _show(queue: str, stdout: TextIO) -> None:
    """Print up to ten messages, masked, and leave them in the queue."""
    for letter in dead_letters.list_dead_letters(queue):
        print(f"{letter.message_id}  received {letter.received} times\n  {letter.body}", file=stdout)


def _redrive(queue: str, stdout: TextIO) -> None:
    """Move every message back to its queue."""
    moved = 0
    with output.bar("messages", dead_letters.count_dead_letters(queue)) as bar:
        for _ in dead_letters.iterate_moved(queue):
            moved += 1
            bar.update()
    dead_letters.record_redrive(actor.operator(), queue, moved)
    print(f"{moved} messages moved back to {queue}", file=stdout)


def _queues() -> list[str]:
    return [consumer.queue for consumer in handlers.consumers()]
