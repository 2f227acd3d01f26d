"""Partners' reports about bookings: JSON lines, each applied once, for the partner's own clicks only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from chalicelib.kit import clock
from chalicelib.kit.errors import Conflict
from chalicelib.kit.tables import copy_row
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.together.domain.bookings import LineRefused, NotTheirClick, columns_after_report
from chalicelib.together.errors import PartnerNotFound
from chalicelib.together.models import Booking
from chalicelib.together.repository import bookings, partners
from chalicelib.together.schemas.bookings import BookingReport, BookingsImported, RefusedLine
from chalicelib.together.service.bookings import send_to_analytics


class _ExternalIdTaken(Conflict):
    title = "Another booking has this external id"


def import_bookings(partner_id: str, lines: Iterable[str]) -> BookingsImported:
    """Apply a partner's report; a repeated one changes nothing and sends the same versions to analytics.

    A line that cannot be applied is refused alone, with its number and a reason. Raises PartnerNotFound.
    """
    results = list(iterate_imports(partner_id, lines))
    refused = [result for result in results if isinstance(result, RefusedLine)]
    changed = sum(result is True for result in results)
    return BookingsImported(changed=changed, unchanged=len(results) - len(refused) - changed, refused=refused)


def iterate_imports(partner_id: str, lines: Iterable[str]) -> Iterator[bool | RefusedLine]:
    """Apply a partner's report line by line; yield whether each changed its booking, or why it was refused.

    Empty lines are skipped. Raises PartnerNotFound.
    """
    if partners.find(partner_id) is None:
        raise PartnerNotFound
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _apply_line(partner_id, number, line)


def _apply_line(partner_id: str, number: int, line: str) -> bool | RefusedLine:
    try:
        return apply_report(partner_id, BookingReport.model_validate_json(line))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join(map(str, first["loc"]))
        return RefusedLine(line=number, reason=f"{path}: {first['msg']}" if path else "not a JSON object")
    except LineRefused as refusal:
        return RefusedLine(line=number, reason=str(refusal))
    except _ExternalIdTaken:
        return RefusedLine(line=number, reason="external_id: another booking has it")


def apply_report(partner_id: str, report: BookingReport) -> bool:
    """Apply one line and send the booking to analytics; return whether it changed.

    Raises LineRefused if it is not a click of this partner, or if the report contradicts the booking.
    """

    def decide(unit: UnitOfWork) -> tuple[Booking, bool]:
        row, now = bookings.find(report.click_id), clock.now()
        if row is None:
            raise NotTheirClick
        columns = columns_after_report(row, partner_id, report, now)
        if columns is None:
            return row, False
        columns = {**columns, "updated_at": now}
        bookings.stage_columns(unit.transaction, row, columns)
        bookings.stage_external_id(unit.transaction, row, report.external_id, _ExternalIdTaken())
        return copy_row(row, {**columns, "version": row.version + 1}), True

    row, is_changed = run_unit_of_work(decide)
    send_to_analytics(row)
    return is_changed
