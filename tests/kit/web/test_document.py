"""The composer of pages: what a page may load, and what its parts may contain."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import httpx2
import pytest

from chalicelib.kit import config
from chalicelib.kit.web import Document, Page, compose_document
from chalicelib.kit.web.document import KIT

CHALICELIB = KIT.parents[1]
KIT_FILES = ("tokens.css", "components.css", "client.js", "elements.js", "charts.js")


def policy(page: Document) -> dict[str, str]:
    parts = page.headers["Content-Security-Policy"].split("; ")
    return dict(part.partition(" ")[::2] for part in parts)


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def between(tag: str, page: Document) -> str:
    (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page.html, re.DOTALL)
    return str(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text("<main><h1>$heading</h1></main>\n")
    (tmp_path / "page.css").write_text("h1 { color: red }\n")
    (tmp_path / "page.js").write_text("kit.data();\n")
    return tmp_path


def test_only_the_page_s_own_style_and_script_may_run(folder: Path) -> None:
    page = compose_document(
        Page(folder, "A page", "page.html", "page.css", ("kit/client.js", "page.js"), {"heading": "Hello"})
    )
    assert policy(page) == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "style-src": digest(between("style", page)),
        "script-src": digest(between("script", page)),
        "frame-ancestors": "'self'",
    }
    assert between("script", page).startswith('"use strict";')
    assert "<main><h1>Hello</h1></main>" in page.html


def test_every_page_has_the_security_headers(folder: Path) -> None:
    headers = compose_document(Page(folder, "A page", "page.html", fields={"heading": ""}, status=404)).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_policy_adds_sources_to_a_directive(folder: Path) -> None:
    sources = {"script-src": "https://bridge.example", "img-src": "data:", "frame-ancestors": "https://admin.example"}
    with_script = policy(
        compose_document(Page(folder, "", "page.html", scripts=("page.js",), fields={"heading": ""}, policy=sources))
    )
    assert with_script["script-src"].endswith("' https://bridge.example")
    assert (with_script["img-src"], with_script["frame-ancestors"]) == ("data:", "https://admin.example")
    without = policy(compose_document(Page(folder, "", "page.html", fields={"heading": ""}, policy=sources)))
    assert without["script-src"] == "https://bridge.example"


def test_title_and_data_cannot_close_their_element(folder: Path) -> None:
    evil = "</title></script><script>alert(1)</script>"
    page = compose_document(Page(folder, evil, "page.html", fields={"heading": ""}, data={"name": evil}))
    assert "<script>alert" not in page.html
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page.html)
    assert json.loads(data) == {"name": evil}


def test_the_kit_is_small() -> None:
    content = b"".join((KIT / name).read_bytes() for name in KIT_FILES)
    assert len(gzip.compress(content, mtime=0)) <= 20_000
    assert len((KIT / "charts.js").read_text().splitlines()) <= 250


MAILS = {"mail.html", "mail_button.html"}
"""Templates of e-mails: many mail clients read styles in attributes only."""


@pytest.mark.parametrize(
    "path",
    sorted(path for kind in ("html", "js", "css") for path in CHALICELIB.rglob(f"*.{kind}")),
    ids=lambda path: path.name,
)
def test_no_file_of_a_page_loads_anything_or_needs_more_than_hashes(path: Path) -> None:
    text = path.read_text()
    urls = set(re.findall(r"https?://[^\s\"'`)]+", text)) - {"http://www.w3.org/2000/svg"}
    assert urls == set()
    assert (
        re.findall(r"""innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|@import""", text)
        == []
    )
    if path.suffix == ".html" and path.name not in MAILS:
        assert re.findall(r"""\s(?:style|on\w+)=""", text) == []


def test_the_api_document_has_the_headers_of_a_page(api: httpx2.Client) -> None:
    answer = api.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["referrer-policy"] == "same-origin"
    directives = dict(part.partition(" ")[::2] for part in answer.headers["content-security-policy"].split("; "))
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    assert directives["style-src"] == digest(style)
    script = re.findall("<script>(.*?)</script>", answer.text, re.DOTALL)
    assert [directives["script-src"]] == [digest(each) for each in script]
    assert (directives["default-src"], directives["connect-src"]) == ("'none'", "'self'")


@pytest.mark.parametrize(("stage", "status"), [("test", 200), ("local", 200), ("dev", 404), ("prod", 404)])
def test_the_page_of_components_is_not_in_an_account(
    api: httpx2.Client, monkeypatch: pytest.MonkeyPatch, stage: str, status: int
) -> None:
    monkeypatch.setenv("STAGE", stage)
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    config.forget_settings()
    try:
        assert api.get("/kit/web").status_code == status
    finally:
        monkeypatch.undo()
        config.forget_settings()
