"""The routes of the Management API.

Shapes: the OpenAPI document (api.supabase.com/api/v1). Not enforced: instance sizes, names of regions beyond their
form.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from infra.sandbox.server import HangUp, Json, Refusal, Request, Response, Route, json_response
from infra.sandbox.supabase.databases import create_database, drop_database
from infra.sandbox.supabase.pooler import DATABASE

if TYPE_CHECKING:
    from infra.sandbox.supabase.sandbox import SupabaseSandbox

RATE_LIMIT = 120
"""Calls a minute, as the headers say; not counted."""
MIN_PASSWORD = 4
FREE_LIMIT = (
    "The following organization members have reached their maximum limits for the number of active free projects "
    "within organizations where they are an administrator or owner: sandbox (2 project limit)."
)
OVERDUE = "Your organization has overdue invoices, please resolve them before creating a new project."
REFUSALS = {"free_projects": (400, FREE_LIMIT), "payment": (402, OVERDUE)}
Handler = Callable[..., Response]


class Management:
    """The API for the one access token of the sandbox."""

    def __init__(self, sandbox: SupabaseSandbox) -> None:
        self._sandbox = sandbox
        self.routes = [
            Route("GET", "/v1/organizations", self._guarded(self._list_organizations)),
            Route("GET", "/v1/projects", self._guarded(self._list_projects)),
            Route("POST", "/v1/projects", self._guarded(self._create_project)),
            Route("GET", "/v1/projects/{ref}", self._guarded(self._get_project)),
            Route("DELETE", "/v1/projects/{ref}", self._guarded(self._delete_project)),
            Route("GET", "/v1/projects/{ref}/config/database/pooler", self._guarded(self._list_poolers)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """Check the token, throttle, add the headers of the rate limit, and lose the answers of changes on demand."""

        def handle(request: Request, **names: str) -> Response:
            if request.header("authorization") != f"Bearer {self._sandbox.access_token}":
                raise _refusal(401, "Unauthorized")
            faults = self._sandbox.faults
            if faults.strikes("throttled"):
                headers = _rate_limit(0, self._sandbox.reset_seconds)
                return json_response(429, {"message": "ThrottlerException: Too Many Requests"}, headers)
            response = handler(request, **names)
            if request.method != "GET" and faults.strikes("lost_answer"):
                raise HangUp
            response.headers.update(_rate_limit(RATE_LIMIT - 1, 60))
            return response

        return handle

    def _list_organizations(self, _: Request) -> Response:
        with self._sandbox.state.change() as data:
            return json_response(
                200, [{"id": slug, "slug": slug, "name": name} for slug, name in data["organizations"].items()]
            )

    def _list_projects(self, _: Request) -> Response:
        with self._sandbox.state.change() as data:
            return json_response(200, [_shape(project) for project in data["projects"].values()])

    def _create_project(self, request: Request) -> Response:
        body = request.fields()
        _check(body)
        slug = body["organization_slug"]
        with self._sandbox.state.change() as data:
            if slug not in data["organizations"]:
                raise _refusal(403, "You do not have access to this organization")
            if slug in data["quotas"]:
                raise _refusal(*REFUSALS[data["quotas"][slug]])
            ref = "".join(random.choices(string.ascii_lowercase, k=20))
            create_database(self._sandbox.server(), ref, body["db_pass"])
            project = {
                "ref": ref,
                "name": body["name"],
                "organization": slug,
                "region": body["region_selection"]["code"],
                "created_at": datetime.now(UTC).isoformat(),
                "polls_left": data["coming_up_polls"],
            }
            data["projects"][ref] = project
            return json_response(201, _shape(project))

    def _get_project(self, _: Request, ref: str) -> Response:
        with self._sandbox.state.change() as data:
            project = _existing(data, ref)
            answer = _shape(project) | {"database": _database_shape(ref)}
            project["polls_left"] = max(0, project["polls_left"] - 1)
            return json_response(200, answer)

    def _delete_project(self, _: Request, ref: str) -> Response:
        with self._sandbox.state.change() as data:
            project = _existing(data, ref)
            drop_database(self._sandbox.server(), ref)
            del data["projects"][ref]
            return json_response(200, {"id": 1, "ref": ref, "name": project["name"]})

    def _list_poolers(self, _: Request, ref: str) -> Response:
        with self._sandbox.state.change() as data:
            _existing(data, ref)
        port = self._sandbox.pooler.port
        url = f"postgresql://postgres.{ref}:[YOUR-PASSWORD]@127.0.0.1:{port}/{DATABASE}"
        pooler = {
            "identifier": ref,
            "database_type": "PRIMARY",
            "is_using_scram_auth": True,
            "db_user": f"postgres.{ref}",
            "db_host": "127.0.0.1",
            "db_port": port,
            "db_name": DATABASE,
            "connection_string": url,
            "connectionString": url,
            "default_pool_size": None,
            "max_client_conn": None,
            "pool_mode": "transaction",
        }
        return json_response(200, [pooler])


def _check(body: Json) -> None:
    """Refuse a body that the API refuses."""
    region = body.get("region_selection")
    code = region.get("code") if isinstance(region, dict) and region.get("type") == "specific" else None
    if not all(isinstance(body.get(name), str) and body[name] for name in ("name", "organization_slug", "db_pass")):
        raise _refusal(400, "name, organization_slug and db_pass must be strings")
    if len(body["db_pass"]) < MIN_PASSWORD or len(body["name"]) > 256:
        raise _refusal(400, "db_pass is too short or name too long")
    if not isinstance(code, str) or not re.fullmatch(r"[a-z]{2}-[a-z]+-[1-9]", code):
        raise _refusal(400, "region_selection must be {type: specific, code: a region}")


def _existing(data: Json, ref: str) -> Json:
    project: Json | None = data["projects"].get(ref)
    if project is None:
        raise _refusal(404, "Project not found")
    return project


def _shape(project: Json) -> Json:
    return {
        "id": project["ref"],
        "ref": project["ref"],
        "organization_id": project["organization"],
        "organization_slug": project["organization"],
        "name": project["name"],
        "region": project["region"],
        "created_at": project["created_at"],
        "status": "COMING_UP" if project["polls_left"] else "ACTIVE_HEALTHY",
    }


def _database_shape(ref: str) -> Json:
    return {
        "host": f"db.{ref}.supabase.co",
        "version": "17.4.1.042",
        "postgres_engine": "17",
        "release_channel": "ga",
    }


def _rate_limit(remaining: int, reset_seconds: int) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(RATE_LIMIT),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset_seconds),
    }


def _refusal(status: int, message: str) -> Refusal:
    return Refusal(message, status, {"message": message})
