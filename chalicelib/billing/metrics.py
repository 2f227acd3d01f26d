"""The metrics of billing."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, NoAlarm

BATCH_SCHEDULES = (
    "billing-check_invariants",
    "billing-expire_credits",
    "billing-grant_monthly_credits",
    "billing-release_reservations",
    "billing-send_dunning_notices",
)
"""The schedules that write `StepsFailed`."""

INVARIANTS = ("period_over", "balance", "payment_without_event", "code_miscounted", "event_unprocessed")

INVARIANTS_BROKEN = Counter(
    "InvariantsBroken",
    Alarm(
        "billing-{value}",
        "A billing invariant is broken, or billing-check_invariants does not run: see the errors in its log.",
        values=INVARIANTS,
        written_by="billing-check_invariants",
    ),
    dimensions=("invariant",),
)

SUBSCRIPTIONS_WITHOUT_PLAN = Counter(
    "SubscriptionsWithoutPlan",
    Alarm(
        "billing-subscription_without_plan",
        "A subscription is priced at no plan of its owner's audience and gives no access: the log of"
        " billing-process_stripe_event names it.",
    ),
)

STRIPE_PARTS_DROPPED = Counter(
    "StripePartsDropped",
    NoAlarm("The rest of the subscription is synced; the log names the subscription and its parts."),
)
"""The unreadable parts of subscriptions: discounts, quantities, intervals, planned ends, paused collections."""
