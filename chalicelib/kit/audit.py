"""What operators do, told to whoever keeps the audit log: contexts below `platform` cannot write it themselves."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from chalicelib.kit import logs
from chalicelib.kit.auth import Account
from chalicelib.kit.messages import Message, publish

log = logs.logger("kit")


class OperatorActed(Message):
    """An operator changed something: `actor` is who, `action` reads `<context>.<verb>`, `subject` what it was done to.

    It names no subject to be erased with: the audit log outlives whom it is about.
    """

    topic: ClassVar[str] = "kit-operator_acted"

    actor: str
    action: str
    subject: str
    detail: dict[str, str] = Field(default_factory=dict)


def publish_operator_action(account: Account, action: str, subject: str, **detail: str) -> None:
    """Log and publish what an operator did. `detail` must hold nothing secret and nothing personal."""
    log.info("an operator acted", extra={"actor": account.id, "action": action, "about": subject, **detail})
    publish(OperatorActed(actor=account.id, action=action, subject=subject, detail=detail))
