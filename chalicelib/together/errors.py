"""Errors of together. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound, Problem

# Relationships


class RelationshipNotFound(NotFound):
    title = "Relationship not found"


class RelationshipPaused(Conflict):
    title = "The relationship is paused; resume it first"


class RelationshipEnded(Conflict):
    title = "The relationship has ended"


class RelationshipOpen(Conflict):
    title = "End the relationship first"


class PartnerMissing(Conflict):
    title = "This needs a partner"


class PausedByPartner(Conflict):
    title = "Only your partner can end this pause"


class BlockNotFound(NotFound):
    title = "Block not found"


# Invitations


class InvitationNotFound(NotFound):
    title = "Invitation not found"


class InvitationIsOwn(Conflict):
    title = "This is your own invitation"


class InvitationAccepted(Conflict):
    """Another member accepted the invitation during this request."""

    title = "Somebody else accepted this invitation"


class MemberPaired(Conflict):
    title = "You are already in a relationship"


# Plans and limits


class PremiumRequired(Problem):
    status, title = 402, "This needs a premium plan"


class CapReached(Conflict):
    title = "The limit of open entries is reached"


# Notices


class UnsubscribeLinkNotFound(NotFound):
    title = "This unsubscribe link is not valid"


# Goals, activities, challenges, talks


class GoalNotFound(NotFound):
    title = "Goal not found"


class GoalCompleted(Conflict):
    title = "The goal is completed"


class GoalNotActive(Conflict):
    title = "The goal is not active; resume it first"


class GoalWithoutTarget(Conflict):
    title = "The goal has no target count"


class ActivityNotFound(NotFound):
    title = "Activity not found"


class ActivityCompleted(Conflict):
    title = "The activity is completed"


class ActivityNotCompleted(Conflict):
    title = "Only a completed activity can be rated"


class InvalidActivity(InvalidInput):
    title = "The activity is invalid"


class ChallengeNotFound(NotFound):
    title = "Challenge not found"


class ChallengeClosed(Conflict):
    title = "The challenge is no longer active"


class InvalidChallenge(InvalidInput):
    title = "The challenge is invalid"


class ConversationNotFound(NotFound):
    title = "Talk not found"


class InvalidConversation(InvalidInput):
    title = "The talk is invalid"


# Days


class CheckinNotFound(NotFound):
    title = "Check-in not found"


class InvalidCheckin(InvalidInput):
    title = "The check-in is invalid"


class DateNotFound(NotFound):
    title = "Date not found"


# Ideas, perks, partners, bookings


class IdeaNotFound(NotFound):
    title = "Idea not found"


class CreditsRequired(Problem):
    status, title = 402, "Not enough credits"


class PerkNotFound(NotFound):
    title = "Perk not found"


class PerkNotIncluded(Problem):
    status, title = 402, "No plan or add-on includes this perk"


class PerkClaimed(Conflict):
    title = "This perk is already claimed"


class PerkClosed(Conflict):
    title = "This status cannot follow the perk's present one"


class MemberNotFound(NotFound):
    title = "Member not found"


class PartnerNotFound(NotFound):
    title = "Partner not found"


class BookingNotFound(NotFound):
    title = "Booking not found"


class BookingNotConfirmed(Conflict):
    title = "Only a confirmed booking can be rated"


class InvalidBooking(InvalidInput):
    title = "The booking is invalid"


class CalendarNotFound(NotFound):
    title = "Calendar not found"
