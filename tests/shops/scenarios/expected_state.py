"""Expected row and log of one app in one shop, computed from the events and their deliveries without I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

Entry = tuple[str, datetime | None]
"""A row of the log: its kind and the time of an uninstall."""


@dataclass(frozen=True)
class Expectation:
    """One app in one shop. Times are those of the event at Shopify, not of the delivery.

    `granted_at` is the time of the last grant, `session_issued_at` that of the newest session token: both prove that the
    app is installed. `newest_uninstall_at` is the time of the newest delivered uninstall. `name` and `scopes` are None
    while unknown.
    """

    is_active: bool = False
    log: tuple[Entry, ...] = ()
    granted_at: datetime | None = None
    session_issued_at: datetime | None = None
    uninstalled_at: datetime | None = None
    newest_uninstall_at: datetime | None = None
    name: str | None = None
    name_at: datetime | None = None
    scopes: frozenset[str] | None = None
    scopes_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether the app was ever installed."""
        return bool(self.log)

    def install(self, at: datetime, scopes: Iterable[str]) -> Expectation:
        """Apply a grant of an installation at `at`; ignore it if a later uninstall is known."""
        if self.newest_uninstall_at is not None and self.newest_uninstall_at >= at:
            return self
        is_regrant = self.is_active and self.scopes is not None and self.scopes != frozenset(scopes)
        kind = "scopes_update" if is_regrant else "reinstall" if self.is_known else "install"
        log = (*self.log, (kind, None))
        return replace(self, is_active=True, log=log, uninstalled_at=None, session_issued_at=None).grant(at, scopes)

    def record_session_token(self, at: datetime) -> Expectation:
        """Record a session token issued at `at`."""
        return replace(self, session_issued_at=at)

    @property
    def newest_evidence_at(self) -> datetime | None:
        """The newest time at which the app was certainly installed."""
        return max((at for at in (self.granted_at, self.session_issued_at) if at), default=None)

    def grant(self, at: datetime, scopes: Iterable[str]) -> Expectation:
        """Apply new tokens that Shopify granted an existing installation at `at`."""
        return replace(self, granted_at=at).set_scopes(scopes, at)

    def uninstall(self, at: datetime) -> Expectation:
        """Apply an uninstall webhook of `at`, unless it is stale."""
        if self.is_active and self.newest_evidence_at is not None and self.newest_evidence_at <= at:
            log = (*self.log, ("uninstall", at))
            return replace(self, is_active=False, log=log, uninstalled_at=at, newest_uninstall_at=at)
        is_newer = (
            self.is_known and not self.is_active and (self.newest_uninstall_at is None or self.newest_uninstall_at < at)
        )
        return replace(self, newest_uninstall_at=at) if is_newer else self

    def rename(self, name: str, at: datetime) -> Expectation:
        """Apply a shop name of `at`, unless it is stale."""
        is_newer = self.is_active and (self.name_at is None or self.name_at <= at)
        return replace(self, name=name, name_at=at) if is_newer else self

    def set_scopes(self, scopes: Iterable[str], at: datetime) -> Expectation:
        """Apply the access scopes of `at`, unless they are stale."""
        is_newer = self.is_active and (self.scopes_at is None or self.scopes_at <= at)
        return replace(self, scopes=frozenset(scopes), scopes_at=at) if is_newer else self

    def apply_groups(self, later: Expectation, changed: Collection[str]) -> Expectation:
        """Return the state after a crash before `later`: only the groups in `changed` have their later values."""
        names = [name for group in changed for name in COLUMN_GROUPS[group]]
        return replace(self, **{name: getattr(later, name) for name in names})


COLUMN_GROUPS = {
    "installation": ("is_active", "log", "granted_at", "uninstalled_at", "newest_uninstall_at"),
    "evidence": ("session_issued_at",),
    "name": ("name", "name_at"),
    "scopes": ("scopes", "scopes_at"),
}
