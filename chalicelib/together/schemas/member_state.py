"""Schema of a member's state for operators: no content of the member or of the couple."""

from chalicelib.kit.schemas import Schema, Timestamp
from chalicelib.together.enums import RelationshipStatus


class MemberStateRead(Schema):
    """The state of a member's account, space and mail, without anything that the member wrote."""

    id: str
    is_active: bool
    email_verified: bool
    has_pending_email: bool
    closing_at: Timestamp | None
    relationship_id: str | None
    relationship_status: RelationshipStatus | None
    has_partner: bool
    plan_name: str | None
    access_until: Timestamp | None
    premium_until: Timestamp | None
    addons: int
    unread: int
    email_failures: int
    email_off_at: Timestamp | None
    has_calendar: bool
    last_active_at: Timestamp | None
    created_at: Timestamp
