"""Requests of privacy: to be erased, or to have what we hold. Whoever works on one moves it on over the version read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.kit.errors import Conflict
from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.retention.errors import Overtaken, RequestNotFound
from chalicelib.retention.models import PrivacyRequest, PrivacyStatus

OPEN = (PrivacyStatus.PENDING, PrivacyStatus.RUNNING, PrivacyStatus.FAILED)


class _OnRecord(Conflict):
    """The message came before."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a request's worker needs to know: what was asked for, and how far it is.

    `apps` are those of a shop that are meant, `order_ids` what else the subject is known by: a customer's orders, an
    owner's id at Stripe. `step` is the name of where it is, `place` where in that step; `counts` what was done so far by
    table or folder, `found` how much of that in this round. `buried_at` is when the tombstones of all these names were
    set, and `is_last` whether this round began when nobody was at work any more who saw none; `came_back` are apps that
    were left out for that.
    """

    apps: tuple[str, ...] = ()
    order_ids: tuple[str, ...] = ()
    reference: str | None = None
    step: str = ""
    place: Any = None
    round: int = 1
    found: int = 0
    buried_at: str | None = None
    is_last: bool = False
    came_back: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    def counting(self, name: str, count: int) -> Progress:
        """With so many more of a table or folder."""
        if not count:
            return self
        return replace(self, found=self.found + count, counts={**self.counts, name: self.counts.get(name, 0) + count})


def add(row: PrivacyRequest) -> bool:
    """Put a request on record; False where it is already."""
    try:
        with Transaction() as transaction:
            transaction.add(row, otherwise=_OnRecord())
    except _OnRecord:
        return False
    return True


def get(request: str) -> PrivacyRequest:
    """Read consistently. Raises UnknownRequest."""
    try:
        return PrivacyRequest.get(request, consistent_read=True)
    except PrivacyRequest.DoesNotExist as error:
        raise RequestNotFound from error


def progress_of(row: PrivacyRequest) -> Progress:
    """How far the request is."""
    kept = dict(row.progress or {})
    return Progress(**{**kept, **{name: tuple(kept.get(name, ())) for name in ("apps", "order_ids", "came_back")}})


def moved(progress: Progress) -> list[Action]:
    """What writes that the request is there now."""
    return [
        PrivacyRequest.progress.set(asdict(progress)),
        PrivacyRequest.status.set(PrivacyStatus.RUNNING),
        PrivacyRequest.version.add(1),
    ]


def unmoved(row: PrivacyRequest) -> Any:
    """The condition that nobody else has moved the request."""
    return (PrivacyRequest.version == row.version) & (PrivacyRequest.status != PrivacyStatus.COMPLETED)


def move(row: PrivacyRequest, progress: Progress) -> None:
    """Note how far it is; the row shows it. Raises Overtaken."""
    if not update_if(row, moved(progress), unmoved(row)):
        raise Overtaken("another worker is ahead")


def complete(row: PrivacyRequest, report: dict[str, Any]) -> None:
    """End the request: from here on it is about a pseudonym. Raises Overtaken."""
    actions: list[Action] = [
        PrivacyRequest.status.set(PrivacyStatus.COMPLETED),
        PrivacyRequest.subject.set(pseudonym(row.subject)),
        PrivacyRequest.progress.remove(),
        PrivacyRequest.report.set(report),
        PrivacyRequest.completed_at.set(clock.now()),
        PrivacyRequest.version.add(1),
    ]
    if not update_if(row, actions, unmoved(row)):
        raise Overtaken("another worker is ahead")


def list_by_status(status: PrivacyStatus, page: PageRequest) -> PageResult[PrivacyRequest]:
    """The soonest due first."""
    return query_page(PrivacyRequest.by_status.query(status, limit=page.limit, last_evaluated_key=page.start))


def list_by_subject(subject: str, page: PageRequest) -> PageResult[PrivacyRequest]:
    """Requests with exactly this subject, or pseudonym; the newest first."""
    rows = PrivacyRequest.by_subject.query(
        subject, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start
    )
    return query_page(rows)


def iterate_open() -> Iterator[PrivacyRequest]:
    """Those that are not completed, the soonest due first in each status."""
    for status in OPEN:
        yield from PrivacyRequest.by_status.query(status, page_size=100)
