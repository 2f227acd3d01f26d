"""`package`: write the templates and the zips of one stage to a directory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from chalicelib.kit import config
from infra.deploy import data_stack
from infra.deploy.handlers import CONFIG, ROOT, chalice_app
from infra.deploy.packaging import (
    app_stack,
    bundle,
    gateway,
    layers,
    policies,
    stack_split,
    store_function,
    throttles,
    watch_stack,
)
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.names import DATA, WATCH

BUNDLE, LAYER_SUFFIX = "deployment.zip", "-layer.zip"


class ChaliceFailed(PackagingFailed):
    """`chalice package` failed; the message contains its output."""


def package(out: Path) -> list[Path]:
    """Write the template of each stack, the bundle and the layers to `out`, and return their paths.

    Stage and settings are those of this process: set the environment before importing our modules.
    """
    out.mkdir(parents=True, exist_ok=True)
    templates = {DATA: _substituted(data_stack.template()), WATCH: watch_stack.template()}
    written = []
    with tempfile.TemporaryDirectory(prefix="backroom-package-") as scratch:
        project, made = Path(scratch) / "project", Path(scratch) / "made"
        _stage(project)
        _chalice(project, made)
        whole = json.loads((made / "sam.json").read_text())
        store_function.add(whole["Resources"])
        api, routes = whole["Resources"]["RestAPI"]["Properties"], chalice_app().routes
        api["DefinitionBody"]["paths"] = gateway.paths(routes)
        api["MethodSettings"] = throttles.method_settings(routes)
        templates |= stack_split.split(whole, stack_split.owners())
        written += [_write(out / f"{name}.json", template) for name, template in templates.items()]
        with zipfile.ZipFile(made / BUNDLE) as archive:
            archive.extractall(made / "sources")
        bundle.build(made / "sources", out / BUNDLE)
    written.append(out / BUNDLE)
    for layer in sorted(set(layers.by_function().values())):
        bundle.build_layer(layers.PACKAGES[layer], out / layer_file(layer))
        written.append(out / layer_file(layer))
    return written


def layer_file(layer: str) -> str:
    return f"{layer}{LAYER_SUFFIX}"


def _stage(project: Path) -> None:
    """Write a clean project for Chalice, with a policy for each function.

    Its requirements are empty, because `bundle` adds the packages.
    """
    without_bytecode = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "chalicelib", project / "chalicelib", ignore=without_bytecode)
    shutil.copy2(ROOT / "app.py", project)
    (project / "requirements.txt").touch()
    settings = json.loads(CONFIG.read_text()) | {"autogen_policy": False}
    limits = settings["lambda_functions"]
    for name, document in policies.documents().items():
        file = f"policy-{name}.json"
        _write(project / ".chalice" / file, document)
        limits[name] = limits.get(name, {}) | {"iam_policy_file": file}
    _write(project / ".chalice" / "config.json", settings)
    _write(project / "merge.json", app_stack.template())


def _chalice(project: Path, made: Path) -> None:
    command = [str(Path(sys.executable).with_name("chalice")), "--project-dir", str(project), "package"]
    command += ["--stage", config.settings().stage, "--merge-template", str(project / "merge.json"), str(made)]
    environment = {**os.environ, "AWS_DEFAULT_REGION": config.settings().region}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=project)
    if done.returncode:
        raise ChaliceFailed(f"chalice package failed:\n{(done.stderr or done.stdout).strip()}")


def _write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    return path


def _substituted(document: Any, inside: bool = False) -> Any:
    """Return the document with Fn::Sub around every string that contains a pseudo parameter."""
    if isinstance(document, dict):
        return {key: _substituted(value, inside or key == "Fn::Sub") for key, value in document.items()}
    if isinstance(document, list):
        return [_substituted(value, inside) for value in document]
    if isinstance(document, str) and "${AWS::" in document and not inside:
        return {"Fn::Sub": document}
    return document
