"""A small app with an endpoint for each feature of `@endpoint`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import cache
from typing import Any

from chalice.app import Blueprint, Chalice, Response
from pynamodb.exceptions import PutError

from chalicelib.kit import auth, ids, pagination, unique_values
from chalicelib.kit.auth import Account, Credentials, security
from chalicelib.kit.errors import Conflict, NotFound, PreconditionFailed
from chalicelib.kit.http import ApiRequest, CompletedCall, Deprecation, endpoint, problem_details
from chalicelib.kit.lazy_app import LazyChalice
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Amount, Input, Page, PageQuery, Query, Schema, Timestamp
from chalicelib.kit.tables import Transaction
from chalicelib.shops.models import InstallationLog
from tests.timeouts import LIMIT

bp = Blueprint(__name__)


class NameTaken(Conflict):
    code = "NameTaken"
    title = "This name is taken"


class NoteCreate(Input):
    name: str
    price: Amount | None = None
    tags: tuple[str, ...] = ()


class NoteRead(Schema):
    name: str
    id: str


class Draft(Schema):
    text: str
    version: int


class DraftUpdate(Input):
    text: str


class LogRead(Schema):
    id: str
    created_at: Timestamp


class LogQuery(PageQuery):
    newest_first: bool = False


class Size(Query):
    size: int


@security("password", type="apiKey", **{"in": "header", "name": "x-password"})
def password(credentials: Credentials) -> Account:
    """Verify a password; query, path and raw body are available, too."""
    assert credentials.query is not None
    return auth.verify(credentials.bearer(), auth.Role.MEMBER)


DEPRECATION = Deprecation(
    since=datetime(2026, 1, 1, tzinfo=UTC), sunset=datetime(2027, 1, 1, tzinfo=UTC), successor="/notes"
)
drafts: dict[str, Draft] = {}
charges: list[str] = []
vendor = threading.Event()
"""If cleared, the vendor does not respond yet."""
vendor.set()
failures: list[Exception] = []
"""The errors of the next charges."""


@bp.route("/who", methods=["GET"])
@endpoint(bp, auth=auth.member)
def who(call: ApiRequest[Account]) -> dict[str, str]:
    """Return the caller."""
    return {"subject": call.principal.subject}


recorded: list[tuple[str, CompletedCall]] = []


def record(principal: Account, call: CompletedCall) -> None:
    """Keep a call with its caller's id."""
    recorded.append((principal.id, call))


@bp.route("/recorded/{how}", methods=["POST"])
@endpoint(bp, auth=auth.member, body=NoteCreate, record=record)
def recorded_call(call: ApiRequest[Account, NoteCreate], how: str) -> dict[str, str]:
    """Return the path parameter, or fail."""
    if how == "crash":
        raise RuntimeError(how)
    return {"how": how}


@bp.route("/echo/{name}", methods=["POST"])
@endpoint(bp, body=NoteCreate)
def echo(call: ApiRequest[None, NoteCreate], name: str) -> dict[str, Any]:
    """Return the request."""
    return {"path": name, "body": call.body.model_dump(mode="json")}


@bp.route("/raw", methods=["POST"])
@endpoint(bp, max_body=2_000_000)
def raw(call: ApiRequest) -> dict[str, int]:
    """Return the size of the body."""
    return {"bytes": len(call.credentials.raw_body)}


@bp.route("/large", methods=["GET"])
@endpoint(bp, query=Size)
def large(call: ApiRequest[None, None, Size]) -> dict[str, str]:
    """Return a body of a given size."""
    return {"text": "x" * call.query.size}


@bp.route("/fail/{how}", methods=["GET"])
@endpoint(bp)
def fail(call: ApiRequest, how: str) -> Response:
    """Fail in a given way."""
    if how == "bug":
        raise ValueError("the password is hunter2")
    if how == "throttled":
        raise PutError("slow down", cause=_throttle())
    raise NotFound(f"no {how}")


def _throttle() -> Exception:
    from botocore.exceptions import ClientError

    response = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow"}}
    error: Exception = ClientError(response, "PutItem")
    return error


@bp.route("/drafts/{name}", methods=["GET"])
@endpoint(bp, returns=Draft, etag=lambda draft: str(draft.version))
def get_draft(call: ApiRequest, name: str) -> Draft:
    """Return a draft."""
    return drafts[name]


@bp.route("/drafts/{name}", methods=["PATCH"])
@endpoint(bp, returns=Draft, etag=lambda draft: str(draft.version), if_match="optional")
def clear_draft(call: ApiRequest, name: str) -> Draft:
    """Remove a draft's text, of any version if the request names none."""
    if call.if_match and call.if_match != str(drafts[name].version):
        raise PreconditionFailed
    drafts[name] = Draft(text="", version=drafts[name].version + 1)
    return drafts[name]


@bp.route("/drafts/{name}", methods=["PUT"])
@endpoint(bp, body=DraftUpdate, returns=Draft, etag=lambda draft: str(draft.version))
def put_draft(call: ApiRequest[None, DraftUpdate], name: str) -> Draft:
    """Change a draft."""
    if call.if_match != str(drafts[name].version):
        raise PreconditionFailed
    drafts[name] = Draft(text=call.body.text, version=drafts[name].version + 1)
    return drafts[name]


@bp.route("/drafts/{name}", methods=["DELETE"])
@endpoint(bp, status=204, deprecated=DEPRECATION)
def delete_draft(call: ApiRequest, name: str) -> None:
    """Delete a draft."""
    drafts.pop(name, None)


@bp.route("/notes", methods=["POST"])
@endpoint(bp, auth=auth.member, body=NoteCreate, returns=NoteRead, status=201, idempotent="joined")
def create_note(call: ApiRequest[Account, NoteCreate]) -> NoteRead:
    """Create a note, unless its name is taken."""
    note = NoteRead(name=call.body.name, id=ids.new())
    with Transaction() as transaction:
        if call.idempotency:
            call.idempotency.join(transaction, note)
        unique_values.claim(
            transaction, unique_values.value_key("kit", "notes", "name", note.name), note.id, NameTaken()
        )
    return note


@bp.route("/charges", methods=["POST"])
@endpoint(bp, auth=auth.member, body=NoteCreate, returns=NoteRead, status=201, idempotent="claimed")
def create_charge(call: ApiRequest[Account, NoteCreate]) -> NoteRead:
    """Call the vendor."""
    charges.append(call.body.name)
    vendor.wait(LIMIT)
    if failures:
        raise failures.pop()
    return NoteRead(name=call.body.name, id=ids.new())


@bp.route("/shops/{shop}/logs", methods=["GET"])
@endpoint(bp, auth=auth.member, query=LogQuery, returns=Page[LogRead])
def list_logs(call: ApiRequest[Account, None, LogQuery], shop: str) -> PageResult[LogRead]:
    """List the logs of a shop in pages."""
    rows = InstallationLog.query(
        shop,
        limit=call.page.limit,
        last_evaluated_key=call.page.start,
        scan_index_forward=not call.query.newest_first,
    )
    return pagination.query_page(rows).map(LogRead.of)


@cache  # a blueprint registers once
def create() -> Chalice:
    """The app, as `app.py` makes the bundle's."""
    app = LazyChalice("sample")
    app.register_middleware(problem_details, "http")
    app.register_blueprint(bp)
    return app
