"""Erases a subject a page at a time. Any worker can resume the erasure after a crash.

1. Collect the subject's other identifiers and set tombstones: messages about it are dropped from then on.
2. Rewrite the days of lakes on which a person has events; rows name these days, so they are erased next, then objects
   in the subject's folders. One transaction erases rows and saves the progress.
3. Workers that started before the tombstones may still write. Wait until they have finished (`MAX_WORKER_TIME`), then
   start another round at step 1; repeat until a round after the wait finds nothing. New identifiers get tombstones, too.
4. Rewrite archive files without the subject's rows, while no sweep of the table is running.
5. Complete the request with a report, under the subject's pseudonym.

An app that was installed again since the request is skipped.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from chalicelib.kit import clock, logs, messages, tombstones
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.subject_queries import Delete, Redact
from chalicelib.retention.domain import erasure_plan, redaction, row_ownership
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.erasure_plan import (
    SET_TOMBSTONES,
    START_ROUND,
    AliasStep,
    ArchiveStep,
    FolderStep,
    LakeStep,
    RowStep,
    Step,
)
from chalicelib.retention.domain.request_progress import RequestProgress
from chalicelib.retention.domain.row_ownership import SubjectContext
from chalicelib.retention.errors import Postponed
from chalicelib.retention.metrics import REQUESTS_COMPLETED
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import erasures, lake_objects, manifests, rows, s3_objects, subject_rows
from chalicelib.retention.repository import privacy_requests as requests
from chalicelib.retention.repository.erasures import RowChange
from chalicelib.retention.repository.lake_objects import LakePlace
from chalicelib.retention.repository.subject_rows import QueryCursor
from chalicelib.retention.schemas import ErasureRequested
from chalicelib.retention.service import lake_persons
from chalicelib.retention.service.privacy_requests import DEADLINE
from chalicelib.shops import service as shops

WORK_TIME = timedelta(minutes=2)
"""A worker starts no page after this time, which is well within its function's timeout."""
MAX_WORKER_TIME = timedelta(minutes=16)
"""After this time every worker that started before the tombstones has finished: Lambda's limit of 15 minutes (AWS, "Lambda
quotas"), and a minute for eventually consistent reads."""
POSTPONE_SECONDS = 300
"""Delay of the next attempt of a postponed erasure."""

log = logs.logger("retention")


def erase_subject(request: str) -> None:
    """Erase for `WORK_TIME`, then queue the rest. Does nothing if the request is completed.

    Stops if another worker processes the request; if that one crashes, the schedule `retention-check_due_dates` resumes
    the request.
    """
    row, until = requests.get(request), clock.now() + WORK_TIME
    if row.kind is not PrivacyKind.ERASE or row.status is PrivacyStatus.COMPLETED:
        return
    erasure = _Erasure(row, requests.progress_of(row))
    try:
        while erasure.advance():
            if clock.now() >= until:
                messages.publish(ErasureRequested(request=request))
                return
    except WriteConflict:
        log.info("erasure stopped: another worker processes the request", extra={"request": request})
    except Postponed as postponed:
        log.info("erasure postponed", extra={"request": request, "reason": str(postponed)})
        messages.publish(ErasureRequested(request=request), delay_seconds=POSTPONE_SECONDS)


@dataclass(frozen=True, slots=True)
class FolderCursor:
    """The progress through a prefix: folder index, last deleted key, last counted key. The field names are stored."""

    folder: int = 0
    done: str = ""
    counted: str = ""


