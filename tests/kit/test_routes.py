"""Health routes while a store is unavailable; test_app.py tests the normal case."""

from __future__ import annotations

import httpx2

from tests.retention.crash import hooked


def test_ready_is_503_while_a_store_is_unavailable(api: httpx2.Client) -> None:
    def unavailable() -> None:
        raise ConnectionError("nobody there")

    for operation in ("Query", "HeadBucket"):
        with hooked("before-call", operation, unavailable):
            response = api.get("/ready")
        assert (response.status_code, response.json()["code"]) == (503, "Unavailable")
        assert response.headers["retry-after"] == "5"
        assert "nobody" not in response.text
    assert api.get("/ready").status_code == 200


def test_health_does_not_check_the_stores(api: httpx2.Client) -> None:
    def unavailable() -> None:
        raise ConnectionError("nobody there")

    with hooked("before-call", "*", unavailable):
        assert api.get("/health").status_code == 200
