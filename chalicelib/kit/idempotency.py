"""Idempotency-Key: the same key and body get the same answer, another body is refused.

Two ways, chosen per endpoint. `joined`: the use case puts the finished record into its own transaction, which is
then the claim (no extra write). `claimed`: for use cases that call a vendor: claim, work, store the answer; a
claim whose holder died lapses and the work is done again, so it must be idempotent at the vendor by the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from chalicelib.kit import clock, signing
from chalicelib.kit.errors import IdempotencyConflict, Problem, StillInProgress
from chalicelib.kit.models import IdempotencyRecord, IdempotencyStatus
from chalicelib.kit.tables import Transaction

KEEP = timedelta(hours=24)
LEASE = timedelta(seconds=60)


class Replayed(Problem):
    """Not an error: the answer was given before, and `response` is it."""

    status = 200

    def __init__(self, response: Any = None) -> None:
        super().__init__()
        self.response = response


@dataclass(slots=True)
class Idempotency:
    """One request's key, bound to its caller, route and body."""

    key: str
    body_hash: str
    subject: str

    @classmethod
    def of(cls, header: str, subject: str, route: str, body: bytes) -> Idempotency:
        """The key of a request; `header` is what the client sent."""
        return cls(signing.digest(f"{subject}\n{route}\n{header}".encode()), signing.digest(body), subject)

    def recall(self) -> None:
        """Raise Replayed if this was answered already, IdempotencyConflict if with another body; one read."""
        try:
            record = IdempotencyRecord.get(self.key, consistent_read=True)
        except IdempotencyRecord.DoesNotExist:
            return
        self._judge(record)

    def join(self, transaction: Transaction, response: BaseModel) -> None:
        """Make the answer part of the transaction; if another request was faster, that one's answer is replayed."""
        record = self._record(IdempotencyStatus.COMPLETED, response)
        free = IdempotencyRecord.key.does_not_exist() | (IdempotencyRecord.expires_epoch < clock.now())
        transaction.put(record, condition=free, otherwise=_Taken(self))

    def claim(self) -> None:
        """Take the key for a minute. Raises as `recall` does, and StillInProgress while another works on it."""
        now = clock.now()
        record = self._record(IdempotencyStatus.IN_PROGRESS, None, until=now + LEASE)
        lapsed = (
            (IdempotencyRecord.status == IdempotencyStatus.IN_PROGRESS)
            & (IdempotencyRecord.in_progress_until < now)
            & (IdempotencyRecord.body_hash == self.body_hash)
        )
        free = IdempotencyRecord.key.does_not_exist() | (IdempotencyRecord.expires_epoch < now) | lapsed
        try:
            with Transaction() as transaction:
                transaction.put(record, condition=free, otherwise=_Taken(self))
        except _Taken as taken:
            taken.judge()

    def complete(self, response: BaseModel) -> None:
        """Store the answer of a claimed request."""
        self._record(IdempotencyStatus.COMPLETED, response).save()

    def abandon(self) -> None:
        """Let go of a claim whose work failed, so that it can be tried again."""
        self._record(IdempotencyStatus.IN_PROGRESS, None).delete()

    def _record(
        self, status: IdempotencyStatus, response: BaseModel | None, until: datetime | None = None
    ) -> IdempotencyRecord:
        now = clock.now()
        return IdempotencyRecord(
            key=self.key,
            subject=self.subject,
            body_hash=self.body_hash,
            status=status,
            in_progress_until=until,
            response=response.model_dump(mode="json") if response is not None else None,
            created_at=now,
            expires_epoch=now + KEEP,
        )

    def _judge(self, record: IdempotencyRecord) -> None:
        now = clock.now()
        if record.expires_epoch <= now:
            return
        if record.body_hash != self.body_hash:
            raise IdempotencyConflict("This Idempotency-Key was used with another body.")
        if record.status is IdempotencyStatus.COMPLETED:
            raise Replayed(record.response)
        if record.in_progress_until and record.in_progress_until > now:
            raise StillInProgress(headers={"Retry-After": "1"})


class _Taken(Problem):
    """The key was taken between the look and the write; becomes what the record in the way says."""

    def __init__(self, idempotency: Idempotency) -> None:
        super().__init__()
        self.idempotency = idempotency

    def judge(self) -> None:
        self.idempotency._judge(self.existing)
        raise StillInProgress(headers={"Retry-After": "1"})


def raise_for_stored_response(error: Problem) -> None:
    """Turn a lost race for the key into what the winner's record says; leave other errors alone."""
    if isinstance(error, _Taken):
        error.judge()
