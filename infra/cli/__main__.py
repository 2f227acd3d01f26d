"""`backroom COMMAND`: run, demonstrate, package, deploy and operate Backroom.

`--stage` and `--json` may stand before or after the command. Exit codes: 0 success, 1 failure (the last line on standard
error says why), 2 wrong usage, 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from infra.cli.commands import COMMANDS, Command

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
STAGES = ("local", "dev", "prod")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. Raises SystemExit with 2 for wrong usage, 0 after `--help`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options, words = _options().parse_known_args(words)
    parser = _parser()
    if not words or words[0] in ("-h", "--help"):
        parser.parse_args(words or ["--help"])
    name, *rest = words
    if name not in COMMANDS:
        parser.error(f"there is no command {name!r}; choose from {', '.join(COMMANDS)}")
    command = COMMANDS[name]
    if problem := _stage_problem(command, options.stage):
        parser.error(f"{name}: {problem}")
    return _run(command, [*rest, *(["--json"] if options.json else [])], options.stage)


def _run(command: Command, rest: list[str], stage: str | None) -> int:
    """Import the command's module, after the stage is set, and call its `main`."""
    if stage:
        os.environ["STAGE"] = stage
    given = ["--stage", stage] if stage and command.takes_stage else []
    try:
        code: int = import_module(command.module).main([*command.words, *given, *rest])
    except KeyboardInterrupt:
        print(f"backroom: interrupted. {command.after_interrupt}".rstrip(), file=sys.stderr)
        return INTERRUPTED
    return code


def _stage_problem(command: Command, stage: str | None) -> str | None:
    """Return why the command cannot run for a stage, or None if it can."""
    if stage is None or stage in command.stages:
        return None
    return f"--stage {stage}: choose from {', '.join(command.stages)}"


def _options() -> argparse.ArgumentParser:
    """Return the parser of the options that every command takes."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--stage", choices=STAGES, help="local (this machine), dev or prod; default: see the command")
    options.add_argument("--json", action="store_true", help="write the result as JSON")
    return options


def _parser() -> argparse.ArgumentParser:
    """Return the parser that prints the help and usage errors of `backroom` itself."""
    listed = "\n".join(f"  {name:10} {command.about}" for name, command in COMMANDS.items())
    return argparse.ArgumentParser(
        prog="backroom",
        usage="backroom [--stage STAGE] [--json] COMMAND …",
        description=__doc__,
        epilog=f"commands:\n{listed}\n\n`backroom COMMAND --help` explains one.",
        parents=[_options()],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


if __name__ == "__main__":
    sys.exit(main())
