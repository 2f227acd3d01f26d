"""Unsubscribe links of e-mails (RFC 8058). They are signed, need no sign-in and do not expire."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kit import clock, config, signing
from chalicelib.kit.retries import retry_conflicts
from chalicelib.together.domain import preferences
from chalicelib.together.errors import UnsubscribeLinkNotFound
from chalicelib.together.repository import mail_states, users

_PURPOSE = "together-unsubscribe"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A kind of e-mails (one of MAIL_KINDS) to a member."""

    user_id: str
    kind: str


def unsubscribe_url(user_id: str, kind: str) -> str:
    """Return the URL at which the member unsubscribes from e-mails of this kind (one of MAIL_KINDS)."""
    token = signing.sign(_PURPOSE, f"{user_id} {kind}".encode())
    return f"{config.settings().public_url}/together/unsubscribe?token={token}"


def read_link(token: str) -> Subscription:
    """Return the subscription that a link names. Raises UnsubscribeLinkNotFound if the link is not one of ours."""
    data = signing.verify(_PURPOSE, token)
    user_id, _, kind = (data or b"").decode().partition(" ")
    if kind not in preferences.MAIL_KINDS:
        raise UnsubscribeLinkNotFound
    return Subscription(user_id, kind)


def unsubscribe(token: str) -> Subscription:
    """Stop the e-mails that a link names; repeating it changes nothing. Raises UnsubscribeLinkNotFound."""
    subscription = read_link(token)
    retry_conflicts(lambda: _stop(subscription))
    return subscription


def _stop(subscription: Subscription) -> None:
    user = users.find_user(subscription.user_id)
    if user is not None and preferences.is_mailed(user.preferences, subscription.kind):
        mail_states.set_preferences(user, preferences.without_mail(user.preferences, subscription.kind), clock.now())
