"""Replay stored webhook deliveries: by id, or all that match the filters."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import Any

from chalicelib.integrations.storage import NoSuchObject
from chalicelib.kit import clock
from chalicelib.kit.auth import Account
from chalicelib.kit.errors import Problem
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from chalicelib.shops.schemas.operator import DeliveryRead
from chalicelib.shops.service import operator
from infra.ops import actor, output, table_scan
from infra.ops.checkpoints import Run, one_at_a_time
from infra.ops.errors import CommandRefused
from infra.ops.signals import resumable

LOCK = "shops/replay"
COLUMNS = ("delivery_id", "status", "topic", "shop", "app", "received_at")
FILTERS = ("status", "topic", "shop", "since")


def add(commands: Any) -> None:
    """Declare the command."""
    parser: ArgumentParser = commands.add_parser("replay", help="process stored webhook deliveries again")
    parser.add_argument("deliveries", nargs="*", metavar="DELIVERY_ID", help="deliveries to replay; or use filters")
    parser.add_argument("--status", choices=[DeliveryStatus.FAILED.value, DeliveryStatus.RECEIVED.value])
    parser.add_argument("--topic", help="e.g. orders/paid")
    parser.add_argument("--shop", help="e.g. example.myshopify.com")
    parser.add_argument("--since", type=clock.parse, metavar="TIME", help="received at or after, 2026-01-31T08:00Z")
    parser.add_argument("--dry-run", action="store_true", help="list the deliveries without replaying them")
    parser.add_argument("--restart", action="store_true", help="discard the checkpoint of a stopped replay")
    parser.set_defaults(run=replay)


def replay(arguments: Namespace) -> int:
    """Replay the selected deliveries and print a line for each. Return 1 if a delivery could not be replayed.

    Raises CommandRefused unless ids or filters are given, but not both.
    """
    common = {name: str(value) for name in FILTERS if (value := getattr(arguments, name)) is not None}
    if bool(arguments.deliveries) == bool(common):
        raise CommandRefused(f"give delivery ids or filters: {', '.join(f'--{n}' for n in FILTERS)}")
    if arguments.dry_run:
        return _list(arguments)
    if common:
        return _replay_all(arguments, common)
    account = actor.operator()
    with output.lines(arguments) as write:
        failed = [delivery_id for delivery_id in arguments.deliveries if not _replay(account, delivery_id, write)]
    return 1 if failed else 0


def _replay(account: Account, delivery_id: str, write: output.WriteRow) -> bool:
    """Replay one delivery. Return whether it succeeded; a delivery whose payload is unreadable fails."""
    try:
        read = operator.replay_delivery(account, delivery_id)
    except (Problem, NoSuchObject) as error:
        output.say(f"{delivery_id}: {error}")
        return False
    write({"delivery_id": delivery_id, "status": read.status}, f"{delivery_id}\t{read.status}")
    return read.status != "failed"


def _replay_all(arguments: Namespace, common: dict[str, str]) -> int:
    account = actor.operator()
    advice = "The same command resumes from here; --restart starts over."
    with resumable(advice), one_at_a_time(LOCK) as run, output.lines(arguments) as write:
        _begin(run, common, restart=arguments.restart)
        with output.bar("deliveries", table_scan.row_count(WebhookDelivery), run.counts["rows"]) as bar:
            for page in table_scan.pages(WebhookDelivery, run.after, columns=COLUMNS, condition=_condition(arguments)):
                for row in page.rows:
                    run.counts["replayed" if _replay(account, row.delivery_id, write) else "failed"] += 1
                run.counts["rows"] += page.scanned
                run.advance(page.last_key)
                bar.update(page.scanned)
    output.say(f"{run.counts['replayed']:,} replayed, {run.counts['failed']:,} failed.")
    return 1 if run.counts["failed"] else 0


def _begin(run: Run, common: dict[str, str], *, restart: bool) -> None:
    if not run.is_in_progress or restart:
        run.begin(**common)
    elif run.about != common:
        stopped = " ".join(f"--{name} {value}" for name, value in run.about.items())
        raise CommandRefused(f"a replay of {stopped} was stopped: resume it with the same filters, or use --restart")
    else:
        output.say(f"Resuming after {run.counts['rows']:,} deliveries, {run.counts['replayed']:,} of them replayed.")


def _list(arguments: Namespace) -> int:
    names = COLUMNS[:5]
    with output.lines(arguments) as write, output.bar("deliveries", beside=arguments.stdout) as bar:
        for each in _asked_for(arguments):
            fields = {name: str(getattr(each, name)) for name in names}
            write(fields, "\t".join(fields.values()))
            bar.update()
    return 0


def _asked_for(arguments: Namespace) -> Iterator[WebhookDelivery | DeliveryRead]:
    if arguments.deliveries:
        yield from map(operator.read_delivery, arguments.deliveries)
        return
    for page in table_scan.pages(WebhookDelivery, columns=COLUMNS, condition=_condition(arguments)):
        yield from page.rows


def _condition(arguments: Namespace) -> Any:
    asked = []
    if arguments.status:
        asked.append(WebhookDelivery.status == DeliveryStatus(arguments.status))
    if arguments.topic:
        asked.append(WebhookDelivery.topic == arguments.topic)
    if arguments.shop:
        asked.append(WebhookDelivery.shop == arguments.shop)
    if arguments.since:
        asked.append(WebhookDelivery.received_at >= arguments.since)
    return reduce(and_, asked)
