"""The metrics of platform."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter

MAILS_FAILED = Counter(
    "AccountMailsFailed",
    Alarm(
        "platform-mail-failing",
        "Over 5 % of the e-mails to owners and staff fail for 15 minutes: SES refuses or throttles them. See the runbook.",
        above=0.05,
        statistic="Average",
        periods=3,
    ),
)
"""1 for an e-mail that SES did not take, else 0: its mean is their share."""
