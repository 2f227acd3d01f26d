"""Many processes refresh the tokens of one shop concurrently; some of them crash."""

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

import httpx2
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
from tests.shops.conftest import install
from tests.shops.service.test_tokens import set_token_lifetime, token_requests
from tests.timeouts import LIMIT

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = 20
DUE, EXPIRED = timedelta(minutes=3), timedelta(0)

Event = dict[str, Any]


class Workers:
    """The processes of `tests.shops.token_workers`, ready to start."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._read()["event"] == "ready"

    def start(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()

    def read_events(self, event: str, times: int) -> list[Event]:
        """Read events until there are `times` of this kind; return those."""
        results: list[Event] = []
        while len(results) < times:
            line_event = self._read()
            assert line_event["event"] != "failed", line_event
            results += [line_event] if line_event["event"] == event else []
        return results

    def read_all(self) -> list[Event]:
        """Read all remaining events."""
        assert self._process.stdout
        return [json.loads(line) for line in self._process.stdout]

    def _read(self) -> Event:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the workers ended early"
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
def release_token_responses(shopify: ShopifySandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Shopify grants, but sends no token before this is set; the workers are as patient (tests.shops.token_workers)."""
    release, http_response = threading.Event(), shopify.answer

    def answer_slowly(request: Request) -> Response:
        response = http_response(request)
        if request.path.endswith("/oauth/access_token"):
            release.wait(LIMIT)
        return response

    monkeypatch.setattr(shopify, "answer", answer_slowly)
    yield release
    release.set()


def is_token_accepted(shop: str, token: str) -> bool:
    return bool(admin_api.graphql(shop, token, "{ shop { name } }")["shop"])


def is_newest_token_pair(shop: str, token: str) -> bool:
    """Return whether the row has the token and the refresh token of the same pair."""
    row = Shop.get(shop, "studio")
    set_token_lifetime(shop, EXPIRED)
    return tokens.decrypt_access_token(row) == token != service.get_access_token(shop, "studio")


def test_other_workers_use_a_valid_token_during_a_refresh(
    shopify: ShopifySandbox, installed_shop: str, release_token_responses: threading.Event
) -> None:
    old = tokens.decrypt_access_token(Shop.get(installed_shop, "studio"))
    assert old
    requests_before = token_requests(shopify, installed_shop)
    set_token_lifetime(installed_shop, DUE)
    with workers(installed_shop, PROCESSES) as running_workers:
        running_workers.start()
        others = running_workers.read_events("token", PROCESSES - 1)
        release_token_responses.set()
        [first] = running_workers.read_events("token", 1)
    assert token_requests(shopify, installed_shop) == requests_before + 1
    assert {other["token"] for other in others} == {old}
    assert len({each["pid"] for each in (first, *others)}) == PROCESSES
    assert first["token"] != old
    assert is_token_accepted(installed_shop, old)
    assert is_token_accepted(installed_shop, first["token"])
    assert is_newest_token_pair(installed_shop, first["token"])


def test_other_workers_are_unavailable_during_the_refresh_of_an_expired_token(
    shopify: ShopifySandbox, installed_shop: str, release_token_responses: threading.Event
) -> None:
    requests_before = token_requests(shopify, installed_shop)
    shopify.expire_access_token("studio", installed_shop)
    set_token_lifetime(installed_shop, EXPIRED)
    with workers(installed_shop, PROCESSES) as running_workers:
        running_workers.start()
        reports = running_workers.read_events("unavailable", PROCESSES - 1)
        release_token_responses.set()
        result = running_workers.read_events("token", PROCESSES)
    assert len({each["pid"] for each in reports}) == PROCESSES - 1
    assert token_requests(shopify, installed_shop) == requests_before + 1
    [token] = {each["token"] for each in result}
    assert is_token_accepted(installed_shop, token)
    assert is_newest_token_pair(installed_shop, token)


