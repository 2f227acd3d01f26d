"""The journal of a shop: the writes of one batch, applied exactly once.

1. The content (new rows, deltas) is stored in S3.
2. A conditional write on the shop's head opens the journal under the next number; one journal of a shop is open at most.
3. Each row is written unless its `journal_seq` says that this journal, or a later one, has written it.
4. Conversions of A/B tests are sent with the journal's number, then the head closes it, and the content is deleted.

A worker that finds an open journal waits a moment, because its owner is probably running, and then finishes it. Any
step may repeat, come late, or run in two workers: a journal is applied to a row once. A crash leaves at most an open
journal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib.discounts.domain.currency_keys import split_customer_key
from chalicelib.discounts.metrics import JOURNAL_FOUND_OPEN
from chalicelib.discounts.models import APP, CustomerInsight, UsageJournal
from chalicelib.discounts.repository import counters, customer_insights, order_usages, usage_journals
from chalicelib.discounts.service import ab_conversions
from chalicelib.discounts.service.journal_content import CounterWrite, JournalContent, OrderWrite
from chalicelib.integrations.storage import NoSuchObject
from chalicelib.kit import clock, data_subjects, logs, retries, tombstones
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.tables import is_throttled
from chalicelib.kit.threads import map_in_threads

OWNER_ATTEMPTS = 7
"""Looks at an open journal before another worker finishes it: about a second."""
CONFLICT_ATTEMPTS = 13
"""Attempts to open a shop's journal: more than a minute, in which ten workers with full batches take turns."""
THROTTLED_ATTEMPTS = 6
_TOMBSTONES = 100

log = logs.logger("discounts")

MakeContent = Callable[[UsageJournal], JournalContent]
"""Reads the rows and returns the content of the journal after this head."""


class JournalLost(RuntimeError):
    """The content of an open journal does not exist: `rebuild-usage` closes it and recounts."""


def write_journal(shop: str, make_content: MakeContent) -> JournalContent:
    """Write a journal of the shop with what `make_content` returns; write nothing if that is empty.

    Finishes an open journal first. If another worker opens one, reads and plans again. Raises Unavailable after too
    many attempts, JournalLost.
    """

    def attempt() -> JournalContent:
        head = usage_journals.find_head(shop)
        if head.open_key:
            finish_open_journal(head)
            head = usage_journals.find_head(shop)
        content = make_content(head)
        if not content.is_empty:
            _write(head, content)
        return content

    return retries.retry_conflicts(attempt, CONFLICT_ATTEMPTS)


def finish_open_journal(head: UsageJournal) -> None:
    """Wait for the owner of the head's open journal, then apply and close it in the owner's place.

    Raises JournalLost, WriteConflict while a rebuild holds the journal.
    """
    if not head.open_key or not head.open_since:
        return
    JOURNAL_FOUND_OPEN.record(clock.now() - head.open_since)
    for _ in retries.attempts(OWNER_ATTEMPTS):
        if usage_journals.find_head(head.shop).open_key != head.open_key:
            return
    try:
        content = JournalContent.load(usage_journals.get_content(head.open_key))
    except NoSuchObject as error:
        if usage_journals.find_head(head.shop).open_key == head.open_key:
            raise JournalLost(head.shop) from error
        return  # another worker has finished it
    if content.held_until and content.held_until > clock.now():
        raise WriteConflict
    log.warning("journal finished for another worker", extra={"shop": head.shop, "sequence": content.sequence})
    _apply_and_close(content, head.open_key)


def hold(head: UsageJournal, time: timedelta) -> str:
    """Open the journal after the head's without content, and return its address. Other workers wait for `time`.

    Raises WriteConflict if another worker opens it.
    """
    now = clock.now()
    content = JournalContent(head.shop, head.sequence + 1, now, held_until=now + time)
    return _open(head, content)


