"""Erasing a subject: a page at a time, in an order that can be taken up anywhere, by anybody.

1. What else the subject is known by is noted, and tombstones are set: no message that is taken up from here on brings
   anything back.
2. Rows, then the objects of the subject's folders. Rows go in the transaction that notes it, each if it still is as it
   was read.
3. Who had asked for a tombstone before it was set may still be at work, and write. So it waits until the last of them
   has ended (`UNDER_WAY`), and begins at 1 again: a last round, which is always made, and one more where it found
   something. Names that it finds get their tombstones, and their wait.
4. Files of the archive are written anew without the subject, once no run holds rows that are on their way there.
5. The request ends with a report, under a pseudonym.

A shop that came back since the request is left alone, whatever of it is gone by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from chalicelib.kit import clock, logs, messages, metrics, tombstones
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.retention.domain import subject_matching
from chalicelib.retention.domain.archive_pages import Item
from chalicelib.retention.domain.subject_matching import SubjectContext
from chalicelib.retention.errors import Overtaken, Postponed
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.repository import erasures, manifests, requests, s3_objects, subject_rows
from chalicelib.retention.repository import rows as archived
from chalicelib.retention.repository.erasures import Change, Changed
from chalicelib.retention.repository.requests import Progress
from chalicelib.retention.repository.subject_rows import Place
from chalicelib.retention.schemas import ErasureRequested
from chalicelib.retention.service import erasure_plan
from chalicelib.retention.service.erasure_plan import ArchiveStep, FolderStep, NameStep, RowStep
from chalicelib.retention.service.privacy_requests import WITHIN
from chalicelib.shops import service as shops

WORK_TIME = timedelta(minutes=2)
"""After this a worker begins no other page; well within its function's timeout."""
UNDER_WAY = timedelta(minutes=16)
"""After this nobody is at work any more who saw no tombstone: no Lambda function may run longer than 15 minutes (AWS,
"Lambda quotas"), and a minute is for reads that were not consistent."""
PATIENCE_SECONDS = 300
"""When it is tried again that has to wait."""
BURY, AGAIN, END = "bury", "again", "end"

Step = RowStep | FolderStep | ArchiveStep | str

log = logs.logger("retention")


