"""Names and English: the rules that ruff does not check. `python -m tests.test_names` lists what breaks them."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.kit.errors import InvalidInput, NotFound, PreconditionFailed, Problem
from infra.deploy import handlers

ROOT = Path(__file__).resolve().parents[1]
ITSELF = ("tests/test_names.py",)
Breaches = dict[str, list[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef

TERMS = frozenset(
    # of a field: payments, HTTP, images, cryptography, operations
    [
        "billing",
        "decoding",
        "dunning",
        "packaging",
        "parsing",
        "provisioning",
        "recurring",
        "rendering",
        "signing",
        "sorting",
        "string",
        "throttling",
    ]
)
"""Words in -ing that name a thing of the field, so that a module may bear them."""

BANNED = re.compile(
    r"\b(?:anew|whoever|whomever|whatsoever|whom|meanwhile|lest|hitherto|thereby|therein|whence|besides|overtak\w+"
    r"|for want of|of (?:stripe|shopify|amazon|dynamodb|chalice)'s|in vain|on record|under way|goes on|go on|went on"
    r"|stand-ins?|stands? in for|two at once|also where|of before|a moment ago|spoken for|(?:rows?|keys?|events?) tells?"
    r"|leads? back|comes? back empty)\b",
    re.IGNORECASE,
)
"""Idioms with no plain use; docs/glossary.md has the words to use instead."""

VERBS = frozenset(
    re.findall(
        r"\w+",
        """Abort Accept Accumulate Acquire Activate Add Adjust Advance Aggregate Align Allow Announce Answer Append Apply Approve
    Archive Ask Assemble Assert Assign Attach Authenticate Authorize Await Backfill Begin Bind Block Boot Build Bundle
    Cache Calculate Call Cancel Capture Carry Change Charge Check Claim Classify Clean Clear Click Close Collect Combine
    Commit Compare Compile Complete Compose Compress Compute Configure Confirm Connect Consume Continue Convert Copy
    Correct Count Cover Crash Create Credit Crop Cut Deactivate Decide Declare Decline Decode Decorate Decrypt Defer Delete
    Deliver Demand Deploy Derive Describe Detect Determine Disable Discard Dispatch Display Divide Download Draw Drain
    Drive Drop Edit Emit Empty Enable Encode Encrypt End Enforce Enqueue Ensure Enter Enumerate Erase Escape Estimate Evaluate
    Exchange Exclude Execute Exit Expand Expire Explain Export Expose Extend Extract Fail Feed Fetch Fill Filter Finalize Find
    Finish Fire Fit Flag Flush Flatten Follow Force Forget Format Forward Free Freeze Fulfil Fulfill Gather Generate Get Give
    Grant Group Guard Handle Hash Hold Ignore Import Include Increase Index Infer Initialize Insert Inspect Install
    Interpolate Invoke Issue Iterate Join Keep Kill Launch Lease Leave Let Limit Link List Listen Load Lock Log Look Lower Make Map Mark Migrate
    Mask Match Measure Merge Mint Mirror Mix Mount Move Multiply Name Narrow Normalize Note Notify Offer Omit Open Order
    Override Pack Package Paint Parse Pass Patch Pause Pay Perform Permit Pick Place Plan Poll Populate Post Postpone
    Prepare Press Prevent Preview Print Process Produce Project Prorate Protect Provide Provision Prune Publish Purge Put
    Query Queue Quote Raise Read Rebuild Recalculate Receive Recognize Recompute Record Recover Redact Redeem Redirect
    Redrive Reduce Refresh Refund Refuse Register Reject Release Reload Remake Remember Remind Remove Rename Render Renew Reorder
    Repair Repeat Replace Replay Report Request Require Reschedule Reserve Reset Resize Resolve Respond Restore Restrict
    Resume Retrieve Retry Return Reverse Revert Revoke Rewrite Roll Rotate Round Route Run Sample Save Scale Scan Schedule
    Score Search Seed Select Send Separate Serialize Serve Set Settle Shorten Show Shrink Shut Sign Simulate Skip Sleep
    Slice Snapshot Sort Spend Split Stage Start Stop Store Stream Stretch Strip Submit Subscribe Subtract Sum Suspend Sweep Switch Sync
    Take Tear Terminate Test Throttle Time Touch Trace Track Transform Translate Trim Truncate Try Turn Undo Uninstall Unlink Unlock
    Unpack Unregister Unsubscribe Update Upgrade Upload Upscale Use Validate Verify Visit Wait Wake Walk Warn Watermark
    Withdraw Wrap Write Yield""",
    )
)
"""The first words of function docstrings. Add a verb that is missing; a noun is a docstring to rewrite."""

OF_THE_REPOSITORY = re.compile(r"(get|find|add|list_\w+|iterate_\w+)$")
MOST_MODULES = 2
MOST_PARAMETERS = 5
MOST_TITLE_WORDS = 8
CLASS_NAMES: dict[type, re.Pattern[str]] = {
    GlobalSecondaryIndex: re.compile(r"[A-Z]\w+sBy[A-Z]\w+$"),
    NotFound: re.compile(r"\w+NotFound$"),
    PreconditionFailed: re.compile("VersionMismatch$"),
    InvalidInput: re.compile(r"Invalid[A-Z]\w+$"),
}
"""What a class is called, by its base: `<Plural>By<Key>`; 404 `<Noun>NotFound`; 412 `VersionMismatch`; 422 `Invalid<Noun>`."""


def _files(*patterns: str) -> Iterator[str]:
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if path.is_file() and name not in ITSELF and "/node_modules/" not in name:
                yield name


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text())


def _functions(name: str) -> Iterator[Function]:
    for node in ast.walk(_tree(name)):
        if isinstance(node, Function):
            yield node


def gerund_modules() -> Breaches:
    """Modules and folders with a word in -ing that is no term of the field."""
    breaches: Breaches = {}
    for name in _files("chalicelib/**/*.py", "infra/**/*.py"):
        words = [word for part in Path(name).with_suffix("").parts for word in part.split("_")]
        gerunds = [word for word in words if re.fullmatch(r"\w{2,}ing", word) and word not in TERMS]
        if gerunds:
            breaches[name] = gerunds
    return breaches


def _words(text: str) -> str:
    """The words of a text, with names in snake case as separate words."""
    return " ".join(text.replace("_", " ").split())


def banned_words() -> Breaches:
    """Idioms in the text of a source file (names, docstrings, comments, log lines, titles, pages) or of a document."""
    breaches: Breaches = {}
    documents = ("*.md", "docs/**/*.md", "docs/*.sql", "Makefile", "*.toml", ".env.example")
    sources = ("*.py", "chalicelib/**/*", "infra/**/*", "tests/**/*.py")
    texts = (".py", ".html", ".css", ".js", ".mjs", ".md", ".sql", ".toml", ".example", ".txt", "")
    for name in _files(*documents, *sources):
        if Path(name).suffix in texts:
            found = BANNED.findall(_words((ROOT / name).read_text()))
            if found:
                breaches[name] = found
    return breaches


def repeated_names() -> Breaches:
    """Public functions of one name in over two modules of a context. Handlers bear the names of their use cases."""
    breaches: Breaches = {}
    for context in sorted({name.split("/")[1] for name in _files("chalicelib/*/*.py")}):
        modules: dict[str, list[str]] = {}
        for name in _files(f"chalicelib/{context}/**/*.py"):
            layer = name.split("/")[2].removesuffix(".py")
            if layer not in ("routes", "jobs"):
                for function in _tree(name).body:
                    if not isinstance(function, Function) or function.name.startswith("_"):
                        continue
                    if layer != "repository" or not OF_THE_REPOSITORY.match(function.name):
                        modules.setdefault(function.name, []).append(name)
        for function_name, names in modules.items():
            if len(names) > MOST_MODULES:
                for name in names:
                    breaches.setdefault(name, []).append(function_name)
    return breaches


def long_parameter_lists() -> Breaches:
    """Functions of services and repositories with over five parameters: a sixth asks for a dataclass."""
    breaches: Breaches = {}
    for name in _files(
        *(f"chalicelib/*/{layer}{tail}" for layer in ("service", "repository") for tail in (".py", "/**/*.py"))
    ):
        for function in _functions(name):
            given = function.args
            count = len(
                [
                    each
                    for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)
                    if each.arg not in ("self", "cls")
                ]
            )
            if count > MOST_PARAMETERS:
                breaches.setdefault(name, []).append(f"{function.name}: {count}")
    return breaches


def docstrings_without_verb() -> Breaches:
    """Function docstrings whose first word is no imperative verb. Properties are noun phrases."""
    breaches: Breaches = {}
    for name in _files("app.py", "chalicelib/**/*.py", "infra/**/*.py"):
        for function in _functions(name):
            text = ast.get_docstring(function)
            is_property = any("property" in ast.unparse(each) for each in function.decorator_list)
            if text and not is_property and re.split(r"\W", text, maxsplit=1)[0] not in VERBS:
                breaches.setdefault(name, []).append(f"{function.name}: {text.split()[0]}")
    return breaches


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)


def _ours(kind: type[Any]) -> Iterator[tuple[str, type[Any]]]:
    """The classes of chalicelib below one, each with its file."""
    handlers.chalice_app()  # imports every module that has some
    for sub in _below(kind):
        if sub.__module__.startswith("chalicelib."):
            yield Path(str(sys.modules[sub.__module__].__file__)).relative_to(ROOT).as_posix(), sub


def long_error_titles() -> Breaches:
    """Titles of problems with over eight words: the detail has room for more."""
    breaches: Breaches = {}
    for name, problem in _ours(Problem):
        title = str(vars(problem).get("title", ""))
        if len(title.split()) > MOST_TITLE_WORDS:
            breaches.setdefault(name, []).append(title)
    return breaches


def odd_class_names() -> Breaches:
    """Indexes and problems that are not called by the rule."""
    breaches: Breaches = {}
    for base, rule in CLASS_NAMES.items():
        for name, kind in _ours(base):
            if not rule.match(kind.__name__):
                breaches.setdefault(name, []).append(kind.__name__)
    for name, problem in _ours(Problem):
        if problem.__name__.endswith("NotFound") and not issubclass(problem, NotFound):
            breaches.setdefault(name, []).append(problem.__name__)
    return breaches


RULES: dict[str, Callable[[], Breaches]] = {
    rule.__name__: rule
    for rule in (
        gerund_modules,
        banned_words,
        repeated_names,
        long_parameter_lists,
        docstrings_without_verb,
        long_error_titles,
        odd_class_names,
    )
}


@pytest.mark.parametrize("rule", RULES)
def test_every_file_keeps_the_rule(rule: str) -> None:
    assert RULES[rule]() == {}


@pytest.mark.parametrize(
    "text",
    [
        "reads the row anew",
        "a key of Stripe's",
        "for want\n    of concurrency",
        "Whoever calls",
        "the rows tell it",
        "def test_the_trial_goes_on() -> None:",
    ],
)
def test_banned_words_are_found(text: str) -> None:
    assert BANNED.search(_words(text))


@pytest.mark.parametrize("text", ["the manewal", "blest", "recorded", "the stand in the corner", "Stripe's event"])
def test_plain_words_are_not_banned(text: str) -> None:
    assert not BANNED.search(text)


if __name__ == "__main__":
    for rule, check in RULES.items():
        for name, found in check().items():
            print(f"{rule}\t{name}\t{', '.join(found)}")
