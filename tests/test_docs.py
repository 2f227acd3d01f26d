"""Names in documents exist in the code, and names for operators are literals in the code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from chalicelib.kit import config
from infra.cli.commands import COMMANDS
from infra.deploy import data_stack, handlers
from infra.deploy.packaging import alarms

ROOT = Path(__file__).resolve().parents[1]
GENERATED = ("docs/tables.md", "docs/retention.md", "docs/costs.md", "docs/billing-events.md")
"""Checked by `make generate`'s own comparison with the code."""
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted({p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md")} - set(GENERATED)),
]

ELSEWHERE = {
    "AWS": "AccessDenied cron PartiQLDelete Publish REPORT StartMessageMoveTask TMPDIR",
    "Shopify": "X-Shopify-Webhook-Id webhookSubscriptionCreate",
    "Stripe": "resend times_redeemed",
    "other libraries": "pytz sync_from_stripe_data",
    "Python": "fork multiprocessing",
    "an earlier release": "IMAGE_HTTP_WEBHOOK_SECRET",
    "made by make": ".env .local/ .venv .venv-aws .local/demo/index.html",
}
"""Foreign names in documents, by their owner."""

SUBJECTS = ("shop", "customer", "member", "store")
ALARM_FAMILIES = ("errors", "age", "dead-letters")
"""Suffixes of alarms that exist for each function or queue."""


def _spans(document: str) -> set[str]:
    """The spans in backticks, each on one line. Blocks of code are not spans."""
    text = re.sub(r"```.*?```", "", (ROOT / document).read_text(), flags=re.DOTALL)
    return {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)}


@cache
def _code() -> str:
    """The text of chalicelib, infra, .chalice and the files beside them, without the tests."""
    names = ["app.py", "Makefile", "pyproject.toml", ".env.example", ".chalice/config.json", "requirements-dev.in"]
    names += [str(path) for folder in ("chalicelib", "infra") for path in (ROOT / folder).rglob("*") if path.is_file()]
    kinds = (".py", ".html", ".js", ".css", ".json", ".toml", ".txt", ".in", ".graphql", ".example", "")
    return "\n".join((ROOT / name).read_text() for name in names if Path(name).suffix in kinds)


@cache
def _words() -> set[str]:
    """Every name in the code: with its hyphens, and each part between them."""
    hyphenated = set(re.findall(r"[\w-]+", _code()))
    return hyphenated | {word for name in hyphenated for word in name.split("-")}


def _is_literal(name: str) -> bool:
    """Whether the code has the name, not as a part of a longer one. Names with other characters are found as text."""
    return name in _words() if re.fullmatch(r"[\w-]+", name) else name in _code()


@cache
def _routes() -> dict[str, set[str]]:
    """The methods of each path of the API; parameters are `{}`."""
    routes = handlers.chalice_app().routes
    return {re.sub(r"{\w+}", "{}", path): set(methods) for path, methods in routes.items()}


@cache
def _resources() -> set[str]:
    """Functions, queues, tables and topics, without `<prefix>-<stage>-`."""
    namespace = f"{config.settings().namespace}-"
    tables = {str(model.Meta.table_name).removeprefix(namespace) for model in data_stack.models()}
    lambdas = {handler.name for handler in (*handlers.consumers(), *handlers.schedules())}
    return (
        {"api", "store-api"} | tables | lambdas | {each.queue for each in handlers.consumers()} | set(handlers.topics())
    )


@cache
def _alarms() -> set[str]:
    """Alarms without `<prefix>-<stage>-`; those of each function and queue as `…-<suffix>`."""
    namespace = f"{config.settings().namespace}-"
    properties = [each["Properties"] for each in alarms.resources().values()]
    names = {each["AlarmName"].removeprefix(namespace) for each in properties if "AlarmName" in each}
    families = {f"{resource}-{suffix}": f"…-{suffix}" for resource in _resources() for suffix in ALARM_FAMILIES}
    return {families.get(name, name) for name in names}


