"""AI ideas: an order is written, paid with credits and queued, in this order, so that a crash at any point is resumed."""

from __future__ import annotations

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.kit import clock, ids, messages
from chalicelib.kit.errors import NotFound, Problem, Unavailable
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.retries import retry_conflicts
from chalicelib.together.domain.ideas import CREDITS, request_key
from chalicelib.together.enums import IdeaStatus
from chalicelib.together.errors import CreditsRequired, IdeaNotFound
from chalicelib.together.models import Idea, User
from chalicelib.together.repository import ideas
from chalicelib.together.schemas.ideas import IdeaCreate, IdeaRead
from chalicelib.together.schemas.messages import IdeaRequested
from chalicelib.together.service import measurement


def list_ideas(user: User, page: PageRequest) -> PageResult[IdeaRead]:
    """Return a page of the member's orders, newest first."""
    return ideas.list_by_user(user.id, page).map(IdeaRead.of)


def get_idea(user: User, idea_id: str) -> IdeaRead:
    """Return an order of the member. Raises IdeaNotFound."""
    row = ideas.find(user.id, idea_id)
    if row is None:
        raise IdeaNotFound
    return IdeaRead.of(row)


def order_idea(user: User, body: IdeaCreate, key: Idempotency | None) -> IdeaRead:
    """Order ideas for credits. With the same key, the same order is paid and queued once.

    Raises CreditsRequired, or billing's problem if the credits are not enough; then there is no order.
    """
    request = key.key if key else None
    row = retry_conflicts(lambda: _stored_order(user, body, request))
    if row.status is not IdeaStatus.PENDING:
        return IdeaRead.of(row)
    try:
        pay_for_idea(row)
    except Unavailable:
        raise
    except Problem as problem:
        ideas.remove_unpaid(row, request)
        if isinstance(problem, NotFound):  # the member never had credits
            raise CreditsRequired from problem
        raise
    messages.publish(IdeaRequested(user_id=user.id, idea_id=row.id))
    measurement.note_use(user, f"idea_{row.kind}", row.created_at)
    return IdeaRead.of(row)


def pay_for_idea(row: Idea) -> None:
    """Spend the credits of an order once. Raises billing's problem if they are not enough."""
    billing.spend_credits(OwnerType.MEMBER, row.user_id, row.credits, request_key(row.id), f"ideas: {row.kind}")


def _stored_order(user: User, body: IdeaCreate, request: str | None) -> Idea:
    """Return the order of the request, written if there is none."""
    stored = ideas.find_by_request(user.id, request) if request is not None else None
    if stored is not None:
        return stored
    now = clock.now()
    row = Idea(
        user.id,
        ids.time_ordered(),
        kind=body.kind,
        asked=_options(user, body),
        status=IdeaStatus.PENDING,
        pending_since=now,
        credits=CREDITS,
        created_at=now,
        expires_epoch=now + Idea.KEEP,
    )
    ideas.add(row, request, now)
    return row


def _options(user: User, body: IdeaCreate) -> dict[str, str]:
    """Return the options of an order, with the member's own love language if they want it used."""
    asked = body.model_dump(mode="json", exclude_none=True, exclude={"kind", "use_love_language"})
    language = user.love_language_primary if body.use_love_language else None
    return asked | ({"love_language": str(language)} if language else {})
