"""Enumerations of together, separate from the tables so that the domain rules import no database."""

from __future__ import annotations

from enum import StrEnum


class LoveLanguage(StrEnum):
    WORDS_OF_AFFIRMATION = "words_of_affirmation"
    QUALITY_TIME = "quality_time"
    RECEIVING_GIFTS = "receiving_gifts"
    ACTS_OF_SERVICE = "acts_of_service"
    PHYSICAL_TOUCH = "physical_touch"


class RelationshipStatus(StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class RelationshipType(StrEnum):
    DATING = "dating"
    ENGAGED = "engaged"
    MARRIED = "married"
    PARTNERS = "partners"


class DateKind(StrEnum):
    ANNIVERSARY = "anniversary"
    BIRTHDAY = "birthday"
    MILESTONE = "milestone"
    OTHER = "other"


class Trend(StrEnum):
    IMPROVING = "improving"
    STEADY = "steady"
    DECLINING = "declining"


class GoalStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class ActivityKind(StrEnum):
    DATE_NIGHT = "date_night"
    SHARED_ACTIVITY = "shared_activity"
    QUALITY_TIME = "quality_time"
    ADVENTURE = "adventure"
    OTHER = "other"


class ActivityStatus(StrEnum):
    PLANNED = "planned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Difficulty(StrEnum):
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class ChallengeStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    EXPIRED = "expired"


class ConversationKind(StrEnum):
    DEEP_TALK = "deep_talk"
    CONFLICT = "conflict"
    APPRECIATION = "appreciation"
    PLANNING = "planning"
    CHECK_IN = "check_in"
    OTHER = "other"


class NotificationKind(StrEnum):
    REMINDER = "reminder"
    PARTNER_ACTIVITY = "partner_activity"
    ACHIEVEMENT = "achievement"
    CHALLENGE = "challenge"
    BILLING = "billing"
    SYSTEM = "system"


class IdeaKind(StrEnum):
    CONVERSATION_PROMPT = "conversation_prompt"
    DATE_IDEA = "date_idea"


class IdeaStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


class PerkKind(StrEnum):
    SURPRISE_BOX = "surprise_box"
    COACHING = "coaching"


class PerkStatus(StrEnum):
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    SHIPPED = "shipped"
    DONE = "done"
    CANCELLED = "cancelled"


class PartnerKind(StrEnum):
    RESTAURANT = "restaurant"
    ACTIVITY = "activity"
    TRAVEL = "travel"
    GIFT = "gift"
    COACH = "coach"


class BookingStatus(StrEnum):
    CLICKED = "clicked"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
