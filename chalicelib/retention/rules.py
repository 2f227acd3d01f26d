"""The retention rules and data policies of every context. Retention itself knows no tables of other contexts."""

from __future__ import annotations

from chalicelib.analytics import retention as analytics
from chalicelib.billing import retention as billing
from chalicelib.discounts import retention as discounts
from chalicelib.kit import retention as kit
from chalicelib.kit.data_policy import ObjectPrefix, RetentionRule, TablePolicy
from chalicelib.kit.lakes import Lake
from chalicelib.platform import retention as platform
from chalicelib.retention import retention
from chalicelib.shops import retention as shops
from chalicelib.studio import retention as studio
from chalicelib.together import retention as together

_CONTEXTS = (kit, shops, studio, billing, analytics, discounts, together, platform, retention)

RULES: dict[str, RetentionRule] = {rule.name: rule for context in _CONTEXTS for rule in context.RULES}

TABLE_POLICIES: dict[str, TablePolicy] = {
    policy.name: policy for context in _CONTEXTS for policy in context.TABLE_POLICIES
}
LAKES: dict[str, Lake] = {lake.name: lake for context in _CONTEXTS for lake in getattr(context, "LAKES", ())}
OBJECT_PREFIXES: dict[str, ObjectPrefix] = {
    prefix.prefix: prefix for context in _CONTEXTS for prefix in context.OBJECT_PREFIXES
} | {prefix.prefix: prefix for lake in LAKES.values() for prefix in lake.object_prefixes}
