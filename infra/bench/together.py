"""Benchmark rows of together: a check-in beside the calls that it makes, and the first dashboard of a new process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from infra.bench import foundation
from infra.bench.runs import in_turn
from infra.bench.table import Row

CHECKIN_BUDGET = 1.6
_BODY = b'{"connection_score": 7, "mood_score": 6, "relationship_satisfaction": 8, "highlight": "Walk"}'


def check_in(rounds: int) -> list[Row]:
    """Compare a repeated check-in, by Lambda event, with boto3 making the same calls with prepared parameters."""
    from chalicelib.kit import auth, clock
    from infra.deploy import handlers

    member_id = _new_couple()
    token = auth.mint(auth.Role.MEMBER, member_id, auth.LIFETIME * 4)
    app, event = handlers.chalice_app(), _event(f"{clock.today()}", token)
    _answer(app, event)
    with _recorded() as calls:
        _answer(app, event)
    times, turns = (2, 1) if rounds == 1 else (100, rounds * 2)
    subjects = {"ours": partial(_answer, app, event), "bare": partial(_replay, calls)}
    figures = in_turn({name: partial(_per_call, call, times) for name, call in subjects.items()}, turns)
    ours, peer = figures["ours"], figures["bare"]
    return [Row("check-in", str(ours), f"bare calls {peer}", ours.beside(peer), CHECKIN_BUDGET)]


def cold_dashboard(rounds: int) -> list[Row]:
    """Measure the packaged bundle until its answer with a couple's dashboard."""
    return [foundation.cold_row("cold start until the dashboard", "/v1/together/dashboard", _new_couple(), rounds)]


def _per_call(call: Any, times: int) -> tuple[float, float]:
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times, 0.0


def _answer(app: Any, event: dict[str, Any]) -> None:
    response = app(event, None)
    assert response["statusCode"] == 200, response


@contextmanager
def _recorded() -> Iterator[list[tuple[str, str, dict[str, Any]]]]:
    """Record service, operation and parameters of each call to AWS."""
    from chalicelib.kit import aws

    calls: list[tuple[str, str, dict[str, Any]]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.service_model.service_name, model.name, params))

    clients = [aws.client(name) for name in ("dynamodb", "sqs")]
    for client in clients:
        client.meta.events.register("provide-client-params.*.*", note)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("provide-client-params.*.*", note)


def _replay(calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Make the calls once more. The condition of a put names the row that it replaced, so it is left out."""
    from chalicelib.kit import aws

    for service, operation, params in calls:
        _without_put_conditions(params)
        aws.client(service)._make_api_call(operation, params)


def _without_put_conditions(params: dict[str, Any]) -> None:
    for item in params.get("TransactItems", ()):
        put = item.get("Put", {})
        for name in ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"):
            put.pop(name, None)
    params.pop("ClientRequestToken", None)


def _event(day: str, token: str) -> dict[str, Any]:
    return {
        "requestContext": {
            "resourcePath": "/v1/together/checkins/{date}",
            "httpMethod": "PUT",
            "requestId": "bench",
        },
        "headers": {"authorization": f"Bearer {token}", "content-type": "application/json"},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"date": day},
        "body": _BODY.decode(),
        "isBase64Encoded": False,
        "stageVariables": None,
    }


def _new_couple() -> str:
    """Write two members in one relationship; return the id of the first."""
    from chalicelib.kit import clock, ids
    from chalicelib.together.enums import RelationshipStatus
    from chalicelib.together.models import Relationship, User

    now, relationship_id, members = clock.now(), ids.new(), (ids.new(), ids.new())
    for user_id, partner_id in (members, members[::-1]):
        User(
            user_id,
            email=f"{user_id}@example.com",
            display_name="Ada",
            email_verified=True,
            relationship_id=relationship_id,
            partner_id=partner_id,
            terms_accepted_at=now,
            created_at=now,
            updated_at=now,
        ).save()
    Relationship(
        relationship_id,
        user_1_id=members[0],
        user_2_id=members[1],
        status=RelationshipStatus.ACTIVE,
        activated_at=now,
        created_at=now,
        updated_at=now,
    ).save()
    return members[0]
