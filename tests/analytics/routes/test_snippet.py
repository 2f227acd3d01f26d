from __future__ import annotations

MAX_BYTES = 2_000


def test_snippet_is_small_and_cacheable(api):
    answer = api.get("/analytics/snippet.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert len(answer.content) <= MAX_BYTES


def test_snippet_uses_no_storage(api):
    text = api.get("/analytics/snippet.js").text
    assert not [name for name in ("cookie", "localStorage", "sessionStorage", "indexedDB", "caches") if name in text]
