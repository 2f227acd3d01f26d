"""Every route of together, called by a member of another couple, by other accounts and without a credential."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock, ids, sessions
from chalicelib.kit.auth import Role
from chalicelib.kit.http import EndpointSpec
from chalicelib.kit.models import Session
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import IdeaKind, IdeaStatus, NotificationKind, PerkKind
from chalicelib.together.models import Block, Idea, Perk, User
from chalicelib.together.service.notifications import add_notice
from tests.end_to_end.member_bodies import MEMBER_BODIES, MEMBER_OPERATOR_BODIES
from tests.end_to_end.test_tenants import _all_rows, _routes, _rows_with_marks
from tests.together.days import SCORES
from tests.together.members import MemberClient, new_couple, new_member
from tests.together.offers import operate, partner_body

SECRET = "words of the first couple"
PREFIXES = ("/v1/together/", "/v1/retention/")
NO_ROW = {"/v1/together/checkins/{date}"}
"""Paths whose parameter names no row of another member: each member has a check-in of the date."""


class FirstCouple:
    """A couple with a row of every kind, and a member who invites one address alone; their ids and marks."""

    def __init__(self, api: httpx2.Client) -> None:
        self.one, self.two = new_couple()
        self.alone = new_member("Cleo")
        assert operate(api, "POST", "partners", partner_body()).status_code == 200
        self._api = api
        self._session = sessions.new_session(f"{Role.MEMBER}:{self.one.id}", SECRET)
        self._session.save()
        self._stored_session = self._read_session()
        today = str(clock.today())
        self._call("PUT", f"checkins/{today}", SCORES | {"gratitude_note": SECRET})
        activity_id = self._add("activities", title=SECRET, kind="other")
        self.ids = {
            "activity_id": activity_id,
            "block_id": self._write_block(),
            "booking_id": self._add("bookings", partner_id="bistro", activity_id=activity_id),
            "challenge_id": self._add("challenges", template="gratitude_week"),
            "conversation_id": self._add("conversations", kind="other", topic=SECRET, is_private=False),
            "date_id": self._add("dates", title=SECRET, date_value="2031-05-10", kind="other"),
            "goal_id": self._add("goals", title=SECRET, target_count=5),
            "idea_id": self._write_idea(),
            "relationship_id": self.one.relationship_id,
            "session_id": self._session.id,
            "code": self._invite(),
        }
        self._write_perk()
        self._write_notice()
        export = api.post("/v1/retention/exports", headers=self._headers()).json()["id"]
        people = (self.one, self.two, self.alone)
        self.marks = {
            SECRET,
            export,
            *self.ids.values(),
            *(mark for user in people for mark in (user.id, user.email, user.relationship_id)),
        }

    def url(self, template: str) -> str:
        """Return the path with the couple's ids."""
        return re.sub(r"{(\w+)}", lambda match: {**self.ids, "date": str(clock.today())}[match[1]], template)

    def body(self, contract: EndpointSpec) -> dict[str, Any] | None:
        """Return a body that would change the couple's rows if it were accepted."""
        if contract.body is None:
            return None
        name = contract.body.__name__
        if name == "BlockCreate":
            return {"relationship_id": self.ids["relationship_id"]}
        if name == "BookingCreate":
            return {"partner_id": "bistro", "activity_id": self.ids["activity_id"]}
        return MEMBER_BODIES[name]

    def has_session(self) -> bool:
        """Return whether the couple's session is as it was; reads of others write rows of kit."""
        return self._read_session() == self._stored_session

    def _read_session(self) -> dict[str, Any]:
        return dict(Session.get(self._session.subject, self._session.id, consistent_read=True).attribute_values)

    def _call(self, method: str, path: str, body: Any) -> Any:
        response = MemberClient(self._api, self.one.id).call(method, path, body)
        assert response.is_success, f"{method} {path}: {response.text}"
        return response.json()

    def _add(self, path: str, **body: Any) -> str:
        return str(self._call("POST", path, body)["id"])

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {auth.mint(Role.MEMBER, self.one.id)}", "Idempotency-Key": ids.new()}

    def _write_block(self) -> str:
        row = Block(self.one.id, ids.new(), created_at=clock.now())
        row.save()
        return str(row.blocked_id)

    def _write_idea(self) -> str:
        now = clock.now()
        row = Idea(self.one.id, ids.time_ordered(), kind=IdeaKind.DATE_IDEA, asked={}, status=IdeaStatus.COMPLETED)
        row.answers, row.credits = [{"title": SECRET, "text": SECRET}], 1
        row.created_at, row.completed_at, row.expires_epoch = now, now, now + Idea.KEEP
        row.save()
        return str(row.id)

    def _write_perk(self) -> None:
        now = clock.now()
        Perk(
            self.one.id,
            f"coaching#{ids.new()}",
            kind=PerkKind.COACHING,
            tracking=SECRET,
            created_at=now,
            updated_at=now,
        ).save()

    def _write_notice(self) -> None:
        assert add_notice(Notice(self.one.id, NotificationKind.SYSTEM, "first", SECRET, SECRET, clock.now()))

    def _invite(self) -> str:
        body = {"email": "only-this-address@example.com"}
        return str(MemberClient(self._api, self.alone.id).call("POST", "invitations", body).json()["code"])


