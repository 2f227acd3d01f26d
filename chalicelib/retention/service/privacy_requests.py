"""Requests put on record with the day by which they must be done, and handed to their workers: Shopify's, operators'."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import clock, ids, logs, messages
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import requests
from chalicelib.retention.schemas import ErasureRequested, ExportRequested
from chalicelib.shops import service as shops
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic

WITHIN = timedelta(days=30)
"""How long Shopify gives (shopify.dev/docs/apps/build/compliance/privacy-law-compliance), and the GDPR (article 12)."""

_NAMESPACE = "5a0e7f0c-3a55-4c4e-9c53-0b9c1d3e7a41"

log = logs.logger("retention")


def accept(asked: PrivacyRequested) -> None:
    """Put a request of Shopify's on record, once, and have it done. A shop is erased as far as the asking app goes."""
    row = _row(
        ids.derived(_NAMESPACE, asked.message_id),
        PrivacyKind.EXPORT if asked.request is PrivacyTopic.DATA_REQUEST else PrivacyKind.ERASE,
        _subject(asked),
        f"shopify/{asked.app}/{asked.request}",
        asked.triggered_at,
    )
    row.progress = {"apps": [asked.app], "order_ids": asked.order_ids, "reference": asked.reference}
    if requests.add(row):
        log.info("a privacy request", extra={"request": row.id, "kind": row.kind, "due_at": clock.iso(row.due_at)})
    hand_on(row)


def begin(kind: PrivacyKind, subject: Subject, origin: str) -> PrivacyRequest:
    """Put a request of an operator's on record and have it done: all apps of a shop."""
    row = _row(ids.new(), kind, subject, origin, clock.now())
    row.progress = {"apps": list(shops.app_handles()) if subject.type is SubjectType.SHOP else []}
    requests.add(row)
    hand_on(row)
    return row


def hand_on(row: PrivacyRequest) -> None:
    """Let the worker know; it does nothing for what is done."""
    kind = ErasureRequested if row.kind is PrivacyKind.ERASE else ExportRequested
    messages.publish(kind(request=row.id))


def remind(due: datetime) -> None:
    """Hand on every request of before then that is not completed: a crash may have lost its message."""
    for row in requests.iterate_open():
        if row.created_at < due:
            hand_on(row)


def _row(request: str, kind: PrivacyKind, subject: Subject, origin: str, asked_at: datetime) -> PrivacyRequest:
    return PrivacyRequest(
        id=request,
        kind=kind,
        subject=str(subject),
        origin=origin,
        status=PrivacyStatus.PENDING,
        due_at=asked_at + WITHIN,
        created_at=clock.now(),
    )


def _subject(asked: PrivacyRequested) -> Subject:
    """A guest is known by the orders alone."""
    if asked.request is PrivacyTopic.SHOP_REDACT:
        return Subject(SubjectType.SHOP, asked.shop, asked.shop)
    if asked.customer_id is None:
        return Subject.guest(asked.shop, asked.order_ids)
    return Subject(SubjectType.CUSTOMER, asked.customer_id, asked.shop)
