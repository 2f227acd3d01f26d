"""Show the runs of retention rules."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from chalicelib.retention.schemas import RuleRunRead
from chalicelib.retention.service import operator
from infra.ops import output
from infra.ops.pages import iterate_pages


def add(commands: Any) -> None:
    """Declare the command."""
    shown: ArgumentParser = commands.add_parser("retention-runs", help="show the latest run of every retention rule")
    shown.add_argument("rule", nargs="?", help="one rule, <context>/<table>: show all its runs, newest first")
    shown.set_defaults(run=show)


def show(arguments: Namespace) -> int:
    """Print a line for every rule, or for every run of one. Raises RuleNotFound if there is no such rule."""
    with output.lines(arguments) as write:
        if arguments.rule:
            for run in iterate_pages(lambda page: operator.list_runs(arguments.rule, page)):
                write(run.model_dump(mode="json"), "\t".join(_line(run)))
        else:
            for rule in iterate_pages(operator.list_rules):
                line = _line(rule.latest) if rule.latest else ("-",)
                write(rule.model_dump(mode="json"), "\t".join((rule.rule, *line)))
    return 0


def _line(run: RuleRunRead) -> tuple[str, ...]:
    left = f", {run.segments_left} of {run.segments} segments left" if run.segments_left else ""
    return (run.run, f"{run.status}{left}", f"{run.rows_archived} archived", f"{run.rows_deleted} deleted")
