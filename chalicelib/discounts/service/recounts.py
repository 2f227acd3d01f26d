"""Requested recounts of shops: an operator's rebuild, and the weekly check of a sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.discounts.metrics import USAGE_DIFFERS
from chalicelib.discounts.schemas.usage import UsageRecountRequested
from chalicelib.discounts.service import rebuild
from chalicelib.kit import logs
from chalicelib.kit.queue_records import ReceivedMessage

Received = ReceivedMessage[Any]

log = logs.logger("discounts")


def separate(batch: Iterable[Received]) -> tuple[list[Received], list[Received]]:
    """Return the messages about orders, and the requests for recounts."""
    every = list(batch)
    requests = [each for each in every if isinstance(each.content, UsageRecountRequested)]
    return [each for each in every if each not in requests], requests


def recount_shops(requests: Sequence[Received]) -> list[Received]:
    """Run the recounts of shops, one after another; return the requests that failed."""
    failed = []
    for received in requests:
        try:
            _recount(received.content)
        except Exception:
            log.exception("shop not recounted", extra={"shop": received.content.shop})
            failed.append(received)
    return failed


def _recount(request: UsageRecountRequested) -> None:
    if not request.is_check:
        result = rebuild.rebuild_usage(request.shop)
        log.info("usage rebuilt", extra={"shop": request.shop, "differences": result.differences})
        return
    checked = rebuild.check_usage(request.shop)
    if checked is None:
        log.info("usage not checked: orders keep arriving", extra={"shop": request.shop})
    else:
        USAGE_DIFFERS.count(checked.differences)
