"""Operator actions, published as messages for the audit log of `platform`, which lower contexts cannot import."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from chalicelib.kit import logs
from chalicelib.kit.auth import Account
from chalicelib.kit.messages import Message, publish

log = logs.logger("kit")


class OperatorActed(Message):
    """An operator changed something. `actor` is the operator, `action` is `<context>.<verb>`, `subject` the changed object.

    The message has no data subject: erasures do not drop it, because the audit log must stay complete.
    """

    topic: ClassVar[str] = "kit-operator_acted"

    actor: str
    action: str
    subject: str
    detail: dict[str, str] = Field(default_factory=dict)
    actor_type: str = "operator"
    """The role of the actor: an operator, or a support agent who read personal data."""


def publish_operator_action(account: Account, action: str, subject: str, **detail: str) -> None:
    """Log and publish an operator's action. `detail` must hold no secrets and no personal data."""
    log.info("operator action published", extra={"actor": account.id, "action": action, "about": subject, **detail})
    publish(OperatorActed(actor=account.id, action=action, subject=subject, detail=detail, actor_type=account.role))
