"""Decisions about session tokens, uninstalls and grants, without I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.shops import evidence
from chalicelib.shops.evidence import Evidence, InstallDecision, SessionNote, decide_install

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def stored_evidence(session: float | None, checked: float | None, granted: float = -3600) -> Evidence:
    moments = [None if each is None else at(each) for each in (session, checked)]
    return Evidence(at(granted), *moments)


@pytest.mark.parametrize(
    ("facts", "issued", "now", "note"),
    [
        (stored_evidence(None, None), 0, 1, SessionNote(at(0), is_check_due=True)),
        (
            stored_evidence(None, None, granted=0.5),
            0,
            1,
            SessionNote(at(0), is_check_due=True),
        ),  # right after the installation
        (stored_evidence(0, 1), 0, 2, None),  # the same token
        (
            stored_evidence(0, 1),
            1,
            2,
            SessionNote(at(1), is_check_due=False),
        ),  # the merchant may have uninstalled and reinstalled
        (stored_evidence(0, 1, granted=10), 10, 11, None),  # the grant is evidence as well
        (stored_evidence(50, 1), 50, 61, SessionNote(None, is_check_due=True)),
        (stored_evidence(50, 1), 40, 61, SessionNote(None, is_check_due=True)),  # an older token is ignored
        (stored_evidence(50, 1), 60, 61, SessionNote(at(60), is_check_due=True)),
        (stored_evidence(50, 1), 30, 60, None),
    ],
)
def test_each_newer_session_token_is_stored(
    facts: Evidence, issued: float, now: float, note: SessionNote | None
) -> None:
    assert evidence.decide_session_note(facts, at(issued), at(now)) == note


def test_each_session_token_is_written_once_and_checked_once_a_minute() -> None:
    """A page sends ten requests a second for ten minutes; App Bridge renews its session token every 50 seconds."""
    facts, notes = stored_evidence(None, None), list[SessionNote]()
    for tenth in range(6000):
        issued = at(tenth // 500 * 50)
        if note := evidence.decide_session_note(facts, issued, at(tenth / 10)):
            notes.append(note)
            checked = at(tenth / 10) if note.is_check_due else facts.checked_at
            facts = Evidence(facts.granted_at, note.session_issued_at or facts.session_issued_at, checked)
    assert len([note for note in notes if note.session_issued_at]) == 12
    assert sum(note.is_check_due for note in notes) == 10


@pytest.mark.parametrize(
    ("facts", "removed", "is_doubtful"),
    [
        (stored_evidence(0.5, None), 0, True),  # clock skew, or a quick merchant
        (stored_evidence(1, None), 0, True),
        (stored_evidence(1.1, None), 0, False),  # certainly installed after it
        (stored_evidence(0, None), 0, False),  # certainly uninstalled after it
        (stored_evidence(1, None, granted=0.5), 0, False),  # Shopify granted tokens after it
        (stored_evidence(None, None, granted=-5), 0, False),
    ],
)
def test_an_uninstall_within_seconds_of_evidence_is_doubtful(
    facts: Evidence, removed: float, is_doubtful: bool
) -> None:
    assert evidence.is_removal_doubtful(facts, at(removed)) is is_doubtful


@pytest.mark.parametrize(
    ("install_offset", "removal_offset", "is_active", "decision"),
    [
        (None, None, False, InstallDecision.WRITE),
        (-10, None, True, InstallDecision.WRITE),
        (0, None, True, InstallDecision.WRITE),
        (-10, -5, False, InstallDecision.WRITE),
        (1, None, True, InstallDecision.SUPERSEDED),
        (1, -5, True, InstallDecision.SUPERSEDED),
        (-10, 0, False, InstallDecision.REMOVED),
        (-10, 5, False, InstallDecision.REMOVED),
        (1, 5, False, InstallDecision.REMOVED),
        (None, 5, False, InstallDecision.REMOVED),
    ],
)
def test_only_the_newest_grant_without_a_later_uninstall_installs(
    install_offset: float | None, removal_offset: float | None, is_active: bool, decision: InstallDecision
) -> None:
    installed_at = None if install_offset is None else at(install_offset)
    removed_at = None if removal_offset is None else at(removal_offset)
    assert decide_install(installed_at, removed_at, is_active, at(0)) is decision
