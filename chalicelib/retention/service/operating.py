"""What operators ask about requests of privacy, and begin themselves. The operator commands use the same."""

from __future__ import annotations

import re
from datetime import timedelta

from chalicelib.integrations import storage
from chalicelib.kit import audit, clock
from chalicelib.kit.auth import Account
from chalicelib.kit.data_policy import Bucket
from chalicelib.kit.data_subjects import Subject, SubjectType, pseudonym
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.retention.errors import ExportNotReady, SubjectNotFound
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import requests, s3_objects
from chalicelib.retention.schemas import ExportLinkRead, PrivacyRequestRead
from chalicelib.retention.service import privacy_requests
from chalicelib.shops import service as shops

LINK = timedelta(minutes=15)
_CUSTOMER = re.compile(r"gid://shopify/Customer/[0-9]+")
_ID = re.compile(r"[^\s:/\"]+")


def begin(account: Account, kind: PrivacyKind, text: str) -> PrivacyRequestRead:
    """Have a subject erased, or what is held of it exported, as the operator `account`. Raises UnknownSubject."""
    row = privacy_requests.begin(kind, _subject(text, "body.subject"), f"operator/{account.id}")
    audit.publish_operator_action(account, f"retention.{kind}", row.id)
    return _read(row)


def read_request(request: str) -> PrivacyRequestRead:
    """A request and how far it is. Raises UnknownRequest."""
    return _read(requests.get(request))


def list_requests(status: PrivacyStatus, subject: str | None, page: PageRequest) -> PageResult[PrivacyRequestRead]:
    """Requests of a status; or all about a subject, those that are not completed before the others.

    Raises UnknownSubject.
    """
    if subject is None:
        return requests.list_by_status(status, page).map(_read)
    name = str(_subject(subject, "query.subject"))
    if status is PrivacyStatus.COMPLETED:
        name = pseudonym(name)
    return requests.list_by_subject(name, page).map(_read)


def link(account: Account, request: str) -> ExportLinkRead:
    """A short-lived link to an export, for the operator `account`. Raises UnknownRequest, ExportNotReady."""
    row = requests.get(request)
    key = (row.report or {}).get("key") if row.kind is PrivacyKind.EXPORT else None
    url = storage.address(s3_objects.bucket_name(Bucket.ARCHIVE), str(key))
    if key is None or storage.size(url) is None:
        raise ExportNotReady
    audit.publish_operator_action(account, "retention.link", row.id)
    expires_at = clock.now() + LINK
    made = storage.presigned_get(url, seconds=int(LINK.total_seconds()), download_name=f"{row.id}.zip")
    return ExportLinkRead(url=made, expires_at=expires_at)


def _subject(text: str, field: str) -> Subject:
    """Parse the exact name of a data subject. Raises UnknownSubject, which names `field`, if the text is no such name."""
    unknown = SubjectNotFound(errors=[{"path": field, "message": SubjectNotFound.title}])
    try:
        subject = Subject.parse(text)
    except ValueError as error:
        raise unknown from error
    domain = subject.shop and shops.parse_shop_domain(subject.shop)
    is_named = {
        SubjectType.SHOP: domain == subject.id,
        SubjectType.CUSTOMER: domain == subject.shop and bool(_CUSTOMER.fullmatch(subject.id)),
    }.get(subject.who, bool(_ID.fullmatch(subject.id)))
    if not is_named:
        raise unknown
    return subject


def _read(row: PrivacyRequest) -> PrivacyRequestRead:
    progress = requests.progress_of(row)
    columns = {name: getattr(row, name) for name in PrivacyRequestRead.model_fields if name not in ("step", "counts")}
    return PrivacyRequestRead(**columns, step=progress.step or None, counts=progress.counts)
