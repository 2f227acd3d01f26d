"""The Supabase project of a store: in the owner's organization, or an existing one of theirs.

The project's name is the store's, so that a repeated step finds the project whose creation was not answered. The job
notes the name before it creates the project: that of an earlier job has a password that this one does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.integrations.supabase.errors import (
    SupabaseProjectMissing,
    SupabaseQuotaReached,
    SupabaseRefused,
    SupabaseThrottled,
    SupabaseUnauthorized,
)
from chalicelib.integrations.supabase.management_api import ManagementApi
from chalicelib.integrations.supabase.projects import NewProject, Project
from chalicelib.kit import clock
from chalicelib.platform.database_errors import (
    InvalidSupabaseOrganization,
    InvalidSupabaseToken,
    SupabaseLimitReached,
    SupabaseProjectUnavailable,
)
from chalicelib.platform.domain.provisioning import PROJECT_WAIT
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget, own_login, target_with_login
from chalicelib.platform.schemas.databases import SCHEMA, SupabaseDatabase
from chalicelib.platform.service.job_runs import JobRun, Postponed

PROJECT_NAME, PROJECT, REQUESTED_AT, POOLER = "project_name", "project", "requested_at", "pooler"
"""Names of notes: the name of the project to create, its ref, when it was first seen, server and logins of its pooler."""
POLL_DELAY = timedelta(seconds=10)


def check_account(database: SupabaseDatabase) -> None:
    """Check that the token reaches the organization, or the existing project.

    Raises InvalidSupabaseToken, InvalidSupabaseOrganization, SupabaseProjectUnavailable, Postponed.
    """
    api = _api(database)
    with _problems():
        if database.project is not None:
            _require_working(api.project(database.project))
        elif database.organization not in {each.slug for each in api.organizations()}:
            raise InvalidSupabaseOrganization


def ensure_project(run: JobRun, database: SupabaseDatabase) -> None:
    """Create the project unless it exists, and note its pooler once it accepts logins.

    Raises Postponed while it comes up, SupabaseProjectUnavailable after 20 minutes, SupabaseLimitReached.
    """
    if POOLER in run.notes:
        return
    api = _api(database)
    with _problems():
        if PROJECT not in run.notes:
            run.note(**{PROJECT: _find_or_create(api, run, database), REQUESTED_AT: clock.iso(clock.now())})
        ref = str(run.notes[PROJECT])
        project = api.project(ref)
        _require_working(project)
        if not project.is_ready:
            if clock.now() > clock.parse(run.notes[REQUESTED_AT]) + PROJECT_WAIT:
                raise SupabaseProjectUnavailable("The Supabase project did not start within 20 minutes.")
            raise Postponed(POLL_DELAY)
        pooler = api.pooler(ref)
    note = {
        "host": pooler.host,
        "port": pooler.port,
        "database": pooler.database,
        "username": pooler.username,
        "login": pooler.username_of(own_login(run.place_id)),
        "ca_certificate": pooler.ca_certificate,
    }
    run.note(**{POOLER: note})


def project_target(run: JobRun, database: SupabaseDatabase) -> ProvisioningTarget:
    """Return the schema `store` of the project, behind its pooler."""
    note = run.notes[POOLER]
    password = database.password.get_secret_value() if database.password else run.request.project_password
    admin = Server(
        Dialect.POSTGRESQL,
        note["host"],
        note["port"],
        note["database"],
        note["username"],
        password,
        note["ca_certificate"],
    )
    return target_with_login(admin, SCHEMA, own_login(run.place_id), note["login"], run.request.login_password)


def _find_or_create(api: ManagementApi, run: JobRun, database: SupabaseDatabase) -> str:
    """Return the ref of the project, which is sought by its name before it is created.

    Raises SupabaseProjectUnavailable if an earlier job created it.
    """
    if database.project is not None:
        return database.project
    organization, region = str(database.organization), str(database.region)
    name = f"backroom-{run.place_id}"
    project = api.find_project(organization, name)
    if project is not None and PROJECT_NAME not in run.notes:
        raise SupabaseProjectUnavailable(_EARLIER_PROJECT.format(ref=project.ref))
    if project is None:
        run.note(**{PROJECT_NAME: name})
        project = api.create_project(NewProject(organization, name, region, run.request.project_password))
    return project.ref


def _require_working(project: Project) -> None:
    if project.has_failed:
        raise SupabaseProjectUnavailable


def _api(database: SupabaseDatabase) -> ManagementApi:
    return ManagementApi(database.access_token.get_secret_value())


@contextmanager
def _problems() -> Iterator[None]:
    """Raise Supabase's refusals as problems for the owner, and Postponed for its rate limit."""
    try:
        yield
    except SupabaseThrottled as error:
        raise Postponed(timedelta(seconds=error.retry_after)) from error
    except SupabaseUnauthorized as error:
        raise InvalidSupabaseToken from error
    except SupabaseProjectMissing as error:
        raise SupabaseProjectUnavailable from error
    except SupabaseQuotaReached as error:
        raise SupabaseLimitReached(_QUOTA_DETAILS[error.reason.value]) from error
    except SupabaseRefused as error:
        raise SupabaseProjectUnavailable(f"Supabase refuses the request with status {error.status}.") from error


_EARLIER_PROJECT = (
    "An earlier job created the project {ref} in this organization. Give it as `project` with its database password, "
    "which Supabase lets you reset, or delete it."
)
_QUOTA_DETAILS = {
    "free_projects": "A member of the organization has as many free projects as Supabase allows.",
    "payment": "The organization has an overdue invoice or no payment method.",
}
