"""How long the shops' rows live.

DynamoDB's own TTL ends webhook deliveries (30 days) and earlier settings (1 year); shops and their settings live until
the shop is erased. Installation logs: two years, as the sources keep events; the archive keeps them beyond.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit.lifecycle import Rule, Then
from chalicelib.shops.models import InstallationLog, Session

RULES = (
    Rule("shops/sessions", Session, counts="expires", keep=timedelta(0), then=Then.DELETE),
    Rule("shops/installation_logs", InstallationLog, counts="created_at", keep=timedelta(days=730), then=Then.ARCHIVE),
)