@cache
def _commands() -> set[str]:
    """The operator commands, from their own help."""
    command = [sys.executable, "-m", "infra.ops", "--help"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(re.search(r"{([\w,-]+)}", text)[1].split(","))  # type: ignore[index]


def _foreign_names() -> set[str]:
    return {name for names in ELSEWHERE.values() for name in names.split()}


def _is_route(span: str) -> bool:
    methods, _, path = span.rpartition(" ")
    path = re.sub(r"{\w+}", "{}", path.partition("?")[0])
    routes = _routes()
    if methods:
        return path in routes and methods in routes[path]
    return any(f"{each}/".startswith(f"{path}/") for each in routes)


def _is_backroom_command(span: str) -> bool:
    """Whether `backroom` has the command, and the operator command or schedule and the options that it names."""
    words = [word for word in span.split()[1:] if word not in ("--json", "--help", "…")]
    if words[:1] == ["--stage"]:
        words = words[2:]
    name, *rest = words or ["ops"]
    options = set(re.findall(r"(--[a-z-]+)", " ".join(rest))) - {"--help"}
    if name not in COMMANDS or not all(f'"{option}"' in _code() for option in options):
        return False
    named = next((word for word in rest if not word.startswith(("-", "…"))), None)
    if name == "tick" and named:
        return named in {schedule.name for schedule in handlers.schedules()}
    return name != "ops" or named is None or named in {*_commands(), "COMMAND"}


@cache
def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _is_command(span: str) -> bool:
    """Whether `make` has the target, and the operator command or schedule that it names."""
    words = span.split()
    if words[1] not in _targets():
        return False
    if words[1] == "tick":
        return words[2].removeprefix("NAME=") in {schedule.name for schedule in handlers.schedules()}
    if words[1] == "ops":
        command = words[2].removeprefix("ARGS=").strip("\"'")
        options = set(re.findall(r"(--[a-z-]+)", span)) - {"--help"}
        return command in {*_commands(), "--help"} and all(f'"{option}"' in _code() for option in options)
    return True


def _is_file(span: str) -> bool:
    if span.startswith("/") or ("/" not in span and not re.search(r"\.(py|md|json|sql)$", span)):
        return False
    places = ("", "chalicelib/", "infra/", "chalicelib/*/", "infra/*/")
    return any(any(ROOT.glob(f"{place}{span.rstrip('/')}")) for place in places)


def _exists(span: str) -> bool:
    """Whether the span names something that exists. Placeholders (`<app>`, `…`) are checked in their literal parts."""
    if span.startswith("backroom "):
        return _is_backroom_command(span)
    if span.startswith("make ") or span in _commands():
        return span in _commands() or _is_command(span)
    if span.startswith(("chalice ", "pytest ")):
        return all(_is_file(word) for word in span.split() if "/" in word)
    if re.match(r"((GET|POST|PUT|PATCH|DELETE) )?/[a-z{]", span) and "<" not in span:
        return _is_route(span)
    if re.match(r"(kit|shops|studio|billing|analytics|discounts|retention|api)-|…-", span):
        return span in _resources() | _alarms()
    if re.match(r"backroom-prod-\w", span):
        return span.removeprefix("backroom-prod-") in _resources()
    if span in _foreign_names() or _is_file(span) or span.partition(":")[0] in SUBJECTS:
        return True
    words = re.findall(r"(?<![\w-])[A-Za-z_][\w-]+", re.sub(r"<[^>]*>|…", " ", span))
    if re.search("[<…]", span):
        return all(word in _code() or word in _foreign_names() for word in words)
    is_whole = re.fullmatch(r"[a-z]+( [a-z]+)+|[\w/]+\.(py|md|json|sql)", span)
    return _is_literal(span) or (not is_whole and all(map(_is_known, words)))


def _is_known(word: str) -> bool:
    return _is_literal(word) or word in _foreign_names()


def _plain_term(term: str) -> str:
    return re.sub(r"[\s_-]+", " ", term).lower()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_name_in_a_document_exists(document: str) -> None:
    assert sorted(span for span in _spans(document) if not _exists(span)) == []


@pytest.mark.parametrize("document", [*DOCUMENTS, "docs/ci-example.yml", ".ci/run"])
def test_each_line_that_calls_make_names_targets(document: str) -> None:
    """In blocks of code, which are no spans; one call may name several targets."""
    text = (ROOT / document).read_text()
    if document.endswith(".md"):
        text = "\n".join(re.findall(r"^ {4}\S.*$|^ *```sh\n.*?^ *```$", text, re.MULTILINE | re.DOTALL))
    calls = re.findall(r"^ *(?:- run: )?make ([a-z-]+(?: [a-z-]+)*)(?![\w=])", text, re.MULTILINE)
    named = {target for call in calls for target in call.split()}
    assert named - _targets() == set()
    assert named or document not in ("README.md", "docs/production.md", "docs/ci-example.yml", ".ci/run")


@pytest.mark.parametrize(
    "span",
    [
        "GET /v1/operator/nothing",
        "DELETE /v1/operator/billing/refunds",
        "studio-print",
        "backroom-prod-shops-logs",
        "make nothing",
        "make tick NAME=studio-print",
        'make ops ARGS="reply --status failed"',
        "backroom nothing",
        "backroom ops reply --status failed",
        "backroom ops replay --no-such-option failed",
        "backroom tick studio-print",
        'make ops ARGS="replay --no-such-option failed"',
        "kit/nothing.py",
        "NoSuchError",
        "NO_SUCH_VARIABLE",
        "SHOPIFY_<APP>_NO_SUCH_KEY",
        "no such log line",
    ],
)
def test_a_name_that_does_not_exist_is_found(span: str) -> None:
    assert not _exists(span)


def test_names_from_elsewhere_are_used() -> None:
    spans = {span for document in DOCUMENTS for span in _spans(document)}
    indented = (ROOT / "README.md").read_text()
    unused = {name for name in _foreign_names() if name not in indented and not any(name in span for span in spans)}
    assert unused == set()


def _operator_names() -> Iterator[tuple[str, str]]:
    """Yield the names that an operator or caller sees, with their kind."""
    yield from (("path", path) for path in handlers.chalice_app().routes)
    yield from (("function", each.name) for each in (*handlers.consumers(), *handlers.schedules()))
    yield from (("topic", topic) for topic in handlers.topics())
    yield from (("table", str(model.Meta.table_name).rpartition("-")[2]) for model in data_stack.models())


def test_names_for_operators_are_literals_in_the_code() -> None:
    assert [f"{kind} {name}" for kind, name in _operator_names() if not _is_literal(name)] == []


def test_the_runbook_has_each_alarm_once() -> None:
    """Its table names each alarm and links to an entry; each link leads to a heading."""
    text = (ROOT / "docs/runbook.md").read_text()
    rows = re.findall(r"^\| (`[^|]+`) \|[^|]*\| \[[^]]+\]\(#([^)]+)\) \|$", text, re.MULTILINE)
    alarm_names = [name for names, _ in rows for name in re.findall(r"`([^`]+)`", names)]
    assert sorted(alarm_names) == sorted(_alarms())
    headings = [
        re.sub(r"[^\w\s-]", "", line).strip().lower().replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, re.M)
    ]
    assert [anchor for _, anchor in rows if headings.count(anchor) != 1] == []


