"""The metrics of together."""

from __future__ import annotations

from chalicelib.kit.metrics import Alarm, Counter, Duration

OLDEST_DUE_NOTICE = Duration(
    "OldestDueNotice",
    Alarm(
        "together-notices-late",
        "A notice has been due for over 15 minutes and is not sent, or together-dispatch_notifications does not run: "
        "see the log of together-send_notification.",
        above=900,
        written_by="together-dispatch_notifications",
    ),
)
"""How long the oldest notice has been due that is not sent yet; zero if there is none."""
MAILS_FAILED = Counter(
    "MailsFailed",
    Alarm(
        "together-mail-failing",
        "Over 5 % of the members' e-mails fail for 15 minutes: SES refuses, throttles or bounces them. See the runbook.",
        above=0.05,
        statistic="Average",
        periods=3,
    ),
)
"""1 for an e-mail that failed, bounced or caused a complaint, else 0: its mean is their share."""
ERASURES_OVERDUE = Counter(
    "ErasuresOverdue",
    Alarm(
        "together-erasures-overdue",
        "An account was to be erased two days ago and is not: see the log of together-expire_accounts. "
        "Or together-close_days, which checks every hour, does not run.",
        written_by="together-close_days",
    ),
)
"""The number of accounts that are due for two to eight days and not removed or handed to the erasure."""
OLDEST_PENDING_IDEA = Duration(
    "OldestPendingIdea",
    Alarm(
        "together-ideas-waiting",
        "A paid order of ideas has waited for over 30 minutes: the text model is unavailable, or together-generate_idea "
        "fails. See the runbook.",
        above=1_800,
        written_by="together-dispatch_notifications",
    ),
)
"""How long the oldest order of ideas has been pending; zero if there is none."""
