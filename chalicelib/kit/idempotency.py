"""Idempotency-Key: the same key and body get the same response; the same key with another body is rejected.

Each endpoint uses one of two ways. `joined`: the use case writes the completed record in its own transaction (no extra
write). `claimed`, for use cases that call a vendor: claim the key, do the work, store the response. If the process
crashes, the claim expires and a retry repeats the work, which must be idempotent at the vendor by the same key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from chalicelib.kit import clock, signing
from chalicelib.kit.errors import IdempotencyConflict, Problem, StillInProgress
from chalicelib.kit.models import IdempotencyRecord, IdempotencyStatus
from chalicelib.kit.payloads import load_payload, store_payload
from chalicelib.kit.tables import Transaction

KEEP = timedelta(hours=24)
LEASE = timedelta(seconds=60)
MAX_INLINE = 4_000
"""Bytes of a response that the record holds."""


class Replayed(Problem):
    """Not an error: the request was completed before, and `response` is the stored response."""

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
        """Return the key of a request; `header` is the value of Idempotency-Key."""
        return cls(signing.digest(f"{subject}\n{route}\n{header}".encode()), signing.digest(body), subject)

    def recall(self) -> None:
        """Look up the key with one read.

        Raises Replayed if the request was completed before, IdempotencyConflict if it had another body.
        """
        try:
            record = IdempotencyRecord.get(self.key, consistent_read=True)
        except IdempotencyRecord.DoesNotExist:
            return
        self._raise_for_record(record)

    def join(self, transaction: Transaction, response: BaseModel) -> None:
        """Add the response to the transaction. If a concurrent request with the key wins, its response is replayed."""
        record = self._record(IdempotencyStatus.COMPLETED, response)
        free = IdempotencyRecord.key.does_not_exist() | (IdempotencyRecord.expires_epoch < clock.now())
        transaction.put(record, condition=free, otherwise=_KeyClaimed(self))

    def claim(self) -> None:
        """Claim the key for a minute. Raises the errors of `recall`, StillInProgress if another request holds the claim."""
        now = clock.now()
        record = self._record(IdempotencyStatus.IN_PROGRESS, None, until=now + LEASE)
        expired_claim = (
            (IdempotencyRecord.status == IdempotencyStatus.IN_PROGRESS)
            & (IdempotencyRecord.in_progress_until < now)
            & (IdempotencyRecord.body_hash == self.body_hash)
        )
        free = IdempotencyRecord.key.does_not_exist() | (IdempotencyRecord.expires_epoch < now) | expired_claim
        try:
            with Transaction() as transaction:
                transaction.put(record, condition=free, otherwise=_KeyClaimed(self))
        except _KeyClaimed as conflict:
            conflict.raise_for_winner()

    def complete(self, response: BaseModel) -> None:
        """Store the response of a claimed request, in S3 if it is large."""
        text = response.model_dump_json()
        if len(text) <= MAX_INLINE and len(text.encode()) <= MAX_INLINE:
            self._record(IdempotencyStatus.COMPLETED, response).save()
            return
        record = self._record(IdempotencyStatus.COMPLETED, None)
        record.response_url = store_payload(self.subject, text)
        record.save()

    def abandon(self) -> None:
        """Release the claim of a failed request, so that the client can retry it."""
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

    def _raise_for_record(self, record: IdempotencyRecord) -> None:
        now = clock.now()
        if record.expires_epoch <= now:
            return
        if record.body_hash != self.body_hash:
            raise IdempotencyConflict("This Idempotency-Key was used with another body.")
        if record.status is IdempotencyStatus.COMPLETED:
            stored = json.loads(load_payload(record.response_url)) if record.response_url else record.response
            raise Replayed(stored)
        if record.in_progress_until and record.in_progress_until > now:
            raise StillInProgress(headers={"Retry-After": "1"})


class _KeyClaimed(Problem):
    """A concurrent request claimed the key between our read and our write."""

    def __init__(self, idempotency: Idempotency) -> None:
        super().__init__()
        self.idempotency = idempotency

    def raise_for_winner(self) -> None:
        self.idempotency._raise_for_record(self.existing)
        raise StillInProgress(headers={"Retry-After": "1"})


def raise_for_stored_response(error: Problem) -> None:
    """Raise the error that the winner's record calls for, if a concurrent request claimed the key; else do nothing."""
    if isinstance(error, _KeyClaimed):
        error.raise_for_winner()