@dataclass
class _Erasure:
    """An erasure in progress: the request and its progress."""

    row: PrivacyRequest
    progress: RequestProgress

    @property
    def context(self) -> SubjectContext:
        return erasure_plan.subject_context(Subject.parse(self.row.subject), self.progress)

    def advance(self) -> bool:
        """Process one page. Returns False at the end. Raises WriteConflict if another worker has updated the request."""
        if not self._skip_reinstalled_apps():
            self._complete()
            return False
        plan = erasure_plan.plan(self.context.subject.type)
        step = plan.get(self.progress.step) or next(iter(plan.values()))
        try:
            self._run_step(step, erasure_plan.next_step(plan, self.progress.step))
        except WriteConflict:
            if requests.get(self.row.id).version != self.row.version:
                raise
            return True  # a row or file has changed: the next call reads it again
        return self.row.status is not PrivacyStatus.COMPLETED

    def _run_step(self, step: Step, following: str) -> None:
        if isinstance(step, AliasStep):
            self._collect_aliases(step, following)
        elif isinstance(step, RowStep):
            self._erase_rows(step, following)
        elif isinstance(step, FolderStep):
            self._empty_folders(step, following)
        elif isinstance(step, LakeStep):
            self._rewrite_lake(step, following)
        elif isinstance(step, ArchiveStep):
            self._rewrite_archive(step, following)
        elif step == SET_TOMBSTONES:
            self._set_tombstones(following)
        elif step == START_ROUND:
            self._start_round(following)
        else:
            self._complete()

    def _skip_reinstalled_apps(self) -> bool:
        """Return whether something is left to erase; skip apps that were installed again and remove their tombstones."""
        if self.context.subject.type is not SubjectType.SHOP:
            return True
        returned = [app for app in self.progress.apps if self._is_reinstalled(app)]
        if returned:
            for name in erasure_plan.subject_names(replace(self.context, apps=tuple(returned))):
                tombstones.remove(name)
            apps = tuple(app for app in self.progress.apps if app not in returned)
            came_back = (*self.progress.came_back, *returned)
            self._save(replace(self.progress, apps=apps, came_back=came_back, step="", place=None, buried_at=None))
        return bool(self.progress.apps)

    def _collect_aliases(self, step: AliasStep, following: str) -> None:
        page = subject_rows.find_page(step.policy, step.query, self.context, self._cursor)
        column = step.policy.alias_column
        page_aliases = {alias for item in page.items if (alias := row_ownership.column_text(item, column))}
        aliases, progress = tuple(sorted({*self.progress.order_ids, *page_aliases})), self.progress
        if aliases != progress.order_ids:
            progress = replace(progress, order_ids=aliases, buried_at=None)
        self._save_cursor(progress, page.next_cursor, step.name, following)

    def _set_tombstones(self, following: str) -> None:
        """Set tombstones, once per set of identifiers; record whether all earlier workers have finished."""
        buried_at = self.progress.buried_at
        if buried_at is None:
            for name in erasure_plan.subject_names(self.context):
                tombstones.add(name)
            buried_at = clock.iso(clock.now())
        if self._skip_reinstalled_apps():  # an app installed just now has removed its tombstone
            self._save(
                replace(
                    self.progress, step=following, place=None, buried_at=buried_at, is_last=_is_wait_over(buried_at)
                )
            )

    def _erase_rows(self, step: RowStep, following: str) -> None:
        page = subject_rows.find_page(step.policy, step.query, self.context, self._cursor)
        counter = step.query.action.counter if isinstance(step.query.action, Delete) else None
        changes = (RowChange(item, new) for item in page.items if (new := self._new_item(step, item)) != item)
        for batch in erasures.batches(changes):
            self._require_no_reinstall()
            count = self._delete_row_objects(step, batch)
            progress = self.progress.with_count(step.policy.name, len(batch)).with_count("objects", count)
            erasures.erase_rows(self.row, progress, step.policy, batch, counter)
            self.progress = progress
        self._save_cursor(self.progress, page.next_cursor, step.name, following)

    def _new_item(self, step: RowStep, item: Item) -> Item | None:
        """Return the redacted row, or None if the row is to be deleted."""
        action = step.query.action
        return redaction.redact(item, action.columns, self.context) if isinstance(action, Redact) else None

    def _delete_row_objects(self, step: RowStep, batch: Iterable[RowChange]) -> int:
        """Delete the objects of deleted rows and return their number. Objects go first: the rows hold their addresses."""
        deleted = [change.item for change in batch if change.new_item is None]
        addresses = [
            s3_objects.address(text)
            for item in deleted
            for text in row_ownership.object_addresses(item, step.policy.object_columns)
        ]
        for address in addresses:
            s3_objects.delete_object(address)
        return len(addresses)

    def _empty_folders(self, step: FolderStep, following: str) -> None:
        """Delete a page of objects. Saves the count first, so that each object is counted once, also after a crash."""
        context, cursor = self.context, FolderCursor(**(self.progress.place or {}))
        folders = sorted(row_ownership.subject_folders(step.prefix, context))
        if cursor.folder >= len(folders):
            self._save(replace(self.progress, step=following, place=None))
            return
        bucket = s3_objects.bucket_name(step.prefix.bucket)
        keys, has_more = s3_objects.list_page(bucket, folders[cursor.folder], cursor.done)
        self._require_no_reinstall()
        if context.subject.type in step.prefix.content_matched:
            own_keys = [key for key in keys if self._is_mentioned_in(bucket, key)]
        else:
            own_keys = keys
        new_keys = [key for key in own_keys if key > cursor.counted]
        if new_keys:
            place = asdict(replace(cursor, counted=max(new_keys)))
            self._save(replace(self.progress.with_count("objects", len(new_keys)), step=step.name, place=place))
        s3_objects.delete_keys(bucket, own_keys)
        next_cursor = FolderCursor(cursor.folder, keys[-1], keys[-1]) if has_more else FolderCursor(cursor.folder + 1)
        self._save(replace(self.progress, step=step.name, place=asdict(next_cursor)))

    def _rewrite_lake(self, step: LakeStep, following: str) -> None:
        """Remove the person from the objects of one day. Saves the count first, so that each object is counted once."""
        if not self.progress.substitute_secret:
            self._save(replace(self.progress, step=step.name, substitute_secret=secrets.token_hex(16)))
        place = LakePlace(**(self.progress.place or {}))
        day = lake_objects.next_day(step.lake, self.context, place)
        if day is None:
            self._save(replace(self.progress, step=following, place=None))
            return
        with lake_persons.open_day(step.lake, self.context, self.progress.substitute_secret, day) as person_objects:
            if person_objects and day.is_dated:
                step.lake.mark_due(day.tenant, day.day)
            for each in person_objects:
                if each.key > place.counted:
                    place = replace(place, counted=each.key)
                    progress = self.progress.with_count(step.name, each.events)
                    self._save(replace(progress, step=step.name, place=asdict(place)))
                each.anonymise()
        self._save(replace(self.progress, step=step.name, place=asdict(LakePlace(day.tenant, day.day))))

    def _is_mentioned_in(self, bucket: str, key: str) -> bool:
        return self.context.is_mentioned_in(s3_objects.read_text(f"s3://{bucket}/{key}") or "")

    def _start_round(self, following: str) -> None:
        """Start another round once all workers from before the tombstones have finished; repeat until one finds nothing."""
        if self.progress.is_last and not self.progress.found:
            self._save(replace(self.progress, step=following, place=None))
            return
        if not _is_wait_over(self.progress.buried_at):
            raise Postponed("workers from before the tombstones may still write")
        self._save(replace(self.progress, step="", place=None, found=0, round=self.progress.round + 1))

    def _rewrite_archive(self, step: ArchiveStep, following: str) -> None:
        manifests.require_no_running_sweep(step.policy.name)
        archives, next_id = manifests.list_page(step.policy.name, self.progress.place)
        for archive in archives:
            items, version = manifests.read_file(archive)
            changed = [self._new_archived(step, item) for item in items]
            if changed == items:
                continue
            progress = self.progress.with_count(
                step.name, sum(new != item for new, item in zip(changed, items, strict=True))
            )
            columns = rows.columns(step.policy.table)
            if not manifests.rewrite_file(archive, columns, [item for item in changed if item], version):
                raise WriteConflict(f"another worker has rewritten {archive.s3_key}")
            self._save(replace(progress, step=step.name, place=archive.archive_id))
        self._save_cursor(self.progress, next_id, step.name, following)

    def _new_archived(self, step: ArchiveStep, item: Item) -> Item | None:
        """Return an archived row without the subject's data, or None if the row is to be deleted."""
        query = row_ownership.owning_query(step.policy, self.context, item)
        if query is None:
            return item
        action = query.action
        return redaction.redact(item, action.columns, self.context) if isinstance(action, Redact) else None

    def _require_no_reinstall(self) -> None:
        """Raise WriteConflict if an app was installed again; the next call skips it."""
        is_shop = self.context.subject.type is SubjectType.SHOP
        if is_shop and any(self._is_reinstalled(app) for app in self.progress.apps):
            raise WriteConflict("an app was installed again")

    def _is_reinstalled(self, app: str) -> bool:
        """Return whether the app was installed again since the request.

        An operator can erase an installed app; a Shopify request from before the installation is void.
        """
        requested_at, shop = self.row.due_at - DEADLINE, self.context.subject.shop
        is_from_shopify = self.row.origin.startswith("shopify/")
        return (shops.is_active_after_redact if is_from_shopify else shops.is_reinstalled_since)(
            shop, app, requested_at
        )

    def _complete(self) -> None:
        progress = self.progress
        report = {"erased": progress.counts, "rounds": progress.round, "came_back": list(progress.came_back)}
        requests.mark_completed(self.row, report)
        REQUESTS_COMPLETED.count(kind=PrivacyKind.ERASE.value)
        log.info("erasure completed", extra={"request": self.row.id, "report": report})

    @property
    def _cursor(self) -> QueryCursor:
        return QueryCursor(**(self.progress.place or {}))

    def _save_cursor(
        self, progress: RequestProgress, cursor: QueryCursor | str | None, name: str, following: str
    ) -> None:
        """Save the cursor of the step `name`; without a cursor, save the next step."""
        place = asdict(cursor) if isinstance(cursor, QueryCursor) else cursor
        self._save(replace(progress, step=name if cursor else following, place=place))

    def _save(self, progress: RequestProgress) -> None:
        requests.save_progress(self.row, progress)
        self.progress = progress


def _is_wait_over(buried_at: str | None) -> bool:
    """Return whether every worker from before the tombstones has finished."""
    return buried_at is not None and clock.now() - clock.parse(buried_at) >= MAX_WORKER_TIME
