"""Benchmark rows of together: sign-in, check-in, and the bytes of the page."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta
from typing import Any

from infra.bench.runs import in_turn
from infra.bench.table import Row

PASSWORD = "a walk along the river at noon"
_ADDRESS = "203.0.113.7"


def sign_in(rounds: int) -> list[Row]:
    """Compare a sign-in (its counters, hash, session and tokens) with one bare verification of the same hash."""
    from chalicelib.kit import passwords
    from chalicelib.together.service import sessions

    user, count = new_member(), 20 if rounds > 1 else 1
    stored = str(user.password_hash)

    def ours() -> tuple[float, float]:
        begin = time.perf_counter()
        for _ in range(count):
            sessions.sign_in(sessions.SignIn(user.email, PASSWORD, "bench", None, _ADDRESS))
        return time.perf_counter() - begin, 0

    def bare() -> tuple[float, float]:
        begin = time.perf_counter()
        for _ in range(count):
            passwords.verify_password(stored, PASSWORD)
        return time.perf_counter() - begin, 0

    figures = in_turn({"ours": ours, "bare": bare}, rounds)
    mine, peer = figures["ours"], figures["bare"]
    return [Row(f"{count} sign-ins", str(mine), f"argon2 alone {peer}", mine.beside(peer), 1.8)]


def check_in(rounds: int) -> list[Row]:
    """Compare a check-in of today with a bare transaction of the same three rows."""
    from chalicelib.kit import clock
    from chalicelib.together.schemas.checkins import CheckinPut
    from chalicelib.together.service import checkins

    user, count = new_member(), 40 if rounds > 1 else 1
    body = CheckinPut(connection_score=8, mood_score=7, relationship_satisfaction=9, gratitude_note="The walk")

    def ours() -> tuple[float, float]:
        begin = time.perf_counter()
        for _ in range(count):
            checkins.record_checkin(user, clock.now().date(), body)
        return time.perf_counter() - begin, 0

    def bare() -> tuple[float, float]:
        begin = time.perf_counter()
        for _ in range(count):
            _bare_transaction(user)
        return time.perf_counter() - begin, 0

    figures = in_turn({"ours": ours, "bare": bare}, rounds)
    mine, peer = figures["ours"], figures["bare"]
    return [Row(f"{count} check-ins", str(mine), f"transaction alone {peer}", mine.beside(peer), 1.6)]


def page_size(_rounds: int) -> list[Row]:
    """Measure the document of the page as it is served, in bytes."""
    from chalicelib.together.pages.app import page

    return [Row("together's page", "", "", len(page.app_page().html.encode()), 150_000, "bytes")]


_days = itertools.count(1)


def _bare_transaction(user: Any) -> None:
    """Write a check-in of another date, and touch the member's and the relationship's rows."""
    from chalicelib.kit import clock
    from chalicelib.kit.tables import Transaction
    from chalicelib.together.models import DailyCheckin, Relationship, User

    now = clock.now()
    day = now.date() - timedelta(days=next(_days))
    with Transaction() as transaction:
        transaction.put(
            DailyCheckin(
                user.relationship_id,
                f"{day}#{user.id}",
                user_id=user.id,
                checkin_date=day,
                connection_score=8,
                mood_score=7,
                relationship_satisfaction=9,
                gratitude_note="The walk",
                timezone="UTC",
                recorded_at=now,
                created_at=now,
                updated_at=now,
            )
        )
        transaction.update(User(user.id), [User.updated_at.set(now)])
        transaction.update(Relationship(user.relationship_id), [Relationship.updated_at.set(now)])


def new_member() -> Any:
    """Write a verified member in a space of their own and return the row."""
    from chalicelib.kit import clock, ids, passwords, unique_values
    from chalicelib.kit.errors import WriteConflict
    from chalicelib.kit.tables import Transaction
    from chalicelib.together.enums import RelationshipStatus
    from chalicelib.together.models import Membership, Relationship, User

    now, user_id, relationship_id = clock.now(), ids.new(), ids.new()
    stamps = {"created_at": now, "updated_at": now}
    user = User(
        user_id,
        email=f"{user_id}@example.com",
        password_hash=passwords.hash_password(PASSWORD),
        display_name="Ada",
        email_verified=True,
        relationship_id=relationship_id,
        terms_accepted_at=now,
        **stamps,
    )
    name = unique_values.value_key("together", "users", "email", user.email)
    with Transaction() as transaction:
        transaction.add(user)
        transaction.add(Relationship(relationship_id, user_1_id=user_id, status=RelationshipStatus.INVITED, **stamps))
        transaction.add(Membership(user_id, relationship_id, as_user_1=relationship_id, joined_at=now))
        unique_values.claim(transaction, name, user_id, WriteConflict())
    return user
