"""The reads that the tables must serve."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, ids
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus


def test_open_privacy_requests_by_due_date_and_all_of_a_subject() -> None:
    now = clock.now()
    for days, status in ((30, PrivacyStatus.PENDING), (2, PrivacyStatus.PENDING), (1, PrivacyStatus.COMPLETED)):
        PrivacyRequest(
            id=ids.new(),
            kind=PrivacyKind.EXPORT,
            subject="shop:roses.myshopify.com",
            origin="customers/data_request",
            status=status,
            due_at=now + timedelta(days=days),
            created_at=now - timedelta(days=days),
        ).save()
    due = [row.due_at for row in PrivacyRequest.by_status.query(PrivacyStatus.PENDING)]
    assert due == [now + timedelta(days=2), now + timedelta(days=30)]
    created = [row.created_at for row in PrivacyRequest.by_subject.query("shop:roses.myshopify.com")]
    assert created == sorted(created)
    assert len(created) == 3
