"""AI ideas: paid once, written once, resumed after a crash anywhere, credits returned once on failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import CreditBalance
from chalicelib.billing.schemas.credits import CreditGrant
from chalicelib.billing.service import credits, register_customer
from chalicelib.integrations.text_models import selection
from chalicelib.integrations.text_models.failures import TextModelUnavailable, TextRefused, UnusableAnswer
from chalicelib.integrations.text_models.selection import GeneratedText, TextRequest
from chalicelib.kit import clock, ids, metrics
from chalicelib.kit.idempotency import Idempotency
from chalicelib.together.enums import IdeaKind, IdeaStatus, LoveLanguage
from chalicelib.together.metrics import OLDEST_PENDING_IDEA
from chalicelib.together.models import Idea, User
from chalicelib.together.schemas.ideas import IdeaCreate, IdeaMood
from chalicelib.together.service import idea_generation, ideas
from chalicelib.together.service.idea_recovery import requeue_pending_ideas
from tests.retention.crash import Crash, crash_at
from tests.together.clocks import MovedClock
from tests.together.conftest import As
from tests.together.members import new_couple, new_member
from tests.together.spaces import outcomes

Drain = Callable[[], list[Any]]
BODY = IdeaCreate(kind=IdeaKind.DATE_IDEA, mood=IdeaMood.PLAYFUL)


def fund(user: User, amount: int = 5) -> User:
    """Register the member as a customer and grant credits."""
    register_customer("member", user.id, user.email)
    grant = CreditGrant(owner_type=OwnerType.MEMBER, owner_id=user.id, amount=amount, reason="test")
    credits.grant_credits(grant, ids.new())
    return user


def balance() -> int:
    return sum(row.balance for row in CreditBalance.scan())


def request_of(user: User, header: str = "k") -> Idempotency:
    return Idempotency.of(header, f"member:{user.id}", "POST ideas", b"{}")


def use_model(monkeypatch: pytest.MonkeyPatch, model: Callable[[TextRequest], GeneratedText]) -> None:
    monkeypatch.setattr(selection, "_local", model)


def failing(*failures: Exception) -> Callable[[TextRequest], GeneratedText]:
    """Return a model that fails so, one failure a call, and then writes."""
    remaining = list(failures)

    def write(request: TextRequest) -> GeneratedText:
        if remaining:
            raise remaining.pop(0)
        return GeneratedText((("A", "a"), ("B", "b"), ("C", "c")), "test")

    return write


def test_an_order_costs_one_credit_and_brings_three_ideas(acting: As, drain: Drain) -> None:
    user = fund(new_member(love_language_primary=LoveLanguage.QUALITY_TIME))
    client = acting(user)
    body = {"kind": "conversation_prompt", "mood": "deep"}
    answers = [client.call("POST", "ideas", body, Idempotency_Key="k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert drain() == []
    idea = client.call("GET", f"ideas/{answers[0].json()['id']}").json()
    assert (idea["status"], len(idea["answers"]), idea["failure_reason"]) == ("completed", 3, None)
    assert client.call("GET", "ideas").json()["items"] == [idea]
    assert balance() == 4


def test_an_order_is_its_members_alone(acting: As, drain: Drain) -> None:
    one, two = new_couple()
    fund(one)
    idea = acting(one).call("POST", "ideas", {"kind": "date_idea"}).json()
    for other in (two, new_member()):
        assert acting(other).call("GET", f"ideas/{idea['id']}").json()["code"] == "IdeaNotFound"
        assert acting(other).call("GET", "ideas").json()["items"] == []


def test_only_options_and_the_own_love_language_reach_the_model(monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    requests: list[TextRequest] = []

    def write(request: TextRequest) -> GeneratedText:
        requests.append(request)
        return GeneratedText((("A", "a"),) * 3, "test")

    use_model(monkeypatch, write)
    user = fund(new_member("Zelda", love_language_primary=LoveLanguage.QUALITY_TIME))
    ideas.order_idea(user, BODY, None)
    ideas.order_idea(user, BODY.model_copy(update={"use_love_language": False}), None)
    assert drain() == []
    options = sorted((dict(request.options) for request in requests), key=len)
    assert options == [{"mood": "playful"}, {"mood": "playful", "love_language": "quality_time"}]


def test_without_credits_there_is_no_order(acting: As, drain: Drain) -> None:
    never, empty = new_member(), fund(new_member(), 1)
    assert acting(never).call("POST", "ideas", {"kind": "date_idea"}).json()["code"] == "CreditsRequired"
    ideas.order_idea(empty, BODY, None)
    response = acting(empty).call("POST", "ideas", {"kind": "date_idea"}, Idempotency_Key="k")
    assert response.json()["code"] == "InsufficientCredits"
    assert len(list(Idea.scan())) == 1
    fund(empty, 1)
    assert acting(empty).call("POST", "ideas", {"kind": "date_idea"}, Idempotency_Key="k").status_code == 202
    assert drain() == []
    assert balance() == 0


def test_concurrent_orders_spend_no_more_than_there_is(drain: Drain) -> None:
    user = fund(new_member(), 2)
    results = outcomes(lambda _: ideas.order_idea(user, BODY, None), 6)
    assert results == ["InsufficientCredits"] * 4 + ["ok"] * 2
    assert drain() == []
    assert [row.status for row in Idea.query(user.id)] == [IdeaStatus.COMPLETED] * 2
    assert balance() == 0


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_an_order_that_crashes_anywhere_is_paid_and_written_once(
    when: str, moved_clock: MovedClock, drain: Drain
) -> None:
    user = fund(new_member(), 1_000)
    calls = 0
    while True:
        calls += 1
        key = request_of(user, f"k{calls}")
        try:
            with crash_at(calls, when):
                ideas.order_idea(user, BODY, key)
            break
        except Crash:
            ideas.order_idea(user, BODY, key)
    assert calls > 5
    assert drain() == []
    requeue_pending_ideas(moved_clock.move(minutes=11))
    assert drain() == []
    rows = list(Idea.query(user.id))
    assert [row.status for row in rows] == [IdeaStatus.COMPLETED] * len(rows)
    assert len(rows) == calls
    assert balance() == 1_000 - calls


@pytest.mark.parametrize("when", ["before-call", "after-call"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_job_that_crashes_anywhere_is_resumed(
    when: str, fails: bool, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch, drain: Drain
) -> None:
    if fails:
        use_model(monkeypatch, failing(*[TextRefused("no")] * 1_000))
    user, calls, is_crashing = fund(new_member(), 1_000), 0, True
    while is_crashing:
        calls += 1
        order = ideas.order_idea(user, BODY, None)
        try:
            with crash_at(calls, when):
                idea_generation.generate_idea(user.id, order.id)
            is_crashing = False
        except Crash:
            pass
    assert drain() == []
    expected = IdeaStatus.FAILED if fails else IdeaStatus.COMPLETED
    assert {row.status for row in Idea.query(user.id)} == {expected}
    assert balance() == 1_000 - (0 if fails else calls)


def test_prose_is_asked_for_once_more_and_then_fails(monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    user = fund(new_member())
    use_model(monkeypatch, failing(UnusableAnswer("prose"), UnusableAnswer("prose")))
    first = ideas.order_idea(user, BODY, None)
    assert drain() == []
    assert ideas.get_idea(user, first.id).status is IdeaStatus.COMPLETED
    use_model(monkeypatch, failing(*[UnusableAnswer("prose")] * 3))
    second = ideas.order_idea(user, BODY, None)
    assert drain() == []
    failed = ideas.get_idea(user, second.id)
    assert (failed.status, failed.failure_reason, failed.answers) == (IdeaStatus.FAILED, "unusable_answer", None)
    assert balance() == 4


def test_an_answer_over_4_kb_is_unusable(monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    user = fund(new_member())
    use_model(monkeypatch, lambda request: GeneratedText((("é" * 100, "é" * 600),) * 3, "test"))
    order = ideas.order_idea(user, BODY, None)
    assert drain() == []
    assert ideas.get_idea(user, order.id).failure_reason == "unusable_answer"


def test_an_unavailable_model_is_waited_for_and_given_up_after_a_day(
    monkeypatch: pytest.MonkeyPatch, moved_clock: MovedClock, drain: Drain
) -> None:
    user = fund(new_member(), 2)
    use_model(monkeypatch, failing(TextModelUnavailable("down")))
    waiting = ideas.order_idea(user, BODY, None)
    assert drain() == []
    assert ideas.get_idea(user, waiting.id).status is IdeaStatus.PENDING
    assert requeue_pending_ideas(moved_clock.move(minutes=9)) == 0
    now = moved_clock.move(minutes=2)
    assert (requeue_pending_ideas(now), requeue_pending_ideas(now)) == (1, 0)
    assert drain() == []
    assert ideas.get_idea(user, waiting.id).status is IdeaStatus.COMPLETED
    use_model(monkeypatch, failing(*[TextModelUnavailable("down")] * 9))
    lost = ideas.order_idea(user, BODY, None)
    assert drain() == []
    assert requeue_pending_ideas(moved_clock.move(hours=24)) == 1
    assert drain() == []
    assert ideas.get_idea(user, lost.id).failure_reason == "model_unavailable"
    assert balance() == 1


def test_the_wait_of_the_oldest_order_counts_from_its_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[int] = []
    monkeypatch.setattr(
        metrics, "write", lambda metric, value, _: waits.append(value) if metric is OLDEST_PENDING_IDEA else None
    )
    requeue_pending_ideas(clock.now())
    user = fund(new_member(), 2)
    ideas.order_idea(user, BODY, None)
    ideas.order_idea(user, BODY, None)
    now = clock.now()
    requeue_pending_ideas(now + timedelta(minutes=25))
    requeue_pending_ideas(now + timedelta(minutes=30))
    assert waits[0] == 0
    assert [round(seconds / 60) for seconds in waits[1:]] == [25, 30]


def test_repeated_and_late_messages_change_nothing(monkeypatch: pytest.MonkeyPatch, drain: Drain) -> None:
    user = fund(new_member())
    order = ideas.order_idea(user, BODY, None)
    for _ in range(2):
        idea_generation.generate_idea(user.id, order.id)
    completed = ideas.get_idea(user, order.id)
    use_model(monkeypatch, failing(*[TextRefused("no")] * 9))
    idea_generation.generate_idea(user.id, order.id)
    assert ideas.get_idea(user, order.id) == completed
    failed = ideas.order_idea(user, BODY, None)
    for _ in range(3):
        idea_generation.generate_idea(user.id, failed.id)
    idea_generation.generate_idea(user.id, ids.new())
    assert balance() == 4


def test_an_order_that_fails_takes_no_late_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    user = fund(new_member())
    order = ideas.order_idea(user, BODY, None)

    def fail_first(request: TextRequest) -> GeneratedText:
        Idea(user.id, order.id).update([Idea.failure_reason.set("refused")])
        return GeneratedText((("A", "a"),) * 3, "test")

    use_model(monkeypatch, fail_first)
    idea_generation.generate_idea(user.id, order.id)
    assert ideas.get_idea(user, order.id).answers is None
    idea_generation.generate_idea(user.id, order.id)
    assert ideas.get_idea(user, order.id).status is IdeaStatus.FAILED
    assert balance() == 5


def test_an_order_is_kept_for_180_days(moved_clock: MovedClock) -> None:
    user = fund(new_member())
    ideas.order_idea(user, BODY, None)
    [row] = Idea.query(user.id)
    assert row.expires_epoch == row.created_at + timedelta(days=180)
    assert json.loads(json.dumps(row.asked)) == {"mood": "playful"}


@pytest.mark.parametrize(
    "fields", [{"kind": "poem"}, {"kind": "date_idea", "mood": "x"}, {"kind": "date_idea", "note": "x"}]
)
def test_only_known_options_are_accepted(acting: As, fields: dict[str, str]) -> None:
    response = acting(new_member()).call("POST", "ideas", fields)
    assert response.status_code == 422
