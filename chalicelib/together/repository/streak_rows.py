"""The runs in the rows of members and couples. A write checks that the row holds the run that was read."""

from __future__ import annotations

from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition

from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Transaction
from chalicelib.together.domain.streak_runs import Run
from chalicelib.together.models import Relationship, User

T = TypeVar("T")


def stored_run(row: User | Relationship) -> Run:
    """Return the run that the row holds."""
    return Run(row.streak_start, row.streak_end, row.streak_longest)


def run_columns(run: Run) -> dict[str, Any]:
    """Return the columns of a run."""
    return {"streak_start": run.start, "streak_end": run.end, "streak_longest": run.longest}


def stage_member_run(transaction: Transaction, member: User, run: Run) -> None:
    """Store the member's run in the transaction, which raises WriteConflict if it or their space has changed."""
    is_same = _holds(User, member) & (User.relationship_id == member.relationship_id)
    transaction.update(User(member.id), _actions(User, run), condition=is_same, otherwise=WriteConflict())


def stage_couple_run(transaction: Transaction, relationship: Relationship, user_id: str, run: Run) -> None:
    """Store the couple's run if it differs, and require that the relationship is as it was read.

    The commit raises WriteConflict if its state, its members or its run have changed.
    """
    is_member = (Relationship.user_1_id == user_id) | (Relationship.user_2_id == user_id)
    is_same = (
        (Relationship.status == relationship.status)
        & is_member
        & _is(Relationship.activated_at, relationship.activated_at)
    )
    if run == stored_run(relationship):
        transaction.check(Relationship, (relationship.id,), is_same, otherwise=WriteConflict())
        return
    transaction.update(
        Relationship(relationship.id),
        _actions(Relationship, run),
        condition=is_same & _holds(Relationship, relationship),
        otherwise=WriteConflict(),
    )


def _holds(model: type[User] | type[Relationship], row: User | Relationship) -> Condition:
    condition: Condition = (
        _is(model.streak_start, row.streak_start)
        & _is(model.streak_end, row.streak_end)
        & (model.streak_longest == row.streak_longest)
    )
    return condition


def _actions(model: type[User] | type[Relationship], run: Run) -> list[Any]:
    return [_set(model.streak_start, run.start), _set(model.streak_end, run.end), model.streak_longest.set(run.longest)]


def _is(column: Attribute[T], value: T | None) -> Condition:
    condition: Condition = column.does_not_exist() if value is None else column == value
    return condition


def _set(column: Attribute[T], value: T | None) -> Any:
    return column.remove() if value is None else column.set(value)