def test_each_term_of_the_glossary_is_used_in_the_code() -> None:
    """As a phrase, a name in snake case or a class."""
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    terms = {term.strip("`") for row in rows for term in row.split(", ")} - {"term", "---"}
    text = re.sub(r"[\s_-]+", " ", _code()).lower()
    assert [
        term
        for term in sorted(terms)
        if _plain_term(term) not in text and _plain_term(term).replace(" ", "") not in text
    ] == []


def test_the_changelog_has_whole_entries_once() -> None:
    unreleased = (ROOT / "CHANGELOG.md").read_text().partition("## Unreleased\n")[2]
    for section in re.split(r"^### ", unreleased, flags=re.MULTILINE)[1:]:
        lines = re.sub(r"\n*^#{2,4} .*\n+", "\n", section.partition("\n")[2], flags=re.MULTILINE).strip()
        assert "\n\n" not in lines
        entries = re.split(r"^- ", lines, flags=re.MULTILINE)[1:]
        assert [entry for entry in entries if not entry.rstrip().endswith(".")] == []
        beginnings = [" ".join(entry.split())[:60] for entry in entries]
        assert sorted(beginnings) == sorted(set(beginnings))


def test_links_between_documents_are_valid() -> None:
    broken = []
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / document).read_text()):
            broken += [] if (ROOT / document).parent.joinpath(target).exists() else [f"{document}: {target}"]
    assert broken == []
