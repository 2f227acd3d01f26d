"""Evaluation of a website's robots.txt (RFC 9309).

`urllib.robotparser` applies the first rule that matches and does not support `*` and `$` in paths. Most shops' files
use them, so it would allow pages that they exclude.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

MAX_BYTES = 500 * 1024
"""The part of a file that is read (RFC 9309, 2.5: at least 500 KiB)."""
_MAX_RULE = 2_000


@dataclass
class _Group:
    """The rules for some crawlers: each with whether it allows, and its path pattern."""

    agents: set[str] = field(default_factory=set)
    rules: list[tuple[bool, str]] = field(default_factory=list)


def is_allowed(robots: str, agent: str, target: str) -> bool:
    """Return whether the crawler may read a target (path and query).

    The groups that name the crawler apply, else those for `*`. The longest pattern decides; on a tie, the one that
    allows. Without a rule, everything is allowed.
    """
    groups = list(_groups(robots))
    ours = [group for group in groups if agent.lower() in group.agents] or [g for g in groups if "*" in g.agents]
    normal = _normalized(target)
    fitting = [
        (len(pattern), allows)
        for group in ours
        for allows, pattern in group.rules
        if pattern and _fits(pattern, normal)
    ]
    return max(fitting)[1] if fitting else True


def _groups(robots: str) -> Iterator[_Group]:
    group = _Group()
    for name, value in _lines(robots):
        if name == "user-agent":
            if group.rules:
                yield group
                group = _Group()
            match = re.match(r"\*|[a-z_-]+", value.lower())
            group.agents.add(match.group() if match else "")
        elif name in ("allow", "disallow") and group.agents:
            group.rules.append((name == "allow", _normalized(value[:_MAX_RULE])))
    yield group


def _lines(robots: str) -> Iterator[tuple[str, str]]:
    for line in robots.removeprefix("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _normalized(path: str) -> str:
    """Return the path with the same characters percent-encoded, however it was written."""
    escaped = quote(path, safe="/?&=*$%:;,+@!~'()#[]")
    return re.sub("%[0-9a-fA-F]{2}", lambda code: _plain(code.group()), escaped)


def _plain(code: str) -> str:
    """Return an unreserved character that needs no encoding, else the code in capitals."""
    char = chr(int(code[1:], 16))
    return char if re.fullmatch(r"[A-Za-z0-9._~-]", char) else code.upper()


def _fits(pattern: str, target: str) -> bool:
    """Return whether a pattern fits the beginning of the target: `*` any characters, a final `$` the end.

    It takes linear time in the pieces between stars: without backtracking, a hostile file cannot block it.
    """
    ends = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    position = len(first)
    if ends and not pieces:
        return position == len(target)
    for number, piece in enumerate(pieces):
        if ends and number == len(pieces) - 1:
            return len(target) - len(piece) >= position and target.endswith(piece)
        position = target.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return True
