"""Privacy requests: requests of Shopify and of operators to erase or export a subject, until a worker processes them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.integrations import storage
from chalicelib.kit import audit, clock, ids, logs, messages
from chalicelib.kit.auth import Account
from chalicelib.kit.data_policy import Bucket
from chalicelib.kit.data_subjects import Subject, SubjectType, pseudonym
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.platform.schemas.account_messages import OwnerErasureDue
from chalicelib.platform.schemas.store_messages import StoreDeleted
from chalicelib.retention.errors import ExportNotReady, InvalidSubject
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import privacy_requests as requests
from chalicelib.retention.repository import s3_objects
from chalicelib.retention.schemas import ErasureRequested, ExportLinkRead, ExportRequested, PrivacyRequestRead
from chalicelib.shops import service as shops
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic
from chalicelib.together.schemas.messages import MemberErasureDue

DEADLINE = timedelta(days=30)
"""Set by Shopify (shopify.dev/docs/apps/build/compliance/privacy-law-compliance) and the GDPR (article 12)."""
LINK_LIFETIME = timedelta(minutes=15)

_NAMESPACE = "5a0e7f0c-3a55-4c4e-9c53-0b9c1d3e7a41"
_CUSTOMER = re.compile(r"gid://shopify/Customer/[0-9]+")
_ID = re.compile(r"[^\s:/\"]+")

log = logs.logger("retention")


def accept_request(message: PrivacyRequested) -> None:
    """Store a request from Shopify once and dispatch it; an erasure also under the later domains of a renamed shop.

    `shop/redact` erases the data of the requesting app only; a customer's request covers all apps of the shop.
    """
    kind = PrivacyKind.EXPORT if message.request is PrivacyTopic.DATA_REQUEST else PrivacyKind.ERASE
    apps = [message.app] if message.request is PrivacyTopic.SHOP_REDACT else list(shops.app_handles())
    for number, shop in enumerate(_shop_names(kind, message.shop, apps)):
        request_id = ids.derived(_NAMESPACE, message.message_id, *([shop] if number else []))
        _accept_from_shopify(message.model_copy(update={"shop": shop}), request_id, kind, apps)


def _accept_from_shopify(message: PrivacyRequested, request_id: str, kind: PrivacyKind, apps: list[str]) -> None:
    row = _new_row(
        request_id,
        kind,
        _message_subject(message),
        f"shopify/{message.app}/{message.request}",
        message.triggered_at,
    )
    row.progress = {"apps": apps, "order_ids": message.order_ids, "reference": message.reference}
    if requests.add(row):
        facts = {"request": row.id, "kind": row.kind, "due_at": clock.iso(row.due_at)}
        log.info("privacy request stored", extra=facts)
    dispatch_request(row)


def accept_account_erasure(message: MemberErasureDue | OwnerErasureDue) -> None:
    """Store the erasure of a member or an owner who deleted their account once, and dispatch it."""
    is_member = isinstance(message, MemberErasureDue)
    subject = Subject(SubjectType.MEMBER if is_member else SubjectType.OWNER, message.user_id)
    _accept_erasure(subject, "together/deletion" if is_member else "platform/deletion", message.closed_at)


def accept_store_erasure(message: StoreDeleted) -> None:
    """Store the erasure of a deleted store once, and dispatch it."""
    _accept_erasure(Subject(SubjectType.STORE, message.store_id), "platform/deletion", message.deleted_at)


def _accept_erasure(subject: Subject, origin: str, requested_at: datetime) -> None:
    request_id = ids.derived(_NAMESPACE, str(subject), clock.iso(requested_at))
    row = _new_row(request_id, PrivacyKind.ERASE, subject, origin, requested_at)
    row.progress = {"apps": []}
    if requests.add(row):
        log.info("privacy request stored", extra={"request": row.id, "kind": row.kind, "due_at": clock.iso(row.due_at)})
    dispatch_request(row)


def open_request(kind: PrivacyKind, subject: Subject, origin: str) -> PrivacyRequest:
    """Store an operator's request and dispatch it; it covers all apps of the shop, which any of its domains names.

    An erasure is also stored under the later domains of a renamed shop. Returns the request under the first domain.
    """
    apps = list(shops.app_handles()) if subject.shop else []
    named = _with_shop(subject, shops.resolve_for_all_apps(subject.shop)) if subject.shop else subject
    subjects = [_with_shop(named, shop) for shop in _shop_names(kind, named.shop, apps)] if named.shop else [named]
    rows = [_store_request(kind, each, origin, apps) for each in subjects]
    return rows[0]


def _store_request(kind: PrivacyKind, subject: Subject, origin: str, apps: list[str]) -> PrivacyRequest:
    row = _new_row(ids.new(), kind, subject, origin, clock.now())
    row.progress = {"apps": apps}
    requests.add(row)
    dispatch_request(row)
    return row


def _shop_names(kind: PrivacyKind, shop: str, apps: list[str]) -> list[str]:
    """Return the shop's first domain and, for an erasure, the later ones.

    Webhooks of a domain that was not yet known as the shop's were processed under that name.
    """
    return [shop, *(shops.list_later_domains(shop, apps) if kind is PrivacyKind.ERASE else [])]


def _with_shop(subject: Subject, shop: str) -> Subject:
    return replace(subject, shop=shop, id=shop if subject.type is SubjectType.SHOP else subject.id)


def dispatch_request(row: PrivacyRequest) -> None:
    """Send the request to its worker, which ignores completed requests."""
    task = ErasureRequested if row.kind is PrivacyKind.ERASE else ExportRequested
    messages.publish(task(request=row.id))


def redispatch_open_requests(due: datetime) -> None:
    """Send every open request from before `due` to its worker again: a crash may have lost the message."""
    for row in requests.iterate_open():
        if row.created_at < due:
            dispatch_request(row)


def begin_request(account: Account, kind: PrivacyKind, text: str) -> PrivacyRequestRead:
    """Request an erasure or export of a subject as the operator `account`. Raises InvalidSubject."""
    row = open_request(kind, _parse_subject(text, "body.subject"), f"operator/{account.id}")
    audit.publish_operator_action(account, f"retention.{kind}", row.id)
    return _read_row(row)


def read_request(request: str) -> PrivacyRequestRead:
    """Return a request and its progress. Raises RequestNotFound."""
    return _read_row(requests.get(request))


def list_requests(status: PrivacyStatus, subject: str | None, page: PageRequest) -> PageResult[PrivacyRequestRead]:
    """Return a page of requests with a status, or of all requests about a subject.

    Requests about a subject are found by its name, completed ones by its pseudonym. Raises InvalidSubject.
    """
    if subject is None:
        return requests.list_by_status(status, page).map(_read_row)
    name = str(_parse_subject(subject, "query.subject"))
    if status is PrivacyStatus.COMPLETED:
        name = pseudonym(name)
    return requests.list_by_subject(name, page).map(_read_row)


def create_export_link(account: Account, request: str) -> ExportLinkRead:
    """Return a link to an export for the operator `account`. Raises RequestNotFound, ExportNotReady."""
    row = requests.get(request)
    link = find_export_link(row)
    if link is None:
        raise ExportNotReady
    audit.publish_operator_action(account, "retention.link", row.id)
    return link


def find_export_link(row: PrivacyRequest) -> ExportLinkRead | None:
    """Return a link to the export of a request; None if the export is not completed or was deleted."""
    key = (row.report or {}).get("key") if row.kind is PrivacyKind.EXPORT else None
    url = storage.address(s3_objects.bucket_name(Bucket.ARCHIVE), str(key))
    if key is None or storage.size(url) is None:
        return None
    expires_at = clock.now() + LINK_LIFETIME
    seconds = int(LINK_LIFETIME.total_seconds())
    presigned_url = storage.presigned_get(url, seconds=seconds, download_name=f"{row.id}.zip")
    return ExportLinkRead(url=presigned_url, expires_at=expires_at)


def _new_row(request: str, kind: PrivacyKind, subject: Subject, origin: str, requested_at: datetime) -> PrivacyRequest:
    return PrivacyRequest(
        id=request,
        kind=kind,
        subject=str(subject),
        origin=origin,
        status=PrivacyStatus.PENDING,
        due_at=requested_at + DEADLINE,
        created_at=clock.now(),
    )


def _message_subject(message: PrivacyRequested) -> Subject:
    """Return the subject of a request from Shopify; a customer without an id is a guest, identified by orders."""
    if message.request is PrivacyTopic.SHOP_REDACT:
        return Subject(SubjectType.SHOP, message.shop, message.shop)
    if message.customer_id is None:
        return Subject.guest(message.shop, message.order_ids)
    return Subject(SubjectType.CUSTOMER, message.customer_id, message.shop)


def _parse_subject(text: str, field: str) -> Subject:
    """Parse the exact name of a subject. Raises InvalidSubject, which names `field`."""
    invalid = InvalidSubject(errors=[{"path": field, "message": InvalidSubject.title}])
    try:
        subject = Subject.parse(text)
    except ValueError as error:
        raise invalid from error
    domain = subject.shop and shops.parse_shop_domain(subject.shop)
    is_valid = {
        SubjectType.SHOP: domain == subject.id,
        SubjectType.CUSTOMER: domain == subject.shop and bool(_CUSTOMER.fullmatch(subject.id)),
    }.get(subject.type, bool(_ID.fullmatch(subject.id)))
    if not is_valid:
        raise invalid
    return subject


def _read_row(row: PrivacyRequest) -> PrivacyRequestRead:
    progress = requests.progress_of(row)
    columns = {name: getattr(row, name) for name in PrivacyRequestRead.model_fields if name not in ("step", "counts")}
    return PrivacyRequestRead(**columns, step=progress.step or None, counts=progress.counts)
