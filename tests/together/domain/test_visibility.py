"""The tables of docs/together-visibility.md agree with the code, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.together.domain.visibility import Access, RowFacts, RowKind, access, can_read
from chalicelib.together.enums import RelationshipStatus

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "together-visibility.md"
FORMED = datetime(2027, 3, 1, tzinfo=UTC)
AFTER, BEFORE = FORMED + timedelta(days=3), FORMED - timedelta(days=3)
AUTHOR, OTHER, STRANGER, PSEUDONYM = "author", "other", "stranger", "pseudonym"
COUPLES_AWARD = "achievements (the couple's)"
AUTHORED = (RowKind.CHECKIN, RowKind.CONVERSATION)
CONTENT = {Access.ALL, Access.WITHOUT_PARTNER}


@dataclass(frozen=True)
class Facts:
    """The fields of a relationship."""

    status: RelationshipStatus
    user_1_id: str = AUTHOR
    user_2_id: str | None = OTHER
    activated_at: datetime | None = FORMED


ALONE = Facts(RelationshipStatus.INVITED, user_2_id=None, activated_at=None)
ACTIVE = Facts(RelationshipStatus.ACTIVE)
STATES = {
    "alone": ALONE,
    "active": ACTIVE,
    "private": ACTIVE,
    "paused": Facts(RelationshipStatus.PAUSED),
    "ended": Facts(RelationshipStatus.ENDED),
    "blocked": Facts(RelationshipStatus.ENDED),
    "erased": Facts(RelationshipStatus.ENDED, user_1_id=PSEUDONYM),
}


def _table(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, its head first."""
    text = DOCUMENT.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]


def _kind(name: str) -> RowKind:
    return RowKind(name.partition(" ")[0])


def _row(name: str, state: str) -> RowFacts:
    """Return the facts of a row of this kind in this state."""
    kind = _kind(name)
    author = None if name == COUPLES_AWARD else PSEUDONYM if state == "erased" else AUTHOR
    is_marked = kind in AUTHORED
    return RowFacts(author, AFTER, state == "private" and is_marked, state == "paused" and is_marked)


def _cells() -> Iterator[tuple[str, str, str]]:
    head, *rows = _table("By state")
    for name, *cells in rows:
        for state, cell in zip(head[1:], cells, strict=True):
            yield name, state, cell


def test_the_table_has_every_kind_and_state() -> None:
    assert {_kind(name) for name, _, _ in _cells()} == set(RowKind)
    assert {state for _, state, _ in _cells()} == set(STATES)


@pytest.mark.parametrize(("name", "state", "cell"), list(_cells()))
def test_a_cell_agrees_with_the_code(name: str, state: str, cell: str) -> None:
    if cell == "–":
        return
    row, relationship = _row(name, state), STATES[state]
    for viewer, answer in zip((AUTHOR, OTHER, STRANGER), cell.split(" / "), strict=True):
        if answer in ("–", "deleted"):
            continue
        found = access(_kind(name), row, viewer, relationship)
        assert str(found).replace("_", " ") == answer, viewer
        assert can_read(_kind(name), row, viewer, relationship) is (found in CONTENT)


@pytest.mark.parametrize("kind", AUTHORED)
def test_only_check_ins_and_talks_can_be_private(kind: RowKind) -> None:
    others = {name for name, state, cell in _cells() if state == "private" and cell == "–"}
    assert kind not in {_kind(name) for name in others}


MOMENTS: dict[str, tuple[RowKind, RowFacts]] = {
    "check-in of today, before the partner checked in for the date": (
        RowKind.CHECKIN,
        RowFacts(AUTHOR, AFTER, is_day_open=True),
    ),
    "check-in that was recorded before the couple formed": (RowKind.CHECKIN, RowFacts(AUTHOR, BEFORE)),
    "talk that was written before the couple formed": (RowKind.CONVERSATION, RowFacts(AUTHOR, BEFORE)),
    "personal award that was earned before the couple formed": (RowKind.ACHIEVEMENT, RowFacts(AUTHOR, BEFORE)),
    "check-in of a pause that is over": (RowKind.CHECKIN, RowFacts(AUTHOR, AFTER, in_pause=True)),
    "talk of a pause that is over": (RowKind.CONVERSATION, RowFacts(AUTHOR, AFTER, in_pause=True)),
    "date that the inviter had before the couple formed": (RowKind.DATE, RowFacts(AUTHOR, BEFORE)),
    "goal that the inviter had before the couple formed": (RowKind.GOAL, RowFacts(AUTHOR, BEFORE)),
}


def test_the_moments_agree_with_the_code() -> None:
    rows = _table("By moment, in an active couple")[1:]
    assert [name for name, *_ in rows] == list(MOMENTS)
    for name, *answers in rows:
        kind, row = MOMENTS[name]
        assert [str(access(kind, row, viewer, ACTIVE)) for viewer in (AUTHOR, OTHER)] == answers, name


def test_a_check_in_from_before_a_pause_stays_readable_in_it() -> None:
    assert can_read(RowKind.CHECKIN, RowFacts(AUTHOR, AFTER), OTHER, STATES["paused"])


def test_a_member_whose_place_has_a_pseudonym_is_a_stranger() -> None:
    for kind in RowKind:
        assert access(kind, RowFacts(PSEUDONYM, AFTER), AUTHOR, STATES["erased"]) is Access.NOTHING
