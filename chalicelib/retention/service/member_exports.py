"""Exports that members request of their own data."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import attempts
from chalicelib.kit.attempts import Limit
from chalicelib.kit.auth import Account
from chalicelib.kit.data_subjects import Subject, SubjectType, pseudonym
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_in_order
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import privacy_requests as requests
from chalicelib.retention.schemas import MemberExportRead
from chalicelib.retention.service import privacy_requests

LIMIT = Limit("member-export", 3, timedelta(days=1), is_reported=True)
SHOWN = 20
"""The latest requests under each of the two names of a member."""


def request_export(account: Account) -> MemberExportRead:
    """Request an export of the member's data. Raises TooManyRequests after three in a day."""
    subject = _subject(account)
    attempts.count([attempts.counter(LIMIT, account.id)])
    return _read(privacy_requests.open_request(PrivacyKind.EXPORT, subject, "member"))


def list_exports(account: Account, page: PageRequest) -> PageResult[MemberExportRead]:
    """Return a page of the member's latest exports, the newest first. A completed one has a link while its file exists.

    A completed request is stored under the member's pseudonym.
    """
    name, latest = str(_subject(account)), PageRequest(SHOWN)
    rows = [*requests.list_by_subject(name, latest).items, *requests.list_by_subject(pseudonym(name), latest).items]
    exports = [row for row in rows if row.kind is PrivacyKind.EXPORT]
    exports.sort(key=lambda row: row.created_at, reverse=True)
    return paginate_in_order(exports, page, lambda row: row.id).map(_read)


def _subject(account: Account) -> Subject:
    return Subject(SubjectType.MEMBER, account.id)


def _read(row: PrivacyRequest) -> MemberExportRead:
    link = privacy_requests.find_export_link(row) if row.status is PrivacyStatus.COMPLETED else None
    return MemberExportRead(
        id=row.id,
        status=row.status,
        created_at=row.created_at,
        completed_at=row.completed_at,
        url=link.url if link else None,
        url_expires_at=link.expires_at if link else None,
    )
