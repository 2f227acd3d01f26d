"""The daily schedule of accounts, with the rights of its role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib.billing import service as billing
from chalicelib.kit import clock
from chalicelib.together.models import Relationship, User
from chalicelib.together.repository import users
from infra.deploy import handlers
from infra.local import schedules
from tests.together.members import new_couple, new_member


def run_schedule() -> None:
    name = "together-expire_accounts"
    [schedule] = [each for each in handlers.schedules() if each.name == name]
    handlers.chalice_app().handler_map[name](schedules.event_of(schedule, clock.now()), None)


def test_closed_accounts_are_erased_and_unverified_ones_removed(drain: Callable[[], list[dict[str, Any]]]) -> None:
    past = clock.now() - timedelta(minutes=1)
    one, two = new_couple()
    closing = {"is_active": False, "closing_at": past, "closing_on": past.date().isoformat()}
    User(one.id).update([getattr(User, name).set(value) for name, value in closing.items()])
    billing.register_customer("member", one.id, one.email, relationship_id=one.relationship_id)
    old = past - timedelta(days=8)
    unverified = new_member(email_verified=False, closing_on=past.date().isoformat(), updated_at=old)
    run_schedule()
    run_schedule()
    assert drain() == []
    assert users.find_user(one.id) is users.find_user(unverified.id) is None
    partner = users.find_user(two.id)
    assert partner
    assert partner.partner_id is None
    assert Relationship.get(one.relationship_id).user_1_id != one.id
