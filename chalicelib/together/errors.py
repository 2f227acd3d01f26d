"""Errors of together. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound, Problem

# Relationships


class RelationshipNotFound(NotFound):
    code = "RelationshipNotFound"
    title = "Relationship not found"


class RelationshipPaused(Conflict):
    code = "RelationshipPaused"
    title = "The relationship is paused; resume it first"


class RelationshipEnded(Conflict):
    code = "RelationshipEnded"
    title = "The relationship has ended"


class RelationshipOpen(Conflict):
    code = "RelationshipOpen"
    title = "End the relationship first"


class PartnerMissing(Conflict):
    code = "PartnerMissing"
    title = "This needs a partner"


class PausedByPartner(Conflict):
    code = "PausedByPartner"
    title = "Only your partner can end this pause"


class BlockNotFound(NotFound):
    code = "BlockNotFound"
    title = "Block not found"


# Invitations


class InvitationNotFound(NotFound):
    code = "InvitationNotFound"
    title = "Invitation not found"


class InvitationIsOwn(Conflict):
    code = "InvitationIsOwn"
    title = "This is your own invitation"


class InvitationAccepted(Conflict):
    """Another member accepted the invitation during this request."""

    code = "InvitationAccepted"
    title = "Somebody else accepted this invitation"


class MemberPaired(Conflict):
    code = "MemberPaired"
    title = "You are already in a relationship"


# Plans and limits


class PremiumRequired(Problem):
    code = "PremiumRequired"
    status, title = 402, "This needs a premium plan"


class CapReached(Conflict):
    code = "CapReached"
    title = "The limit of open entries is reached"


# Notices


class UnsubscribeLinkNotFound(NotFound):
    code = "UnsubscribeLinkNotFound"
    title = "This unsubscribe link is not valid"


# Goals, activities, challenges, talks


class GoalNotFound(NotFound):
    code = "GoalNotFound"
    title = "Goal not found"


class GoalCompleted(Conflict):
    code = "GoalCompleted"
    title = "The goal is completed"


class GoalNotActive(Conflict):
    code = "GoalNotActive"
    title = "The goal is not active; resume it first"


class GoalWithoutTarget(Conflict):
    code = "GoalWithoutTarget"
    title = "The goal has no target count"


class ActivityNotFound(NotFound):
    code = "ActivityNotFound"
    title = "Activity not found"


class ActivityCompleted(Conflict):
    code = "ActivityCompleted"
    title = "The activity is completed"


class ActivityNotCompleted(Conflict):
    code = "ActivityNotCompleted"
    title = "Only a completed activity can be rated"


class InvalidActivity(InvalidInput):
    code = "InvalidActivity"
    title = "The activity is invalid"


class ChallengeNotFound(NotFound):
    code = "ChallengeNotFound"
    title = "Challenge not found"


class ChallengeClosed(Conflict):
    code = "ChallengeClosed"
    title = "The challenge is no longer active"


class InvalidChallenge(InvalidInput):
    code = "InvalidChallenge"
    title = "The challenge is invalid"


class ConversationNotFound(NotFound):
    code = "ConversationNotFound"
    title = "Talk not found"


class InvalidConversation(InvalidInput):
    code = "InvalidConversation"
    title = "The talk is invalid"


# Days


class CheckinNotFound(NotFound):
    code = "CheckinNotFound"
    title = "Check-in not found"


class InvalidCheckin(InvalidInput):
    code = "InvalidCheckin"
    title = "The check-in is invalid"


class DateNotFound(NotFound):
    code = "DateNotFound"
    title = "Date not found"


# Ideas, perks, partners, bookings


class IdeaNotFound(NotFound):
    code = "IdeaNotFound"
    title = "Idea not found"


class CreditsRequired(Problem):
    code = "CreditsRequired"
    status, title = 402, "Not enough credits"


class PerkNotFound(NotFound):
    code = "PerkNotFound"
    title = "Perk not found"


class PerkNotIncluded(Problem):
    code = "PerkNotIncluded"
    status, title = 402, "No plan or add-on includes this perk"


class PerkClaimed(Conflict):
    code = "PerkClaimed"
    title = "This perk is already claimed"


class PerkClosed(Conflict):
    code = "PerkClosed"
    title = "This status cannot follow the perk's present one"


class MemberNotFound(NotFound):
    code = "MemberNotFound"
    title = "Member not found"


class PartnerNotFound(NotFound):
    code = "PartnerNotFound"
    title = "Partner not found"


class BookingNotFound(NotFound):
    code = "BookingNotFound"
    title = "Booking not found"


class BookingNotConfirmed(Conflict):
    code = "BookingNotConfirmed"
    title = "Only a confirmed booking can be rated"


class InvalidBooking(InvalidInput):
    code = "InvalidBooking"
    title = "The booking is invalid"


class CalendarNotFound(NotFound):
    code = "CalendarNotFound"
    title = "Calendar not found"
