"""Calls to Supabase's Management API, against the sandbox and against servers with faulty answers."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from chalicelib.integrations.supabase.errors import (
    InvalidSupabaseName,
    QuotaReason,
    SupabaseProjectMissing,
    SupabaseQuotaReached,
    SupabaseRefused,
    SupabaseThrottled,
    SupabaseUnauthorized,
    SupabaseUnavailable,
)
from chalicelib.integrations.supabase.management_api import ManagementApi
from chalicelib.integrations.supabase.projects import NewProject, parse_pooler
from chalicelib.kit import config
from infra.sandbox.supabase import SANDBOX_ACCESS_TOKEN, SANDBOX_ORGANIZATIONS, SupabaseSandbox
from tests.integrations.canned_server import canned_server

ORGANIZATION = next(iter(SANDBOX_ORGANIZATIONS))
NEW = NewProject(ORGANIZATION, "backroom", "eu-central-1", "a database password")


@pytest.fixture
def management(supabase: SupabaseSandbox) -> ManagementApi:
    return ManagementApi(SANDBOX_ACCESS_TOKEN)


def test_the_organizations_of_the_token_are_listed(management: ManagementApi) -> None:
    assert {each.slug: each.name for each in management.organizations()} == SANDBOX_ORGANIZATIONS


def test_a_project_is_created_and_comes_up(management: ManagementApi, supabase: SupabaseSandbox) -> None:
    supabase.come_up_after(polls=2)
    project = management.create_project(NEW)
    assert (project.name, project.organization, project.region) == ("backroom", ORGANIZATION, "eu-central-1")
    assert [management.project(project.ref).is_coming_up for _ in range(3)] == [True, True, False]
    assert management.project(project.ref).is_ready


def test_a_project_is_found_by_organization_and_name(management: ManagementApi) -> None:
    first, _ = management.create_project(NEW), management.create_project(NEW)
    found = management.find_project(ORGANIZATION, "backroom")
    assert found is not None
    assert found.ref == first.ref
    assert management.find_project(ORGANIZATION, "Backroom") is None
    assert management.find_project("sandboxorganization2", "backroom") is None


def test_a_project_is_deleted_once(management: ManagementApi, supabase: SupabaseSandbox) -> None:
    project = management.create_project(NEW)
    management.delete_project(project.ref)
    management.delete_project(project.ref)
    assert supabase.projects() == []
    with pytest.raises(SupabaseProjectMissing):
        management.project(project.ref)


def test_the_pooler_of_a_project_has_a_login_for_each_role(
    management: ManagementApi, supabase: SupabaseSandbox
) -> None:
    ref = management.create_project(NEW).ref
    pooler = management.pooler(ref)
    assert (pooler.host, pooler.port, pooler.database) == ("127.0.0.1", supabase.pooler.port, "postgres")
    assert (pooler.username, pooler.username_of("store")) == (f"postgres.{ref}", f"store.{ref}")


def test_the_authority_of_the_poolers_is_a_setting(management: ManagementApi, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = management.create_project(NEW).ref
    assert management.pooler(ref).ca_certificate is None
    monkeypatch.setenv("SUPABASE_CA_CERTIFICATE", "-----BEGIN CERTIFICATE-----")
    assert management.pooler(ref).ca_certificate == "-----BEGIN CERTIFICATE-----"


@pytest.mark.parametrize("token", ["sbp_of_another", "", "two words", "line\r\nX-Injected: 1", "töken"])
def test_a_wrong_token_is_refused(supabase: SupabaseSandbox, token: str) -> None:
    with pytest.raises(SupabaseUnauthorized) as refusal:
        ManagementApi(token).organizations()
    assert refusal.value.status == 401
    assert token not in repr(refusal.value) or not token


def test_an_organization_of_others_is_refused(management: ManagementApi) -> None:
    with pytest.raises(SupabaseUnauthorized) as refusal:
        management.create_project(NewProject("organizationofothers", "backroom", "eu-central-1", "password"))
    assert refusal.value.status == 403


@pytest.mark.parametrize("reason", ["free_projects", "payment"])
def test_a_quota_is_named(
    management: ManagementApi, supabase: SupabaseSandbox, reason: Literal["free_projects", "payment"]
) -> None:
    supabase.refuse_projects(ORGANIZATION, reason)
    with pytest.raises(SupabaseQuotaReached) as refusal:
        management.create_project(NEW)
    assert refusal.value.reason == QuotaReason(reason)
    assert supabase.projects() == []


def test_throttled_calls_say_when_the_limit_resets(management: ManagementApi, supabase: SupabaseSandbox) -> None:
    supabase.throttle(calls=1, reset_seconds=42)
    with pytest.raises(SupabaseThrottled) as refusal:
        management.create_project(NEW)
    assert refusal.value.retry_after == 42
    assert supabase.projects() == []
    management.create_project(NEW)


def test_a_project_whose_answer_was_lost_is_found(management: ManagementApi, supabase: SupabaseSandbox) -> None:
    supabase.lose_answers(calls=1)
    with pytest.raises(SupabaseUnavailable):
        management.create_project(NEW)
    found = management.find_project(ORGANIZATION, NEW.name)
    assert [each["ref"] for each in supabase.projects()] == [found.ref if found else None]


HOSTILE_REFS = [
    "",
    "../organizations",
    "abcdefghijklmnopqrst/..",
    "ABCDEFGHIJKLMNOPQRST",
    "abcdefghijklmnopqrst\n",
    "a@b",
]


@pytest.mark.parametrize("ref", HOSTILE_REFS)
def test_no_url_is_built_of_a_hostile_ref(management: ManagementApi, supabase: SupabaseSandbox, ref: str) -> None:
    requests_before = len(supabase.requests)
    for call in (management.project, management.delete_project, management.pooler):
        with pytest.raises(InvalidSupabaseName):
            call(ref)
    assert len(supabase.requests) == requests_before


@pytest.mark.parametrize(
    "region", ["", "eu-central-1.evil.example", "eu-central-1/../x", "EU-CENTRAL-1", "eu-central-1\n"]
)
def test_a_hostile_region_is_refused(management: ManagementApi, supabase: SupabaseSandbox, region: str) -> None:
    requests_before = len(supabase.requests)
    with pytest.raises(InvalidSupabaseName):
        management.create_project(NewProject(ORGANIZATION, "backroom", region, "password"))
    assert len(supabase.requests) == requests_before


CONNECTION = "postgresql://postgres.abcdefghijklmnopqrst:[YOUR-PASSWORD]@{host}:{port}/postgres"


def _poolers(host: str, port: int = 6543) -> list[dict[str, str]]:
    return [
        {"database_type": "READ_REPLICA", "connection_string": CONNECTION.format(host="replica", port=1)},
        {"database_type": "PRIMARY", "connection_string": CONNECTION.format(host=host, port=port)},
    ]


def test_the_pooler_of_an_account_is_that_of_the_transaction_mode() -> None:
    host = "aws-1-eu-central-1.pooler.supabase.com"
    pooler = parse_pooler("abcdefghijklmnopqrst", _poolers(host, 5432), is_sandbox=False)
    assert (pooler.host, pooler.port, pooler.database) == (host, 6543, "postgres")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "169.254.169.254", "pooler.evil.example", "aws-0-eu-central-1.pooler.supabase.com.evil.example"],
)
def test_a_pooler_elsewhere_is_refused(host: str) -> None:
    with pytest.raises(ValueError):
        parse_pooler("abcdefghijklmnopqrst", _poolers(host), is_sandbox=False)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>", SupabaseUnavailable),
        (200, b"[]", SupabaseUnavailable),
        (200, json.dumps({"ref": "../x", "name": "a", "organization_slug": "o"}).encode(), SupabaseUnavailable),
        (302, b"", SupabaseUnavailable),
        (500, b"", SupabaseUnavailable),
        (400, b'{"message": "secret text of Supabase"}', SupabaseRefused),
        (404, b"", SupabaseProjectMissing),
    ],
)
def test_faulty_answers_become_errors_without_their_text(
    monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, error: type[Exception]
) -> None:
    with canned_server() as server:
        server.status, server.body = status, body
        monkeypatch.setenv("SUPABASE_API_BASE", server.url)
        config.forget_settings()
        with pytest.raises(error) as raised:
            ManagementApi(SANDBOX_ACCESS_TOKEN).create_project(NEW)
    monkeypatch.undo()
    config.forget_settings()
    assert "secret" not in f"{raised.value!r} {raised.value}"
    assert raised.value.__cause__ is None or SANDBOX_ACCESS_TOKEN not in repr(raised.value.__cause__)


def test_a_password_is_in_no_repr() -> None:
    assert "a database password" not in repr(NEW)
