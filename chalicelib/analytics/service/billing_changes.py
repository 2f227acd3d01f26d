"""Billing's messages: the MRR of subscriptions, and payments as events of their days."""

from __future__ import annotations

from datetime import UTC

from chalicelib.analytics.domain.events import canonical_json
from chalicelib.analytics.domain.local_days import milliseconds
from chalicelib.analytics.domain.payment_events import Payment, PaymentEvent, Refund, payment_events
from chalicelib.analytics.domain.recurring_revenue import RevenueHistory, RevenueStep
from chalicelib.analytics.domain.trust import Source
from chalicelib.analytics.enums import CollectedType, RevenueScope
from chalicelib.analytics.schemas.messages import CollectedEvent, EventsCollected
from chalicelib.analytics.service import event_intake, own_sites, recurring_revenue
from chalicelib.analytics.service.recurring_revenue import SubscriptionReport
from chalicelib.billing.enums import PaymentKind
from chalicelib.billing.schemas.messages import PaymentChanged, RecurringRevenueChanged
from chalicelib.kit import clock, messages


def record_billing_change(message: RecurringRevenueChanged | PaymentChanged) -> None:
    """Store the MRR of a subscription unless the message is stale, or send a payment's events."""
    match message:
        case RecurringRevenueChanged():
            recurring_revenue.record_report(_report(message))
        case PaymentChanged():
            messages.publish_many(_events(message))


def _report(message: RecurringRevenueChanged) -> SubscriptionReport:
    return SubscriptionReport(
        RevenueScope(message.owner_type),
        message.owner_id,
        message.subscription_id,
        message.plan_name,
        message.status,
        message.currency,
        RevenueHistory(
            tuple(RevenueStep(step["from"], step["plan"], step["addons"]) for step in message.steps),
            message.as_of,
            message.effective_at,
            message.is_final,
        ),
    )


def _events(message: PaymentChanged) -> list[EventsCollected]:
    """Return the messages to the ingest with the events of a payment, which belong to the tenant of its scope."""
    tenant = own_sites.tenant_of(RevenueScope(message.owner_type))
    payment = Payment(
        message.payment_id,
        message.version,
        message.owner_id,
        message.kind,
        message.amount,
        message.tax,
        message.addons,
        message.currency,
        message.paid_at,
        message.failed_at,
        [Refund(each.id, each.amount, each.at, each.reversed_at) for each in message.refunds],
        _facts(message),
    )
    return event_intake.split_messages(tenant, None, [_collected(payment, each) for each in payment_events(payment)])


def _facts(message: PaymentChanged) -> dict[str, str]:
    """Return what the payment was for, without the code of a gift, which would give access to it."""
    facts = {"subscription": message.subscription_id, "item": message.item}
    if message.kind is PaymentKind.GIFT:
        del facts["item"]
    return {name: value for name, value in facts.items() if value}


def _collected(payment: Payment, event: PaymentEvent) -> CollectedEvent:
    return CollectedEvent(
        id=event.id,
        type=CollectedType.PAYMENT,
        name=event.name,
        at_ms=milliseconds(event.at),
        received_ms=milliseconds(clock.now()),
        day=event.at.astimezone(UTC).date(),
        time_zone="UTC",
        source=Source.SERVER,
        version=payment.version,
        user_id=payment.owner_id,
        data=canonical_json(event.data),
        value=event.value,
        currency=payment.currency,
    )
