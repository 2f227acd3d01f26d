"""Many processes refresh one shop's tokens; some of them die of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from chalicelib.integrations.shopify import admin_api
from chalicelib.kit import clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import Lock
from chalicelib.shops import service
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import tokens
from chalicelib.shops.service.oauth_install import token_lock_name
from infra.sandbox.server import Request, Response
from infra.sandbox.shopify import ShopifySandbox
from tests.patience import LIMIT
from tests.shops.conftest import install
from tests.shops.service.test_tokens import let_it_run_out, token_requests

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = 20
DUE, OVER = timedelta(minutes=3), timedelta(0)

Event = dict[str, Any]


class Workers:
    """The processes of `tests.shops.token_workers`, ready to go."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._read()["event"] == "ready"

    def go(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()

    def until(self, event: str, times: int) -> list[Event]:
        """The next `times` events of this kind; others are passed over."""
        results: list[Event] = []
        while len(results) < times:
            read = self._read()
            assert read["event"] != "failed", read
            results += [read] if read["event"] == event else []
        return results

    def all(self) -> list[Event]:
        """Every event that is left."""
        assert self._process.stdout
        return [json.loads(line) for line in self._process.stdout]

    def _read(self) -> Event:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the workers ended before their time"
        return dict(json.loads(line))


@contextmanager
def workers(shop: str, count: int, *options: str) -> Iterator[Workers]:
    command = [sys.executable, "-m", "tests.shops.token_workers", shop, str(count), *options]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Workers(process)
        finally:
            process.kill()


@pytest.fixture
def answer_token_calls(shopify: ShopifySandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Shopify grants, but sends no token before this is set; the workers are as patient (tests.shops.token_workers)."""
    let_go, http_response = threading.Event(), shopify.answer

    def slowly(request: Request) -> Response:
        response = http_response(request)
        if request.path.endswith("/oauth/access_token"):
            let_go.wait(LIMIT)
        return response

    monkeypatch.setattr(shopify, "answer", slowly)
    yield let_go
    let_go.set()


def works(shop: str, token: str) -> bool:
    return bool(admin_api.graphql(shop, token, "{ shop { name } }")["shop"])


def holds_the_newest_pair(shop: str, token: str) -> bool:
    """Whether the row has the token, and the refresh token that came with it: an older one would be answered alike."""
    row = Shop.get(shop, "studio")
    let_it_run_out(shop, OVER)
    return tokens.decrypt_access_token(row) == token != service.get_access_token(shop, "studio")


def test_those_who_come_second_use_what_is_still_good(
    shopify: ShopifySandbox, installed_shop: str, answer_token_calls: threading.Event
) -> None:
    old = tokens.decrypt_access_token(Shop.get(installed_shop, "studio"))
    assert old
    requests_before = token_requests(shopify, installed_shop)
    let_it_run_out(installed_shop, DUE)
    with workers(installed_shop, PROCESSES) as processes:
        processes.go()
        others = processes.until("token", PROCESSES - 1)
        answer_token_calls.set()
        [first] = processes.until("token", 1)
    assert token_requests(shopify, installed_shop) == requests_before + 1
    assert {other["token"] for other in others} == {old}
    assert len({each["pid"] for each in (first, *others)}) == PROCESSES
    assert first["token"] != old
    assert works(installed_shop, old)
    assert works(installed_shop, first["token"])
    assert holds_the_newest_pair(installed_shop, first["token"])


def test_those_who_come_second_wait_where_nothing_is_good_any_more(
    shopify: ShopifySandbox, installed_shop: str, answer_token_calls: threading.Event
) -> None:
    requests_before = token_requests(shopify, installed_shop)
    shopify.expire_access_token("studio", installed_shop)
    let_it_run_out(installed_shop, OVER)
    with workers(installed_shop, PROCESSES) as processes:
        processes.go()
        reports = processes.until("unavailable", PROCESSES - 1)
        answer_token_calls.set()
        result = processes.until("token", PROCESSES)
    assert len({each["pid"] for each in reports}) == PROCESSES - 1
    assert token_requests(shopify, installed_shop) == requests_before + 1
    [token] = {each["token"] for each in result}
    assert works(installed_shop, token)
    assert holds_the_newest_pair(installed_shop, token)


@pytest.mark.parametrize(("left", "lost"), [(DUE, 0), (OVER, 0), (OVER, 1)])
def test_as_fast_as_they_can(shopify: ShopifySandbox, installed_shop: str, left: timedelta, lost: int) -> None:
    """Some come while it is refreshed, some just after; where Shopify's answer is lost, somebody asks once more."""
    old = tokens.decrypt_access_token(Shop.get(installed_shop, "studio"))
    requests_before = token_requests(shopify, installed_shop)
    let_it_run_out(installed_shop, left)
    shopify.lose_answers(lost)
    with workers(installed_shop, PROCESSES) as processes:
        processes.go()
        reports = processes.all()
    assert [each["code"] for each in reports if each["event"] == "ended"] == [0] * PROCESSES
    result = Counter(each["token"] for each in reports if each["event"] == "token")
    assert token_requests(shopify, installed_shop) == requests_before + 1 + lost
    new = tokens.decrypt_access_token(Shop.get(installed_shop, "studio"))
    assert new
    assert new != old
    assert result.total() == PROCESSES
    assert result[new] >= 1
    assert set(result) <= ({new} if left == OVER else {old, new})
    assert all(works(installed_shop, token) for token in result)
    assert holds_the_newest_pair(installed_shop, new)


def test_killed_between_answer_and_write(shopify: ShopifySandbox, installed_shop: str) -> None:
    before = Shop.get(installed_shop, "studio").attribute_values
    requests_before = token_requests(shopify, installed_shop)
    let_it_run_out(installed_shop, OVER)
    with workers(installed_shop, 1, "--die-before", "TransactWriteItems") as processes:
        processes.go()
        [ended] = processes.until("ended", 1)
    assert ended["code"] == -signal.SIGKILL
    assert token_requests(shopify, installed_shop) == requests_before + 1
    kept = Shop.get(installed_shop, "studio").attribute_values
    assert [kept[name] for name in ("access_token", "refresh_token")] == [
        before[name] for name in ("access_token", "refresh_token")
    ]
    lock = Lock.get(token_lock_name(installed_shop, "studio"))
    assert lock.held_until is not None
    lock.update([Lock.held_until.set(clock.now() + timedelta(hours=1))])
    with pytest.raises(Unavailable):
        service.get_access_token(installed_shop, "studio")  # the dead one's lease

    Lock(token_lock_name(installed_shop, "studio")).update([Lock.held_until.set(clock.now())])
    with workers(installed_shop, 1) as processes:
        processes.go()
        [result] = processes.until("token", 1)
    assert token_requests(shopify, installed_shop) == requests_before + 2
    assert works(installed_shop, result["token"])
    assert holds_the_newest_pair(installed_shop, result["token"])


def test_a_lost_answer_leaves_the_shop_as_it_was(shopify: ShopifySandbox, installed_shop: str) -> None:
    before = Shop.get(installed_shop, "studio").attribute_values
    let_it_run_out(installed_shop, DUE)
    shopify.lose_answers(1)
    with pytest.raises(Unavailable):
        service.get_access_token(installed_shop, "studio")
    kept = Shop.get(installed_shop, "studio").attribute_values
    assert {name for name in kept if kept[name] != before[name]} == {"token_expires_at"}  # which we moved
    token = service.get_access_token(installed_shop, "studio")
    assert works(installed_shop, token)
    assert holds_the_newest_pair(installed_shop, token)


def refresh(api: httpx.Client, shop: str, headers: dict[str, str]) -> None:
    install(api, "studio", shop)
    let_it_run_out(shop, OVER)
    service.get_access_token(shop, "studio")


def exchange(api: httpx.Client, shop: str, headers: dict[str, str]) -> None:
    assert api.get("/v1/shops/me", headers=headers).status_code == 200


def authorize(api: httpx.Client, shop: str, headers: dict[str, str]) -> None:
    assert install(api, "studio", shop).status_code == 302


@pytest.mark.parametrize("get_token", [refresh, exchange, authorize])
def test_no_token_lasts_for_ever(
    api: httpx.Client,
    shopify: ShopifySandbox,
    shop: str,
    bearer: Callable[..., dict[str, str]],
    get_token: Callable[[httpx.Client, str, dict[str, str]], None],
) -> None:
    """An answer that does not say when the token ends is taken for the documented hour."""
    shopify.answer_without_expires_in(2)
    get_token(api, shop, bearer(shop))
    shopify.answer_without_expires_in(0)
    row = Shop.get(shop, "studio")
    assert timedelta(minutes=59) < row.token_expires_at - clock.now() <= timedelta(hours=1)
    token = tokens.decrypt_access_token(row)
    let_it_run_out(shop, DUE)
    assert service.get_access_token(shop, "studio") != token
