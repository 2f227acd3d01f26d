"""Erase a data subject, export their data, and show the progress of privacy requests."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from functools import partial
from typing import Any

from chalicelib.retention.models import PrivacyKind, PrivacyStatus
from chalicelib.retention.schemas import PrivacyRequestRead
from chalicelib.retention.service import privacy_requests
from infra.ops import actor, output
from infra.ops.errors import CommandRefused
from infra.ops.pages import iterate_pages
from infra.ops.signals import resumable

SUBJECT = "shop:<domain>, customer:<domain>:<GID>, member:<id>, store:<id> or owner:<id>"
LOOK_SECONDS = 0.5


def add(commands: Any) -> None:
    """Declare the commands."""
    gone: ArgumentParser = commands.add_parser(
        "erase", help="erase a data subject: a shop, customer, member, store or owner"
    )
    gone.add_argument("subject", help=SUBJECT)
    gone.add_argument("--yes", action="store_true", help="confirm the erasure; it cannot be undone")
    gone.set_defaults(run=erase)
    shown: ArgumentParser = commands.add_parser("export", help="export a data subject's personal data as a zip file")
    shown.add_argument("subject", help=SUBJECT)
    shown.set_defaults(run=export)
    asked: ArgumentParser = commands.add_parser("privacy-requests", help="list privacy requests and their progress")
    asked.add_argument("request", nargs="?", help="one request id; default: all of a status, by due date")
    asked.add_argument("--status", choices=[str(status) for status in PrivacyStatus], help="default: all open ones")
    asked.set_defaults(run=show)


def erase(arguments: Namespace) -> int:
    """Request an erasure, wait until it is completed and print its report.

    Raises InvalidSubject if the subject is invalid, CommandRefused without `--yes`.
    """
    if not arguments.yes:
        raise CommandRefused(f"erasing {arguments.subject} cannot be undone; confirm with --yes")
    begun = privacy_requests.begin_request(actor.operator(), PrivacyKind.ERASE, arguments.subject)
    output.write_result(arguments, _awaited(begun))
    return 0


def export(arguments: Namespace) -> int:
    """Request an export, wait until it is completed and print its download link.

    Raises InvalidSubject if the subject is invalid.
    """
    account = actor.operator()
    begun = _awaited(privacy_requests.begin_request(account, PrivacyKind.EXPORT, arguments.subject))
    link = privacy_requests.create_export_link(account, begun.id)
    output.say(f"The link expires at {link.expires_at:%H:%M} UTC; anyone who has it can download the export.")
    output.write_result(arguments, link, link.url)
    return 0


def show(arguments: Namespace) -> int:
    """Print one request, or a line for each. Raises RequestNotFound if there is no such request."""
    if arguments.request:
        output.write_result(arguments, privacy_requests.read_request(arguments.request))
        return 0
    with output.lines(arguments) as write:
        for read in _requests(arguments.status):
            count = sum(read.counts.values())
            columns = (read.id, read.due_at.date(), read.status, read.kind, read.origin, read.step or "-", count)
            write(read.model_dump(mode="json"), "\t".join(map(str, columns)))
    return 0


def _requests(status: str | None) -> Iterator[PrivacyRequestRead]:
    open_ones = [each for each in PrivacyStatus if each is not PrivacyStatus.COMPLETED]
    for each in [PrivacyStatus(status)] if status else open_ones:
        yield from iterate_pages(partial(privacy_requests.list_requests, each, None))


def _awaited(begun: PrivacyRequestRead) -> PrivacyRequestRead:
    """Wait until the worker has completed the request and return it. The bar counts rows and objects."""
    advice = f"The worker continues; `privacy-requests {begun.id}` shows its progress."
    with resumable(advice), output.bar("rows and objects") as bar:
        while True:
            read = privacy_requests.read_request(begun.id)
            done = (read.report or {}).get("erased") or (read.report or {}).get("exported") or read.counts
            bar.update(sum(done.values()) - bar.n)
            bar.set_postfix_str(read.step or "")
            if read.status is PrivacyStatus.COMPLETED:
                return read
            time.sleep(LOOK_SECONDS)
