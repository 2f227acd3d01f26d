"""Shopify's privacy topics, put on record with the day by which they must be done."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, ids, logs
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import requests
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic

WITHIN = timedelta(days=30)
"""How long Shopify gives (shopify.dev/docs/apps/build/compliance/privacy-law-compliance)."""

_NAMESPACE = "5a0e7f0c-3a55-4c4e-9c53-0b9c1d3e7a41"

log = logs.logger("retention")


def accept(asked: PrivacyRequested) -> None:
    """Put a request on record, once. `progress` keeps what its worker needs: the app, the orders, the reference."""
    row = PrivacyRequest(
        id=ids.derived(_NAMESPACE, asked.message_id),
        kind=PrivacyKind.EXPORT if asked.request is PrivacyTopic.DATA_REQUEST else PrivacyKind.ERASE,
        subject=_subject(asked),
        origin=f"shopify/{asked.app}/{asked.request}",
        status=PrivacyStatus.PENDING,
        progress={"app": asked.app, "order_ids": asked.order_ids, "reference": asked.reference},
        due_at=asked.triggered_at + WITHIN,
        created_at=clock.now(),
    )
    if requests.add(row):
        log.info("a privacy request", extra={"request": row.id, "kind": row.kind, "due_at": clock.iso(row.due_at)})


def _subject(asked: PrivacyRequested) -> str:
    """`shop:<domain>` or `customer:<domain>:<GID>`; a guest is known by the orders alone."""
    if asked.request is PrivacyTopic.SHOP_REDACT:
        return f"shop:{asked.shop}"
    return f"customer:{asked.shop}:{asked.customer_id or 'guest'}"
