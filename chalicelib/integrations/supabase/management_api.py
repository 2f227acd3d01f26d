"""Supabase's Management API.

Sources: the OpenAPI document (api.supabase.com/api/v1); supabase.com/docs/guides/platform/management-api (tokens, rate
limits).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from chalicelib.integrations.supabase import http_client, names
from chalicelib.integrations.supabase.errors import (
    QuotaReason,
    SupabaseProjectMissing,
    SupabaseQuotaReached,
    SupabaseUnavailable,
)
from chalicelib.integrations.supabase.http_client import Refusal
from chalicelib.integrations.supabase.projects import (
    NewProject,
    Organization,
    Pooler,
    Project,
    parse_organization,
    parse_pooler,
    parse_project,
)
from chalicelib.kit import config
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.secret_reader import secret

T = TypeVar("T")


class ManagementApi:
    """The API with the access token of an owner.

    Every call raises SupabaseUnauthorized, SupabaseThrottled, SupabaseUnavailable, SupabaseRefused, and
    InvalidSupabaseName before a URL is built.
    """

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def organizations(self) -> list[Organization]:
        """Return the organizations of the token's owner."""
        shapes = self._call("GET", "/v1/organizations")
        return _read(lambda: [parse_organization(shape) for shape in shapes])

    def find_project(self, organization: str, name: str) -> Project | None:
        """Return the organization's project of this name, or None; the oldest if there are several."""
        names.checked_organization(organization)
        shapes = self._call("GET", "/v1/projects")
        projects = _read(lambda: [parse_project(shape) for shape in shapes])
        candidates = [each for each in projects if (each.organization, each.name) == (organization, name)]
        return min((each for each in candidates if not each.is_deleted), key=_age, default=None)

    def create_project(self, new: NewProject) -> Project:
        """Create a project, which comes up within minutes.

        Creates another one if the name exists: call `find_project` first, and after SupabaseUnavailable. Raises
        SupabaseQuotaReached if the organization can have no further project.
        """
        body = {
            "name": new.name,
            "organization_slug": names.checked_organization(new.organization),
            "db_pass": new.password,
            "region_selection": {"type": "specific", "code": names.checked_region(new.region)},
        }
        try:
            shape = http_client.call(self._access_token, "POST", "/v1/projects", body)
        except Refusal as refusal:
            reason = _quota_reason(refusal)
            if reason is not None:
                raise SupabaseQuotaReached(refusal.status, reason) from None
            raise refusal.error() from None
        return _read(lambda: parse_project(shape))

    def project(self, ref: str) -> Project:
        """Return a project. Raises SupabaseProjectMissing."""
        shape = self._call("GET", f"/v1/projects/{names.checked_ref(ref)}")
        return _read(lambda: parse_project(shape))

    def delete_project(self, ref: str) -> None:
        """Delete a project with its data. Do nothing if it does not exist."""
        try:
            self._call("DELETE", f"/v1/projects/{names.checked_ref(ref)}")
        except SupabaseProjectMissing:
            return

    def pooler(self, ref: str) -> Pooler:
        """Return the pooler of the project's primary database. Raises SupabaseProjectMissing."""
        shapes = self._call("GET", f"/v1/projects/{names.checked_ref(ref)}/config/database/pooler")
        is_sandbox = "supabase" in config.settings().vendor_base_urls
        pooler = _read(lambda: parse_pooler(ref, shapes, is_sandbox=is_sandbox))
        return replace(pooler, ca_certificate=_ca_certificate())

    def _call(self, method: str, path: str) -> Any:
        try:
            return http_client.call(self._access_token, method, path)
        except Refusal as refusal:
            raise refusal.error() from None


def _ca_certificate() -> str | None:
    """Return the PEM of the authority of Supabase's poolers (its dashboard: Database, SSL configuration), if it is set."""
    try:
        return secret("SUPABASE_CA_CERTIFICATE")
    except SettingMissing:
        return None


def _read(parse: Callable[[], T]) -> T:
    """Return what `parse` reads. Raises SupabaseUnavailable if the answer has another shape than documented."""
    try:
        return parse()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SupabaseUnavailable from error


def _quota_reason(refusal: Refusal) -> QuotaReason | None:
    """Return the reason of a refusal to create a project; None if it is not about a quota.

    There is no error code; the message of the free plan's limit names "the number of active free projects".
    """
    text = refusal.text.lower()
    if "free project" in text or "project limit" in text:
        return QuotaReason.FREE_PROJECTS
    if refusal.status == 402 or "overdue" in text or "payment method" in text:
        return QuotaReason.PAYMENT
    return None


def _age(project: Project) -> tuple[str, str]:
    return project.created_at, project.ref
