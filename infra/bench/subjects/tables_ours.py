"""The first access to eight tables over the connection that all models share."""

from chalicelib.billing.models import Customer, SubscriptionPlan
from chalicelib.kit.models import IdempotencyRecord, Lock, Tombstone, UniqueValue
from chalicelib.studio.models import Generation, Quota
from infra.bench.subjects.measure import report

report(
    lambda: (
        [model.count("nobody") for model in (UniqueValue, IdempotencyRecord, Lock, Tombstone, Generation, Quota)]
        + [Customer.count("member"), SubscriptionPlan.count("none")]
    )
)
