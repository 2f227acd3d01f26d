"""Verifiers of the routes of a site, whose path has its `tenant`: operators, and the accounts in the site's `readers`."""

from __future__ import annotations

from chalicelib.analytics.errors import SiteNotFound
from chalicelib.analytics.service import site_cache
from chalicelib.kit.auth import Account, Credentials, Role, security, verify_session


@security("accessToken", type="http", scheme="bearer", bearerFormat="JWT")
def reader(credentials: Credentials) -> Account:
    """Return the account if it may read the site. Raises Unauthenticated, Forbidden, SiteNotFound."""
    return _verify(credentials, Role.OPERATOR, Role.SUPPORT, Role.STORE_OWNER)


@security("accessToken", type="http", scheme="bearer", bearerFormat="JWT")
def manager(credentials: Credentials) -> Account:
    """Return the account if it may change what the site computes. Raises Unauthenticated, Forbidden, SiteNotFound."""
    return _verify(credentials, Role.OPERATOR, Role.STORE_OWNER)


def _verify(credentials: Credentials, *roles: Role) -> Account:
    """Return the account. A site that the account may not read is answered like a missing one."""
    account = verify_session(credentials.bearer(), *roles)
    site = site_cache.site_of(credentials.path["tenant"])
    if account.role is Role.STORE_OWNER and account.subject not in (site.readers or ()):
        raise SiteNotFound
    return account
