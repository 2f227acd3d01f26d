"""docs/production.md against the code: each command, setting, secret, event and price that it names is one of ours."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from chalicelib.billing.service.sync.event_handlers import HANDLERS
from chalicelib.integrations.stripe.client import API_VERSION
from chalicelib.kit import signing
from chalicelib.shops import apps
from infra.deploy import handlers
from infra.deploy.packaging import alarms, domain
from tests.kit.conftest import clear_caches
from tests.test_docs import _commands

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/production.md").read_text()
CODE = "\n".join(re.findall(r"^ *```sh\n(.*?)\n *```$", PAGE, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
"""The blocks of code, with continued lines as one."""
TEXT = re.sub(r"\s+", " ", PAGE)
MAKE = re.findall(r"^make .+$", CODE, re.MULTILINE) + re.findall(r"`(make [^`]+)`", TEXT)
FREE_ALARMS, PER_ALARM, KEY, IDLE_POLLING = 10, 0.10, 1.00, 0.50
"""Dollars a month, as in the README's table; free are the first ten alarms."""


def _source(path: str) -> str:
    return (ROOT / path).read_text()


def _put_secrets() -> dict[str, str]:
    """The secrets that the page writes, with their values."""
    return dict(re.findall(r"^put (\w+) (.+)$", CODE, re.MULTILINE))


@pytest.mark.parametrize("command", sorted(set(MAKE)))
def test_each_make_command_has_a_target_and_options(command: str) -> None:
    """An option of `deploy` is one of the packaging command; the Makefile passes it under its name in capitals."""
    _, target, *options = shlex.split(command)
    assert re.search(rf"^{target}:", _source("Makefile"), re.MULTILINE), target
    values = dict(option.partition("=")[::2] for option in options)
    if target == "ops":
        assert values["ARGS"].split()[0] in _commands()
    if target in ("deploy", "teardown", "rollback"):
        names = {"CONTEXT": "stack"}
        parser = _source("infra/deploy/packaging/__main__.py")
        for name in values:
            option = names.get(name, name.lower().replace("_", "-"))
            assert f'"--{option}"' in parser, name


def test_settings_of_the_page_are_settings_of_the_code() -> None:
    """In its own file of settings, in `.env`, and in the text."""
    [block] = re.findall(r"<<'END'\n(.*?)\nEND", CODE, re.DOTALL)
    example = _source(".env.example")
    names = [*re.findall(r"^([A-Z_]+)=", block, re.MULTILINE), "PUBLIC_URL", "STRIPE_WEBHOOK_SECRET", "BEDROCK_REGION"]
    assert [name for name in names if f"#{name}=" not in example or name not in PAGE] == []
    assert set(re.findall(r"IMAGE_MODEL=(\w+)", PAGE)) <= {"local", "bedrock", "http"}


def test_each_secret_is_read_by_the_code_and_none_is_missing() -> None:
    """Those that every stage needs, and the credentials of each Shopify app."""
    of_apps = {f"SHOPIFY_{app.upper()}_{part}" for app in apps.TOPICS for part in ("API_KEY", "API_SECRET", "SCOPES")}
    assert set(_put_secrets()) == {"SIGNING_KEYS", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"} | of_apps
    code = "".join(path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))
    optional = set(re.findall(r"secret\(f?[\"'](\w+)[\"']", code)) - set(_put_secrets())
    assert {name for name in optional if f"`{name}`" not in PAGE} == set()
    assert "/backroom/$STAGE/$1" in CODE


def test_the_scopes_are_those_of_the_apps_configurations() -> None:
    for app in apps.TOPICS:
        configuration = tomllib.loads(_source(f"shopify.app.{app}.toml"))
        assert _put_secrets()[f"SHOPIFY_{app.upper()}_SCOPES"] == configuration["access_scopes"]["scopes"]
        assert f"#SHOPIFY_{app.upper()}_SCOPES={configuration['access_scopes']['scopes']}\n" in _source(".env.example")


def test_the_command_for_signing_keys_makes_a_valid_one(monkeypatch: pytest.MonkeyPatch) -> None:
    command = f"printf %s {_put_secrets()['SIGNING_KEYS']}"
    value = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv("SIGNING_KEYS", value)
    clear_caches()
    assert [*signing.keys("any")] == ["k1"]
    monkeypatch.undo()
    clear_caches()


def test_the_registered_events_are_those_that_have_a_handler() -> None:
    """The page's own command runs here. Stripe refuses an event of another name, and never sends one that is missing."""
    [line] = re.findall(r"^EVENTS=.*$", CODE, re.MULTILINE)
    shell = f"cd {shlex.quote(str(ROOT))}; {line}; printf -- '-d enabled_events[]=%s ' $EVENTS"
    options = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
    assert sorted(re.findall(r"enabled_events\[\]=(\S+)", options)) == sorted(HANDLERS)
    assert f"api_version={API_VERSION} " in CODE
    assert re.findall(r"`(charge\.dispute\.\w+)`", PAGE)[0] in HANDLERS


def test_each_path_of_the_page_is_served() -> None:
    paths = {
        re.split(r"[?`\s\"]", path)[0] for path in re.findall(r"(?:api\.example\.com|\$API|:8000)(/[^\s`\"]+)", PAGE)
    }
    routes = handlers.chalice_app().routes
    served = {re.sub(r"{\w+}", "[^/]+", route) for route in routes}
    assert len(paths) >= 4
    assert [path for path in paths if not any(re.fullmatch(route, path) for route in served)] == []


def test_each_output_of_the_stacks_is_one_of_the_template() -> None:
    assert set(re.findall(r"`(PublicUrl|Dns\w+)`", PAGE)) == set(domain.outputs())


def test_the_cost_at_rest_is_the_sum_of_its_parts() -> None:
    count = sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in alarms.resources().values())
    of_alarms = (count - FREE_ALARMS) * PER_ALARM
    total = KEY + of_alarms + IDLE_POLLING
    assert f"{total:.2f} US dollars a month" in TEXT
    assert f"{KEY:.2f} for the key, {of_alarms:.2f} for the alarms, {IDLE_POLLING:.2f} for polling" in TEXT
