"""Old audit entries are archived with their large fields, then deleted by the only role that may."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import ids
from chalicelib.kit.auth import Account, Role
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.models import AuditLog
from chalicelib.platform.service import audit
from tests.retention.conftest import DUE, Row, archived, sweep

__all__ = ["archived", "sweep"]


def test_an_entry_of_over_two_years_is_archived_with_its_large_fields(
    sweep: Callable[[], None], archived: Callable[[], list[Row]]
) -> None:
    scope, notes = ids.new(), "ä" * 5_000
    for age in (731, 729):
        change = Change(scope, "platform.change_store", f"store:{scope}", {"notes": notes}, {"name": f"{age} days"})
        message = audit.message_of(Account(Role.OWNER, "o"), change)
        audit.record_change(message.model_copy(update={"occurred_at": DUE - timedelta(days=age)}))
    stored: dict[str, Any] = {row.after["name"]: row.before for row in AuditLog.query(scope)}
    sweep()
    [kept] = AuditLog.query(scope)
    assert kept.after == {"name": "729 days"}
    assert storage.size(stored["729 days"]) is not None
    assert storage.size(stored["731 days"]) is None
    [old] = [row for row in archived() if row.get("scope") == scope]
    assert json.loads(old["before"]) == {"notes": notes}
