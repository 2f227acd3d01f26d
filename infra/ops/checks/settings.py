"""Check the settings with which a stage works, but not as its customers expect: models and the sender of e-mails."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr

from chalicelib.kit import aws, config
from infra.ops.checks import Finding


def check() -> Iterator[Finding]:
    """Yield a finding for each model setting and for e-mail."""
    settings = config.settings()
    for name, model in (("IMAGE_MODEL", settings.image_model), ("TEXT_MODEL", settings.text_model)):
        if model == "local":
            yield Finding(name, "warning", f"local, which needs no provider and imitates one; set {name} and deploy")
        else:
            yield Finding(name, "ok", model)
    if settings.mail_from is None:
        yield Finding("MAIL_FROM", "warning", "not set: no e-mail is sent; set a verified address and deploy")
        return
    yield _sender(parseaddr(settings.mail_from)[1])
    yield _sending()


def _sender(address: str) -> Finding:
    """Return whether SES has verified the address or its domain."""
    identities = [address, address.rpartition("@")[2]]
    answer = aws.client("ses").get_identity_verification_attributes(Identities=identities)
    for identity, attributes in answer["VerificationAttributes"].items():
        if attributes["VerificationStatus"] == "Success":
            return Finding("MAIL_FROM", "ok", f"SES has verified {identity}")
    advice = f"SES refuses e-mails from {address}: verify it or its domain in Amazon SES in {config.settings().region}"
    return Finding("MAIL_FROM", "failed", advice)


def _sending() -> Finding:
    """Return whether SES sends to anybody: a new account is in SES's sandbox, where each recipient must be verified."""
    account = aws.client("sesv2").get_account()
    if not account.get("SendingEnabled", True):
        return Finding("SES", "failed", "AWS has paused sending; see the reputation dashboard of Amazon SES")
    if not account["ProductionAccessEnabled"]:
        return Finding(
            "SES", "warning", "in its sandbox: only verified recipients get e-mails; request production access"
        )
    return Finding("SES", "ok", "may send to every recipient")