def erase_subject(request: str) -> None:
    """Erase for `WORK_TIME`, then put the rest back into the queue. Nothing happens where it is done.

    Stops where another worker is ahead: should that one die as well, the schedule takes the request up.
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
    except Overtaken:
        log.info("stopped: another worker is ahead", extra={"request": request})
    except Postponed as postponed:
        log.info("it waits", extra={"request": request, "why": str(postponed)})
        messages.publish(ErasureRequested(request=request), delay_seconds=PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """Where a prefix is gone through: in which folder, after which key; until which key objects were counted."""

    folder: int = 0
    done: str = ""
    counted: str = ""


@dataclass
class _Erasure:
    """A request and how far it is."""

    row: PrivacyRequest
    progress: Progress

    @property
    def whom(self) -> SubjectContext:
        return erasure_plan.person(Subject.parse(self.row.subject), self.progress)

    def advance(self) -> bool:
        """Do one page; False at the end."""
        if not self._leave_those_that_came_back():
            self._complete()
            return False
        plan = _plan(self.whom.subject.who)
        step = plan.get(self.progress.step) or next(iter(plan.values()))
        following = _following(plan, self.progress.step)
        try:
            self._do(step, following)
        except Changed:
            return True
        return self.row.status is not PrivacyStatus.COMPLETED

    def _do(self, step: Step, following: str) -> None:
        if isinstance(step, NameStep):
            self._note_names(step, following)
        elif isinstance(step, RowStep):
            self._erase_rows(step, following)
        elif isinstance(step, FolderStep):
            self._empty_folders(step, following)
        elif isinstance(step, ArchiveStep):
            self._rewrite(step, following)
        elif step == BURY:
            self._bury(following)
        elif step == AGAIN:
            self._begin_round(following)
        else:
            self._complete()

    def _leave_those_that_came_back(self) -> bool:
        """Whether there is anybody to erase: apps that came back are left out, and heard again."""
        if self.whom.subject.who is not SubjectType.SHOP:
            return True
        back = [app for app in self.progress.apps if self._came_back(app)]
        if back:
            for name in erasure_plan.buried(replace(self.whom, apps=tuple(back))):
                tombstones.remove(name)
            left = tuple(app for app in self.progress.apps if app not in back)
            known = (*self.progress.came_back, *back)
            self._move(replace(self.progress, apps=left, came_back=known, step="", place=None, buried_at=None))
        return bool(self.progress.apps)

    def _note_names(self, step: NameStep, following: str) -> None:
        found = subject_rows.find(step.holding, step.claim, self.whom, self._place)
        told = {name for item in found.items if (name := subject_matching.text(item, step.holding.also))}
        known, progress = tuple(sorted({*self.progress.order_ids, *told})), self.progress
        if known != progress.order_ids:
            progress = replace(progress, order_ids=known, buried_at=None)
        self._go_on(progress, found.following, step.name, following)

    def _bury(self, following: str) -> None:
        """Set tombstones, once for the names known; note whether this round begins after those who saw none."""
        at = self.progress.buried_at
        if at is None:
            for name in erasure_plan.buried(self.whom):
                tombstones.add(name)
            at = clock.iso(clock.now())
        if self._leave_those_that_came_back():  # one that came back just now has taken its tombstone away before
            self._move(replace(self.progress, step=following, place=None, buried_at=at, is_last=_is_over(at)))

    def _erase_rows(self, step: RowStep, following: str) -> None:
        found = subject_rows.find(step.holding, step.claim, self.whom, self._place)
        changes = (Change(item, becomes) for item in found.items if (becomes := self._becomes(step, item)) != item)
        for batch in erasures.batches(changes):
            if not self._is_still_away():
                raise Changed
            count = self._remove_objects(step, batch)
            done = self.progress.counting(step.holding.name, len(batch)).counting("objects", count)
            erasures.erase(self.row, done, step.holding, batch, step.claim.counted)
            self.progress = done
        self._go_on(self.progress, found.following, step.name, following)

    def _becomes(self, step: RowStep, item: Item) -> Item | None:
        return None if step.claim.kept is None else subject_matching.redact(item, dict(step.claim.kept), self.whom)

    def _remove_objects(self, step: RowStep, batch: Iterable[Change]) -> int:
        """Objects go before the rows that tell where they are."""
        gone = [change.item for change in batch if change.becomes is None]
        places = [
            s3_objects.address(at) for item in gone for at in subject_matching.stored_at(item, step.holding.objects)
        ]
        for place in places:
            s3_objects.remove(place)
        return len(places)

    def _empty_folders(self, step: FolderStep, following: str) -> None:
        """A page of objects: counted first, once each, then removed; what was counted before is removed all the same."""
        whom, at = self.whom, FolderPlace(**(self.progress.place or {}))
        folders = sorted(subject_matching.folders(step.prefix, whom))
        if at.folder >= len(folders):
            self._move(replace(self.progress, step=following, place=None))
            return
        bucket = s3_objects.bucket_name(step.prefix.bucket)
        keys, more = s3_objects.page(bucket, folders[at.folder], at.done)
        if not self._is_still_away():
            raise Changed
        judged = whom.subject.who in step.prefix.judged
        theirs = [key for key in keys if not judged or self._is_in(bucket, key)]
        new = [key for key in theirs if key > at.counted]
        if new:
            counted = replace(at, counted=max(new))
            self._move(replace(self.progress.counting("objects", len(new)), step=step.name, place=asdict(counted)))
        s3_objects.delete(bucket, theirs)
        after = FolderPlace(at.folder, keys[-1], keys[-1]) if more else FolderPlace(at.folder + 1)
        self._move(replace(self.progress, step=step.name, place=asdict(after)))

    def _is_in(self, bucket: str, key: str) -> bool:
        return subject_matching.mentions_subject(s3_objects.read_text(f"s3://{bucket}/{key}") or "", self.whom)

    def _begin_round(self, following: str) -> None:
        """Once more, when nobody is at work any more who saw no tombstone; and until a round found nothing."""
        if self.progress.is_last and not self.progress.found:
            self._move(replace(self.progress, step=following, place=None))
            return
        if not _is_over(self.progress.buried_at):
            raise Postponed("what was under way when its tombstones were set may still write")
        self._move(replace(self.progress, step="", place=None, found=0, round=self.progress.round + 1))

    def _rewrite(self, step: ArchiveStep, following: str) -> None:
        manifests.demand_rest(step.holding.name)
        found, after = manifests.page(step.holding.name, self.progress.place)
        for archive in found:
            items, version = manifests.read(archive)
            left = [item for item in items if not self._holds(step, item)]
            if len(left) == len(items):
                continue
            done = self.progress.counting(step.name, len(items) - len(left))
            columns = archived.columns(step.holding.table)
            if not manifests.rewrite(archive, columns, left, version):
                raise Changed
            self._move(replace(done, step=step.name, place=archive.archive_id))
        self._go_on(self.progress, after, step.name, following)

    def _holds(self, step: ArchiveStep, item: Item) -> bool:
        return subject_matching.holds(step.holding, self.whom, item)

    def _is_still_away(self) -> bool:
        if self.whom.subject.who is not SubjectType.SHOP:
            return True
        return not any(self._came_back(app) for app in self.progress.apps)

    def _came_back(self, app: str) -> bool:
        """Whether the app is installed again; an operator's request ends an app that is in use, Shopify's does not."""
        requested_at, shop = self.row.due_at - WITHIN, self.whom.subject.shop
        is_of_shopify = self.row.origin.startswith("shopify/")
        return (shops.is_active_after_redact if is_of_shopify else shops.is_reinstalled_since)(shop, app, requested_at)

    def _complete(self) -> None:
        told = self.progress
        report = {"erased": told.counts, "rounds": told.round, "came_back": list(told.came_back)}
        requests.complete(self.row, report)
        metrics.count("RequestsCompleted", kind=PrivacyKind.ERASE.value)
        log.info("erased", extra={"request": self.row.id, "report": report})

    @property
    def _place(self) -> Place:
        return Place(**(self.progress.place or {}))

    def _go_on(self, progress: Progress, place: Place | str | None, name: str, following: str) -> None:
        kept = asdict(place) if isinstance(place, Place) else place
        self._move(replace(progress, step=name if place else following, place=kept))

    def _move(self, progress: Progress) -> None:
        requests.move(self.row, progress)
        self.progress = progress


def _plan(who: SubjectType) -> dict[str, Step]:
    """The steps by name, in order."""
    named: list[RowStep | FolderStep | ArchiveStep] = [*erasure_plan.names(who)]
    after: list[RowStep | FolderStep] = [*erasure_plan.rows(who), *erasure_plan.folders(who)]
    plan: dict[str, Step] = {step.name: step for step in named}
    plan[BURY] = BURY
    plan |= {step.name: step for step in after}
    plan[AGAIN] = AGAIN
    plan |= {step.name: step for step in erasure_plan.archives(who)}
    plan[END] = END
    return plan


def _following(plan: dict[str, Step], name: str) -> str:
    names = list(plan)
    at = names.index(name) if name in plan else 0
    return names[min(at + 1, len(names) - 1)]


def _is_over(buried_at: str | None) -> bool:
    """Whether all have ended that were under way when the tombstones were set."""
    return buried_at is not None and clock.now() - clock.parse(buried_at) >= UNDER_WAY
