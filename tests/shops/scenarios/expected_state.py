"""Expected row and log of one app in one shop, computed from the events and their deliveries without I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

Entry = tuple[str, datetime | None]
"""A row of the log: its kind and, of an uninstall, when the merchant left."""


@dataclass(frozen=True)
class Expectation:
    """One app in one shop. Moments are when something happened at Shopify, not when we were told.

    `granted_at` is when Shopify was last asked for a grant, which proves the app installed; so does `seen_at`, when it
    issued the newest session token; `left_at` is the newest uninstall that was told. A name and scopes of None are not known, or not yet.
    """

    is_active: bool = False
    log: tuple[Entry, ...] = ()
    granted_at: datetime | None = None
    seen_at: datetime | None = None
    uninstalled_at: datetime | None = None
    left_at: datetime | None = None
    name: str | None = None
    name_at: datetime | None = None
    scopes: frozenset[str] | None = None
    scopes_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether the shop was ever here."""
        return bool(self.log)

    def install(self, at: datetime, scopes: Iterable[str]) -> Expectation:
        """Shopify granted the app its tokens at `at`; refused where the merchant left since."""
        if self.left_at is not None and self.left_at >= at:
            return self
        log = (*self.log, ("reinstall" if self.is_known else "install", None))
        return replace(self, is_active=True, log=log, uninstalled_at=None, seen_at=None).grant(at, scopes)

    def see(self, at: datetime) -> Expectation:
        """A merchant's session token that Shopify issued at `at` reached us."""
        return replace(self, seen_at=at)

    @property
    def evident_at(self) -> datetime | None:
        """The newest moment at which the app was certainly installed."""
        return max((at for at in (self.granted_at, self.seen_at) if at), default=None)

    def grant(self, at: datetime, scopes: Iterable[str]) -> Expectation:
        """Shopify granted an installation that is there new tokens at `at`."""
        return replace(self, granted_at=at).allow(scopes, at)

    def uninstall(self, at: datetime) -> Expectation:
        """We are told that the merchant removed the app at `at`."""
        if self.is_active and self.evident_at is not None and self.evident_at <= at:
            log = (*self.log, ("uninstall", at))
            return replace(self, is_active=False, log=log, uninstalled_at=at, left_at=at)
        is_news = self.is_known and not self.is_active and (self.left_at is None or self.left_at < at)
        return replace(self, left_at=at) if is_news else self

    def rename(self, name: str, at: datetime) -> Expectation:
        """We are told that the shop is called so at `at`."""
        is_news = self.is_active and (self.name_at is None or self.name_at <= at)
        return replace(self, name=name, name_at=at) if is_news else self

    def allow(self, scopes: Iterable[str], at: datetime) -> Expectation:
        """We are told that these are the app's access scopes at `at`."""
        is_news = self.is_active and (self.scopes_at is None or self.scopes_at <= at)
        return replace(self, scopes=frozenset(scopes), scopes_at=at) if is_news else self

    def adopt(self, later: Expectation, changed: Collection[str]) -> Expectation:
        """After a crash on the way from here to `later`, which got as far as these FACTS; each is changed as a whole."""
        names = [name for fact in changed for name in FACTS[fact]]
        return replace(self, **{name: getattr(later, name) for name in names})


FACTS = {
    "installation": ("is_active", "log", "granted_at", "uninstalled_at", "left_at"),
    "evidence": ("seen_at",),
    "name": ("name", "name_at"),
    "scopes": ("scopes", "scopes_at"),
}
