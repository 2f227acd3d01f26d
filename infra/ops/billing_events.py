"""Replay Stripe events: by id, by type, or all unfinished ones."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from chalicelib.billing.enums import WebhookStatus
from chalicelib.billing.models import StripeWebhook
from chalicelib.billing.service.sync import intake
from chalicelib.kit import audit, clock
from chalicelib.kit.errors import Problem
from infra.ops import actor, output
from infra.ops.errors import CommandRefused

UNFINISHED = (WebhookStatus.RECEIVED, WebhookStatus.PROCESSING, WebhookStatus.FAILED)


def add(commands: Any) -> None:
    """Declare the command."""
    parser: ArgumentParser = commands.add_parser("replay-events", help="process stored Stripe events again")
    parser.add_argument("events", nargs="*", metavar="EVENT_ID", help="events to replay; or use one of the filters")
    parser.add_argument("--unfinished", action="store_true", help="all events that failed or were not processed")
    parser.add_argument("--type", help="all events of a type, e.g. invoice.paid, processed ones included")
    parser.add_argument("--since", type=clock.parse, metavar="TIME", help="with --type: created at or after this time")
    parser.add_argument("--dry-run", action="store_true", help="list the events without replaying them")
    parser.set_defaults(run=replay)


def replay(arguments: Namespace) -> int:
    """Queue the selected events and print one id a line. Return 1 if an event is not stored.

    Replaying an event twice applies it once. Raises CommandRefused unless exactly one filter is given.
    """
    if sum((bool(arguments.events), arguments.unfinished, bool(arguments.type))) != 1:
        raise CommandRefused("give event ids, --unfinished or --type")
    account, failed = actor.operator(), 0
    with output.lines(arguments) as write, output.bar("events", beside=arguments.stdout) as bar:
        for event_id in _asked_for(arguments):
            if not arguments.dry_run:
                try:
                    intake.replay_event(event_id)
                except Problem as error:
                    output.say(f"{event_id}: {error}")
                    failed += 1
                    continue
                audit.publish_operator_action(account, "billing.replay_event", f"event:{event_id}")
            write({"event": event_id}, event_id)
            bar.update()
    return 1 if failed else 0


def _asked_for(arguments: Namespace) -> Iterator[str]:
    if arguments.events:
        yield from arguments.events
    elif arguments.unfinished:
        for status in UNFINISHED:
            yield from (row.stripe_event_id for row in StripeWebhook.by_unfinished.query(status))
    else:
        since = StripeWebhook.stripe_created_at >= arguments.since if arguments.since else None
        yield from (row.stripe_event_id for row in StripeWebhook.by_type.query(arguments.type, since))