@pytest.fixture
def couple(api: httpx2.Client) -> FirstCouple:
    return FirstCouple(api)


def _member_routes() -> list[tuple[str, str, EndpointSpec]]:
    """Return the routes of signed-in members of together and retention."""
    routes = [each for each in _routes() if each[1].startswith(PREFIXES) and each[2].auth is not None]
    assert len(routes) > 60
    return routes


def _headers_of(role: Role, account_id: str) -> dict[str, str]:
    token = auth.mint(role, account_id)
    return {"Authorization": f"Bearer {token}", "If-Match": '"0"', "Idempotency-Key": ids.new()}


def test_a_member_of_another_couple_can_neither_read_nor_change_data(api: httpx2.Client, couple: FirstCouple) -> None:
    _, stranger = new_couple()
    before = _rows_with_marks(_all_rows(), couple.marks)
    for method, path, contract in _member_routes():
        label = f"{method} {path}"
        headers = _headers_of(Role.MEMBER, stranger.id)
        response = api.request(method, couple.url(path), json=couple.body(contract), headers=headers)
        assert response.status_code < 500, f"{label}: {response.text}"
        if "{" in path and path not in NO_ROW:
            assert response.status_code == 404, f"{label}: {response.text}"
        assert not [mark for mark in couple.marks if mark in response.text], f"{label}: {response.text}"
        assert _rows_with_marks(_all_rows(), couple.marks) == before, label
        assert couple.has_session(), label


def test_a_former_relationship_of_others_is_unknown(api: httpx2.Client, couple: FirstCouple) -> None:
    """The caller's own rows are asked for in the couple's relationship, and the couple's rows are."""
    _, stranger = new_couple()
    headers = _headers_of(Role.MEMBER, stranger.id)
    query = {"relationship": couple.ids["relationship_id"]}
    visited = set()
    for method, path, contract in _member_routes():
        if method != "GET" or contract.query is None or "relationship" not in contract.query.model_fields:
            continue
        visited.add(path)
        response = api.get(couple.url(path), params=query, headers=headers)
        assert response.status_code == 404, f"{path}: {response.text}"
        assert not [mark for mark in couple.marks if mark in response.text], f"{path}: {response.text}"
    assert {f"/v1/together/{name}" for name in ("achievements", "activities", "checkins", "dates", "goals")} <= visited


@pytest.mark.parametrize(
    ("role", "expected"), [(Role.MEMBER, 401), (Role.STORE_OWNER, 403), (Role.OPERATOR, 403), (None, 401)]
)
def test_only_members_with_an_account_are_served(
    api: httpx2.Client, couple: FirstCouple, role: Role | None, expected: int
) -> None:
    before = _rows_with_marks(_all_rows(), couple.marks)
    for method, path, contract in _member_routes():
        if path.startswith("/v1/retention/") and role is Role.MEMBER:
            continue  # an export of an erased member is no secret of others
        headers = _headers_of(role, ids.new()) if role else {}
        response = api.request(method, couple.url(path), json=couple.body(contract), headers=headers)
        assert response.status_code == expected, f"{method} {path}: {response.text}"
        assert not [mark for mark in couple.marks if mark in response.text], f"{method} {path}"
    assert _rows_with_marks(_all_rows(), couple.marks) == before


def test_no_member_is_served_by_the_routes_of_operators(api: httpx2.Client, couple: FirstCouple) -> None:
    """Not even for their own rows."""
    names = {"user_id": couple.one.id, "perk": "x"}
    before = _rows_with_marks(_all_rows(), couple.marks)
    visited = set()
    for method, path, contract in _routes():
        if not path.startswith("/v1/operator/together/"):
            continue
        visited.add((method, path))
        url = re.sub(r"{(\w+)}", lambda match: names[match[1]], path)
        body = MEMBER_OPERATOR_BODIES[contract.body.__name__] if contract.body else None
        query = {"user_id": couple.one.id, "city": "Lyon"}
        headers = _headers_of(Role.MEMBER, couple.one.id)
        response = api.request(method, url, json=body, params=query, headers=headers)
        assert response.status_code == 403, f"{method} {path}: {response.text}"
        assert not [mark for mark in couple.marks if mark in response.text], f"{method} {path}"
    assert _rows_with_marks(_all_rows(), couple.marks) == before
    assert len(visited) == 8


def test_the_couple_itself_reads_its_rows(api: httpx2.Client, couple: FirstCouple) -> None:
    """The walk above tries ids that exist."""
    headers = _headers_of(Role.MEMBER, couple.one.id)
    for method, path, _ in _member_routes():
        if method == "GET" and "{" in path and not path.startswith("/v1/together/invitations/"):
            assert api.get(couple.url(path), headers=headers).status_code == 200, path
    invited = new_member("Dan", "only-this-address@example.com")
    headers = _headers_of(Role.MEMBER, invited.id)
    assert api.get(couple.url("/v1/together/invitations/{code}"), headers=headers).status_code == 200
    assert User.get(couple.one.id).partner_id == couple.two.id
