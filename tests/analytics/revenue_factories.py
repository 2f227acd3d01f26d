"""Reports of MRR and the strategies that make them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from chalicelib.analytics.domain.recurring_revenue import RevenueHistory, RevenueStep, merge_state
from chalicelib.analytics.schemas.days import RevenueDue
from chalicelib.analytics.service import revenue_days
from chalicelib.kit import aws, messages
from chalicelib.kit.queue_records import ReceivedMessage

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 30


def values(*parts: Any) -> tuple[Any, ...]:
    """Return the parts; mypy refuses to compare decimals with whole numbers."""
    return parts


def at(day: float) -> datetime:
    """Return the time `day` days after the start."""
    return START + timedelta(days=day)


def step(day: float, plan: str | int, addons: str | int = 0, rate: str | None = None) -> RevenueStep:
    rate_day = at(day).date() if rate else None
    return RevenueStep(at(day), Decimal(plan), Decimal(addons), Decimal(rate) if rate else None, rate_day)


def state(*steps: RevenueStep, as_of: float | None = None, is_final: bool = False) -> RevenueHistory:
    """Return a state that applies from its first step on."""
    begins_at = steps[0].begins_at
    return RevenueHistory(steps, at(as_of) if as_of is not None else begins_at, begins_at, is_final)


def day_of(day: int) -> date:
    return at(day).date()


def present_steps(states: list[RevenueHistory]) -> tuple[RevenueStep, ...]:
    """Return the steps after all states, as they arrive."""
    history: RevenueHistory | None = None
    for each in states:
        history = merge_state(history, each) or history
    return history.steps if history else ()


_AMOUNTS = st.sampled_from([Decimal(0), Decimal("9.99"), Decimal(30), Decimal("0.000001"), Decimal("1234.5")])
_MOMENTS = st.integers(0, DAYS * 24).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def reports(draw: st.DrawFn) -> RevenueHistory:
    """A report on one subscription: an upgrade, a trial with its end, a discount with its end, an end, an add-on."""
    moments = sorted(draw(st.lists(_MOMENTS, min_size=1, max_size=3, unique=True)))
    steps = tuple(RevenueStep(moment, draw(_AMOUNTS), draw(_AMOUNTS)) for moment in moments)
    as_of = moments[0] + timedelta(minutes=draw(st.integers(0, 5_000)))
    return RevenueHistory(steps, as_of, moments[0], draw(st.sampled_from([False, False, False, True])))


def compute_due_revenue(now: datetime, since: datetime | None) -> int:
    """Run the hourly step, then the computation with what waits in its queue; return the number of messages."""
    count = revenue_days.send_due_owners(now, since)
    sqs, url = aws.client("sqs"), messages.queue_url(RevenueDue.queue or "")
    batch: list[ReceivedMessage[RevenueDue]] = []
    while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in received:
            batch.append(ReceivedMessage(each["MessageId"], RevenueDue.model_validate_json(each["Body"])))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    if batch:
        revenue_days.compute_due_revenue(batch)
    return count
