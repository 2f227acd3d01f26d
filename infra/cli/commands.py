"""The commands of `backroom`: the module that runs each."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL = ("local",)
LIVE = ("dev", "prod")


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `module` has `main(arguments)`, which gets `words` before the arguments of the command line."""

    about: str
    module: str
    words: tuple[str, ...] = ()
    stages: tuple[str, ...] = LOCAL
    takes_stage: bool = False
    """Whether `main` takes the option `--stage`. The variable STAGE is set in any case."""
    after_interrupt: str = ""
    """What the operator should know after Ctrl-C."""


PACKAGING = "infra.deploy.packaging.__main__"
STAYS = "CloudFormation completes the change that is in progress; run the same command to continue"

COMMANDS = {
    "run": Command("serve the local stack", "infra.local.__main__", ("run",)),
    "demo": Command("run the main workflow of each system on the local stack", "infra.local.demo.__main__"),
    "tick": Command("run a schedule of the local stack now", "infra.local.__main__", ("tick",)),
    "package": Command("build the bundle and the templates of a stage", PACKAGING, ("package",), LIVE, True),
    "deploy": Command("build and deploy a stage", PACKAGING, ("deploy",), LIVE, True, STAYS),
    "rollback": Command("deploy a stack's version before the last", PACKAGING, ("rollback",), LIVE, True, STAYS),
    "teardown": Command("delete a stage's stacks but the data", PACKAGING, ("teardown",), LIVE, True, STAYS),
    "check": Command("check a stage and say what to do", "infra.ops.__main__", ("check",), (*LOCAL, *LIVE)),
    "ops": Command("run an operator command", "infra.ops.__main__", (), (*LOCAL, *LIVE)),
}
