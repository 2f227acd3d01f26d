"""The job that writes the ideas of an order: idempotent, resumed after a crash, credits returned once on failure."""

from __future__ import annotations

from chalicelib.billing import service as billing
from chalicelib.billing.enums import OwnerType
from chalicelib.integrations.text_models.failures import TextModelFailed, UnusableAnswer
from chalicelib.integrations.text_models.selection import GeneratedText, TextRequest, choose_text_model
from chalicelib.kit import clock, config, logs
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.together.domain.ideas import (
    ITEMS,
    MODEL_ATTEMPTS,
    answers_of,
    is_given_up,
    is_small_enough,
    options_of,
    request_key,
)
from chalicelib.together.enums import IdeaStatus
from chalicelib.together.models import Idea
from chalicelib.together.repository import ideas
from chalicelib.together.service.ideas import pay_for_idea

UNPAID = "not_enough_credits"

log = logs.logger("together")


def generate_idea(user_id: str, idea_id: str) -> None:
    """Pay for a pending order, let the model write, and store the answers; or fail and return the credits.

    An order whose model is unavailable stays pending: `requeue_pending_ideas` queues it again, until it is given up.
    """
    row = ideas.find(user_id, idea_id)
    if row is None or row.status is not IdeaStatus.PENDING:
        return
    if row.failure_reason is not None:
        _fail(row, row.failure_reason)
        return
    try:
        pay_for_idea(row)
    except Unavailable:
        raise
    except Problem:
        _fail(row, UNPAID)
        return
    try:
        text = _write(row)
    except TextModelFailed as failure:
        log.warning("ideas not written: the model failed", extra={"idea": row.id, "error": str(failure)})
        if not failure.may_pass or is_given_up(row.created_at, clock.now()):
            _fail(row, failure.reason)
        return
    ideas.mark_completed(row, answers_of(text.items), text.model, clock.now())


def _write(row: Idea) -> GeneratedText:
    """Return what the model writes; at most MODEL_ATTEMPTS attempts if unusable. Raises TextModelFailed."""
    model = choose_text_model(config.settings().text_model)
    request = TextRequest(row.kind.value, options_of(row.asked), ITEMS, row.id)
    for _ in range(MODEL_ATTEMPTS):
        try:
            text = model(request)
        except UnusableAnswer as answer:
            unusable = answer
            continue
        if is_small_enough(text.items):
            return text
        unusable = UnusableAnswer("too long")
    raise unusable


def _fail(row: Idea, reason: str) -> None:
    """Fail an order in steps that can be repeated: decide, return the credits once, mark it.

    Between the first step and the last one no answer is stored, so that nobody gets both the answers and the credits.
    """
    if row.failure_reason is None and not ideas.mark_failing(row, reason):
        latest = ideas.find(row.user_id, row.id)
        if latest is None or latest.failure_reason is None:  # another delivery completed the order
            return
    billing.return_credits(OwnerType.MEMBER, row.user_id, request_key(row.id), f"ideas: {row.kind}")
    ideas.mark_failed(row, clock.now())