def write_held(head: UsageJournal, held: str, content: JournalContent) -> None:
    """Write and close the journal that `hold` opened, with this content. Raises WriteConflict if the hold expired."""
    address = held
    if not content.is_empty:
        address = usage_journals.put_content(head.shop, content.dump())
        if not usage_journals.swap_content(head.shop, held, address) and not _is_open(head.shop, address):
            usage_journals.delete_content(address)
            raise WriteConflict
        usage_journals.delete_content(held)
    _apply_and_close(content, address)


def _write(head: UsageJournal, content: JournalContent) -> None:
    address = _open(head, content)
    _apply_and_close(content, address)


def _open(head: UsageJournal, content: JournalContent) -> str:
    address = usage_journals.put_content(head.shop, content.dump())
    if not usage_journals.claim_next(head, address, clock.now()) and not _is_open(head.shop, address):
        usage_journals.delete_content(address)
        raise WriteConflict
    return address


def _is_open(shop: str, address: str) -> bool:
    """Return whether this journal is open. A repeated write whose first answer was lost fails by its own effect."""
    return usage_journals.find_head(shop).open_key == address


def _apply_and_close(content: JournalContent, address: str) -> None:
    _apply(content)
    ab_conversions.send_conversions(content)
    usage_journals.close(content.shop, address, content.sequence)
    usage_journals.delete_content(address)


def _apply(content: JournalContent) -> None:
    """Write the journal's rows, those of erased subjects without personal data."""
    erased = _ErasedSubjects(content)
    if erased.is_shop_erased:
        return
    writes: list[Callable[[], None]] = [_add(content, each) for each in content.counters]
    writes += [_put_customer(row) for row in content.customers if not erased.has_left(row.customer_id)]
    writes += [_put_order(each, erased) for each in content.orders]
    map_in_threads(_unless_throttled, writes)


def _unless_throttled(write: Callable[[], None]) -> None:
    for _ in retries.attempts(THROTTLED_ATTEMPTS):
        try:
            write()
        except Exception as error:
            if not is_throttled(error):
                raise
            last = error
        else:
            return
    raise Unavailable("The database is throttling requests.") from last


def _add(content: JournalContent, each: CounterWrite) -> Callable[[], None]:
    return lambda: counters.add_counters(content.shop, each.key, each.counters, each.columns, content.sequence)


def _put_customer(row: CustomerInsight) -> Callable[[], None]:
    return lambda: customer_insights.put_customer(row)


def _put_order(each: OrderWrite, erased: _ErasedSubjects) -> Callable[[], None]:
    row = each.row
    if row.customer_id and (erased.has_left(row.customer_id) or erased.is_order_erased(row.order_id)):
        row = order_usages.without_customer(row)
    return lambda: order_usages.put_order(row, each.replaced)


class _ErasedSubjects:
    """The subjects of a journal that were erased since its rows were read."""

    def __init__(self, content: JournalContent) -> None:
        self._shop = content.shop
        customers = {split_customer_key(row.customer_id)[0] for row in content.customers}
        customers |= {each.row.customer_id for each in content.orders if each.row.customer_id}
        names = [data_subjects.app(content.shop, APP)]
        names += [data_subjects.customer(content.shop, each) for each in sorted(customers)]
        names += [data_subjects.order(content.shop, each.row.order_id) for each in content.orders]
        chunks = [names[start : start + _TOMBSTONES] for start in range(0, len(names), _TOMBSTONES)]
        erasures = map_in_threads(lambda chunk: tombstones.erased_since(content.planned_at, *chunk), chunks)
        self._names = set().union(*erasures)
        orders = (each.row for each in content.orders if self.is_order_erased(each.row.order_id))
        self._guests = {row.customer_id for row in orders if row.customer_id}

    @property
    def is_shop_erased(self) -> bool:
        return data_subjects.app(self._shop, APP) in self._names

    def has_left(self, customer_key: str) -> bool:
        customer, _ = split_customer_key(customer_key)
        return customer in self._guests or data_subjects.customer(self._shop, customer) in self._names

    def is_order_erased(self, order_id: str) -> bool:
        return data_subjects.order(self._shop, order_id) in self._names
