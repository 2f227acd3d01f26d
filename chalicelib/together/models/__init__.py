"""Tables of together, in reading order: users, relationships, days, plans, conversations, notifications, ideas, offers."""

from chalicelib.together.models.conversations import Conversation
from chalicelib.together.models.days import DailyCheckin, ImportantDate, RelationshipScore
from chalicelib.together.models.ideas import Idea
from chalicelib.together.models.notifications import Notification
from chalicelib.together.models.offers import Booking, Partner, Perk
from chalicelib.together.models.plans import Achievement, Activity, Challenge, SharedGoal
from chalicelib.together.models.relationships import Block, Membership, Relationship
from chalicelib.together.models.users import User

__all__ = [
    "Achievement",
    "Activity",
    "Block",
    "Booking",
    "Challenge",
    "Conversation",
    "DailyCheckin",
    "Idea",
    "ImportantDate",
    "Membership",
    "Notification",
    "Partner",
    "Perk",
    "Relationship",
    "RelationshipScore",
    "SharedGoal",
    "User",
]
