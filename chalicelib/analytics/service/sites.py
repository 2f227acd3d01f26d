"""Sites: the tenants that are measured, their settings and their keys."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TypedDict, Unpack

from chalicelib.analytics.enums import SiteKind
from chalicelib.analytics.errors import SiteExists
from chalicelib.analytics.models import Site
from chalicelib.analytics.repository import sites
from chalicelib.analytics.schemas.sites import SiteCreate, SiteKeysRead, SiteQuery, SiteRead, SiteSummary, SiteUpdate
from chalicelib.kit import clock, retries
from chalicelib.kit.errors import VersionMismatch, WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult

PUBLIC_PREFIX = "pk_"
SECRET_PREFIX = "sk_"  # noqa: S105 - how a secret begins, not a secret
KEY_BYTES = 24
PREVIOUS_KEY_LIFETIME = timedelta(days=7)
"""For so long cached pages may still send the public key from before a rotation."""


class SiteOptions(TypedDict, total=False):
    """The optional settings of a site; for their rules and defaults see `SiteSettings`."""

    time_zone: str
    currency: str
    origins: list[str]
    counted: dict[str, str]
    readers: list[str]


def register_site(tenant: str, name: str, **options: Unpack[SiteOptions]) -> str:
    """Register a tenant's site and return its public key. Repeated, write only the settings that differ.

    Raises ValidationError (pydantic) if a setting is invalid.
    """
    body = SiteCreate.model_validate({"tenant": tenant, "name": name, **options})
    values = body.model_dump(exclude={"tenant"})

    def write() -> str:
        row = sites.find(tenant)
        if row is None:
            try:
                return create_site(body, None).key
            except SiteExists as error:
                raise WriteConflict from error
        changes = {column: value for column, value in values.items() if getattr(row, column) != value}
        return (sites.change(row, changes, WriteConflict()) if changes else row).key

    return retries.retry_conflicts(write)


def create_site(body: SiteCreate, idempotency: Idempotency | None) -> SiteKeysRead:
    """Create a site with a new public key and a new secret. Raises SiteExists."""
    now = clock.now()
    secret = _new_key(SECRET_PREFIX)
    row = Site(
        kind=SiteKind(body.tenant.partition(":")[0]),
        key=_new_key(PUBLIC_PREFIX),
        secret_hash=hash_secret(secret),
        created_at=now,
        updated_at=now,
        **body.model_dump(),
    )
    sites.add(row, _keys_read(row, None), idempotency)
    return _keys_read(row, secret)


def list_sites(query: SiteQuery, page: PageRequest) -> PageResult[SiteRead]:
    """Return one page of the sites of a kind, by tenant."""
    return sites.list_by_kind(query.kind, page).map(SiteRead.of)


def get_summary(tenant: str) -> SiteSummary:
    """Return what readers see of a site. Raises SiteNotFound."""
    return SiteSummary.of(sites.get(tenant))


def get_site(tenant: str) -> SiteRead:
    """Return a site. Raises SiteNotFound."""
    return SiteRead.of(sites.get(tenant))


def update_site(tenant: str, body: SiteUpdate, version: int) -> SiteRead:
    """Set the fields in the body; omitted fields stay. Raises SiteNotFound, VersionMismatch."""
    row = _expected(tenant, version)
    return SiteRead.of(sites.change(row, body.model_dump(exclude_unset=True), VersionMismatch()))


def rotate_keys(tenant: str, version: int, idempotency: Idempotency | None) -> SiteKeysRead:
    """Replace both keys. The previous secret stops at once, the previous public key after PREVIOUS_KEY_LIFETIME.

    Raises SiteNotFound, VersionMismatch: a retry with the old version replaces no key that is in use.
    """
    row = _expected(tenant, version)
    secret = _new_key(SECRET_PREFIX)
    keys = {
        "key": _new_key(PUBLIC_PREFIX),
        "secret_hash": hash_secret(secret),
        "previous_key": row.key,
        "previous_until": clock.now() + PREVIOUS_KEY_LIFETIME,
    }
    changed = SiteRead.of(row).model_copy(update={**keys, "version": row.version + 1, "updated_at": clock.now()})
    response = SiteKeysRead(**changed.model_dump(include=set(SiteRead.model_fields)), secret=None)
    sites.replace_keys(row, keys, response, idempotency)
    return response.model_copy(update={"secret": secret})


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret key, by which its site is found. The key is random, so a fast hash is safe."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _expected(tenant: str, version: int) -> Site:
    row = sites.get(tenant)
    if row.version != version:
        raise VersionMismatch
    return row


def _new_key(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(KEY_BYTES)


def _keys_read(row: Site, secret: str | None) -> SiteKeysRead:
    return SiteKeysRead(**SiteRead.of(row).model_dump(), secret=secret)