@pytest.mark.parametrize(("lifetime", "lost_responses"), [(DUE, 0), (EXPIRED, 0), (EXPIRED, 1)])
def test_concurrent_workers_refresh_once(
    shopify: ShopifySandbox, installed_shop: str, lifetime: timedelta, lost_responses: int
) -> None:
    """Requests run during and after the refresh; a lost response causes one more request to Shopify."""
    old = tokens.decrypt_access_token(Shop.get(installed_shop, "studio"))
    requests_before = token_requests(shopify, installed_shop)
    set_token_lifetime(installed_shop, lifetime)
    shopify.lose_answers(lost_responses)
    with workers(installed_shop, PROCESSES) as running_workers:
        running_workers.start()
        reports = running_workers.read_all()
    assert [each["code"] for each in reports if each["event"] == "ended"] == [0] * PROCESSES
    result = Counter(each["token"] for each in reports if each["event"] == "token")
    assert token_requests(shopify, installed_shop) == requests_before + 1 + lost_responses
    new = tokens.decrypt_access_token(Shop.get(installed_shop, "studio"))
    assert new
    assert new != old
    assert result.total() == PROCESSES
    assert result[new] >= 1
    assert set(result) <= ({new} if lifetime == EXPIRED else {old, new})
    assert all(is_token_accepted(installed_shop, token) for token in result)
    assert is_newest_token_pair(installed_shop, new)


def test_a_worker_killed_before_its_write_is_replaced_after_the_lease(
    shopify: ShopifySandbox, installed_shop: str
) -> None:
    before = Shop.get(installed_shop, "studio").attribute_values
    requests_before = token_requests(shopify, installed_shop)
    set_token_lifetime(installed_shop, EXPIRED)
    with workers(installed_shop, 1, "--die-before", "TransactWriteItems") as running_workers:
        running_workers.start()
        [ended] = running_workers.read_events("ended", 1)
    assert ended["code"] == -signal.SIGKILL
    assert token_requests(shopify, installed_shop) == requests_before + 1
    after = Shop.get(installed_shop, "studio").attribute_values
    assert [after[name] for name in ("access_token", "refresh_token")] == [
        before[name] for name in ("access_token", "refresh_token")
    ]
    lock = Lock.get(token_lock_name(installed_shop, "studio"))
    assert lock.held_until is not None
    lock.update([Lock.held_until.set(clock.now() + timedelta(hours=1))])
    with pytest.raises(Unavailable):
        service.get_access_token(installed_shop, "studio")  # the lease of the killed worker

    Lock(token_lock_name(installed_shop, "studio")).update([Lock.held_until.set(clock.now())])
    with workers(installed_shop, 1) as running_workers:
        running_workers.start()
        [result] = running_workers.read_events("token", 1)
    assert token_requests(shopify, installed_shop) == requests_before + 2
    assert is_token_accepted(installed_shop, result["token"])
    assert is_newest_token_pair(installed_shop, result["token"])


def test_a_lost_refresh_response_changes_no_token(shopify: ShopifySandbox, installed_shop: str) -> None:
    before = Shop.get(installed_shop, "studio").attribute_values
    set_token_lifetime(installed_shop, DUE)
    shopify.lose_answers(1)
    with pytest.raises(Unavailable):
        service.get_access_token(installed_shop, "studio")
    after = Shop.get(installed_shop, "studio").attribute_values
    assert {name for name in after if after[name] != before[name]} == {"token_expires_at"}  # changed by this test
    token = service.get_access_token(installed_shop, "studio")
    assert is_token_accepted(installed_shop, token)
    assert is_newest_token_pair(installed_shop, token)


def refresh(api: httpx2.Client, shop: str, headers: dict[str, str]) -> None:
    install(api, "studio", shop)
    set_token_lifetime(shop, EXPIRED)
    service.get_access_token(shop, "studio")


def exchange(api: httpx2.Client, shop: str, headers: dict[str, str]) -> None:
    assert api.get("/v1/shops/me", headers=headers).status_code == 200


def authorize(api: httpx2.Client, shop: str, headers: dict[str, str]) -> None:
    assert install(api, "studio", shop).status_code == 302


@pytest.mark.parametrize("get_token", [refresh, exchange, authorize])
def test_a_token_without_a_lifetime_expires_in_an_hour(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    shop: str,
    bearer: Callable[..., dict[str, str]],
    get_token: Callable[[httpx2.Client, str, dict[str, str]], None],
) -> None:
    """A response without `expires_in` gets the documented lifetime of one hour."""
    shopify.answer_without_expires_in(2)
    get_token(api, shop, bearer(shop))
    shopify.answer_without_expires_in(0)
    row = Shop.get(shop, "studio")
    assert timedelta(minutes=59) < row.token_expires_at - clock.now() <= timedelta(hours=1)
    token = tokens.decrypt_access_token(row)
    set_token_lifetime(shop, DUE)
    assert service.get_access_token(shop, "studio") != token
