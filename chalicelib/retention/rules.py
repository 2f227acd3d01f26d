"""The rules of every context, by name. Retention knows no table itself."""

from __future__ import annotations

from chalicelib.billing import retention as billing
from chalicelib.kit.lifecycle import Rule
from chalicelib.shops import retention as shops
from chalicelib.studio import retention as studio

RULES: dict[str, Rule] = {rule.name: rule for rule in (*shops.RULES, *studio.RULES, *billing.RULES)}
