"""Benchmark rows of the members' accounts: a sign-in, and the bytes of their page."""

from __future__ import annotations

import time
from typing import Any

from infra.bench.runs import in_turn
from infra.bench.table import Row

PASSWORD = "a walk along the river at noon"
_ADDRESS = "203.0.113.7"


def sign_in(rounds: int) -> list[Row]:
    """Compare a sign-in (its counters, hash, session and tokens) with one bare verification of the same hash."""
    from chalicelib.kit import passwords
    from chalicelib.together.service import sessions

    user, count = _member(), 20 if rounds > 1 else 1
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


def page_size(_rounds: int) -> list[Row]:
    """Measure the document of the page as it is served, in bytes."""
    from chalicelib.together.pages.app import page

    return [Row("together's page", "", "", len(page.app_page().html.encode()), 150_000, "bytes")]


def _member() -> Any:
    """Write a verified member in a space of their own and return the row."""
    from chalicelib.kit import clock, ids, passwords, unique_values
    from chalicelib.kit.errors import WriteConflict
    from chalicelib.kit.tables import Transaction
    from chalicelib.together.enums import RelationshipStatus
    from chalicelib.together.models import Membership, Relationship, User

    now, user_id, relationship_id = clock.now(), ids.new(), ids.new()
    stamps: dict[str, Any] = {"created_at": now, "updated_at": now}
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
