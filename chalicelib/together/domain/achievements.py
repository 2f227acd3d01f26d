"""The awards of the app. A rule's id is part of the award's key, so that it is given once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AchievementRule:
    """An award: its title, its points, and whether each member earns it alone."""

    title: str
    points: int
    is_personal: bool = False


RULES = {
    "first_checkin": AchievementRule("First check-in", 10, is_personal=True),
    "personal_streak_7": AchievementRule("Checked in for 7 days in a row", 20, is_personal=True),
    "personal_streak_30": AchievementRule("Checked in for 30 days in a row", 50, is_personal=True),
    "personal_streak_100": AchievementRule("Checked in for 100 days in a row", 150, is_personal=True),
    "personal_streak_365": AchievementRule("Checked in for 365 days in a row", 500, is_personal=True),
    "couple_streak_7": AchievementRule("Both checked in for 7 days in a row", 30),
    "couple_streak_30": AchievementRule("Both checked in for 30 days in a row", 80),
    "couple_streak_100": AchievementRule("Both checked in for 100 days in a row", 250),
    "couple_streak_365": AchievementRule("Both checked in for 365 days in a row", 1_000),
    "first_goal": AchievementRule("First goal reached", 20),
    "first_activity": AchievementRule("First activity done", 20),
    "first_talk": AchievementRule("First talk written down", 10, is_personal=True),
    "easy_challenge": AchievementRule("First easy challenge completed", 20),
    "medium_challenge": AchievementRule("First medium challenge completed", 40),
    "hard_challenge": AchievementRule("First hard challenge completed", 80),
}

OWN_RULES = ("first_talk",)
"""Personal awards that the partner never sees: a talk is private unless it is shared."""
STREAK_LENGTHS = (7, 30, 100, 365)
"""Lengths of the streaks that have an award, in days: `personal_streak_<n>` and `couple_streak_<n>`."""


def achievement_key(rule: str, user_id: str | None) -> str:
    """Return the key of an award: the rule, with the member's id if the award is personal.

    Raises KeyError for an unknown rule, ValueError if the member's id is missing or not expected.
    """
    if RULES[rule].is_personal != (user_id is not None):
        raise ValueError(f"{rule}: a personal award names its member, another one does not")
    return f"{rule}#{user_id}" if user_id else rule


def rule_of(key: str) -> str:
    """Return the rule in the key of an award."""
    return key.partition("#")[0]
