"""Bodies for the routes of together: each would be accepted from a member or operator who may send it."""

from __future__ import annotations

from typing import Any

from tests.together.days import SCORES
from tests.together.offers import partner_body

WRONG_PASSWORD = "four quiet herons wade"
"""No member of these tests has a password."""

MEMBER_BODIES: dict[str, dict[str, Any]] = {
    "AccountCreate": {
        "email": "new@example.com",
        "password": WRONG_PASSWORD,
        "display_name": "New",
        "is_adult": True,
        "accept_terms": True,
    },
    "AccountDeletion": {"password": WRONG_PASSWORD},
    "AccountVerification": {"token": "x", "password": WRONG_PASSWORD},
    "ActivityCreate": {"title": "x", "kind": "other"},
    "ActivityUpdate": {"title": "stolen"},
    "BlockCreate": {"relationship_id": "x"},
    "BookingCreate": {"partner_id": "bistro"},
    "BookingUpdate": {"rating": 1},
    "ChallengeCreate": {"template": "gratitude_week"},
    "ChallengeStep": {"date": "2026-11-02"},
    "ChallengeUpdate": {"status": "abandoned"},
    "CheckinPut": SCORES,
    "ConversationCreate": {"kind": "other"},
    "ConversationUpdate": {"topic": "stolen"},
    "DateCreate": {"title": "x", "date_value": "2031-05-10", "kind": "other"},
    "DateUpdate": {"title": "stolen"},
    "EmailChange": {"email": "new@example.com", "password": WRONG_PASSWORD},
    "EmailConfirmation": {"token": "x"},
    "GoalCreate": {"title": "x"},
    "GoalProgress": {"delta": 1},
    "GoalUpdate": {"title": "stolen"},
    "IdeaCreate": {"kind": "date_idea"},
    "InvitationCreate": {},
    "NotificationsReadThrough": {"read_through": "2031-05-10T12:00:00.000000Z#cause"},
    "PasswordChange": {"current_password": WRONG_PASSWORD, "new_password": "nine amber kettles hum"},
    "PasswordReset": {"token": "x", "password": WRONG_PASSWORD},
    "PasswordResetCreate": {"email": "new@example.com"},
    "PerkClaim": {"kind": "coaching"},
    "ProfileUpdate": {"display_name": "Stolen"},
    "RelationshipUpdate": {"relationship_type": "married"},
    "SessionCreate": {"email": "new@example.com", "password": WRONG_PASSWORD},
    "SessionRefresh": {"refresh_token": "x"},
}
"""Bodies of members and of people who are not signed in."""

MEMBER_OPERATOR_BODIES: dict[str, dict[str, Any]] = {
    "BookingsImport": {"partner_id": "bistro", "lines": "{}"},
    "OperatorPerkUpdate": {"tracking": "stolen"},
    "PartnerPut": partner_body(),
}
"""Bodies of operators."""
