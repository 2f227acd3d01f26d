"""The state of a member for operators: no content, audited."""

from __future__ import annotations

import json

import httpx2
import pytest

from chalicelib.kit import audit
from chalicelib.kit.audit import OperatorActed
from chalicelib.kit.auth import Role
from tests.together.members import new_couple
from tests.together.offers import operate
from tests.together.spaces import make_premium


def test_support_reads_a_state_without_content(api: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    actions: list[OperatorActed] = []
    monkeypatch.setattr(audit, "publish", actions.append)
    one, two = new_couple(plan_name="try_it_out", addons={"calendar_plus": None})
    make_premium(one)
    response = operate(api, "GET", f"users/{one.id}", role=Role.SUPPORT)
    state = response.json()
    assert (state["relationship_status"], state["has_partner"], state["addons"]) == ("active", True, 1)
    assert state["premium_until"] is not None
    text = json.dumps(state)
    for secret in (one.email, one.display_name, str(two.id), two.display_name):
        assert secret not in text
    assert [(each.action, each.subject) for each in actions] == [("together.read_member", f"member:{one.id}")]


def test_an_unknown_member_is_not_found_and_members_may_not_ask(api: httpx2.Client) -> None:
    one, _ = new_couple()
    assert operate(api, "GET", "users/nobody").json()["code"] == "MemberNotFound"
    assert operate(api, "GET", f"users/{one.id}", role=Role.MEMBER).status_code == 403
