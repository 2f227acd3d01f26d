"""How long the studio's rows live: as long as their shop, but for unused uploads, which DynamoDB's TTL ends."""

from __future__ import annotations

from chalicelib.kit.lifecycle import Rule

RULES: tuple[Rule, ...] = ()
