"""Run the subjects of a row in turn (A B C A B C …), each in a new process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = ROOT / "infra" / "bench" / "subjects"
BUILD = ROOT / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Subject:
    """A program to measure. If `whole`, its time is measured from outside, from its start to its end."""

    name: str
    command: Sequence[str | Path]
    folder: Path = ROOT
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """The seconds of every run, and the largest peak memory in MB (0: not reported)."""

    seconds: tuple[float, ...]
    peak_mb: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def beside(self, peer: Figures) -> float:
        """Return the median of the ratios of all rounds. Temporary load on the machine slows both programs of a round."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.seconds, peer.seconds, strict=True))

    def __str__(self) -> str:
        """Return median and range, e.g. `66 ms (61-80)`."""
        unit, scale = next(pair for pair in (("s", 1), ("ms", 1e3), ("us", 1e6)) if self.median * pair[1] >= 1)
        digits = 2 if unit == "s" else 0
        least, median, most = (
            f"{value * scale:.{digits}f}" for value in (min(self.seconds), self.median, max(self.seconds))
        )
        return f"{median} {unit} ({least}-{most})"


class SubjectFailed(RuntimeError):
    """A subject failed; the message contains its output."""


def interleaved(subjects: Sequence[Subject], rounds: int) -> dict[str, Figures]:
    """Run the subjects in turn and return figures by name. The first of several rounds is not counted.

    Raises SubjectFailed if a subject fails.
    """
    return in_turn({subject.name: lambda subject=subject: _run(subject) for subject in subjects}, rounds)  # type: ignore[misc]


def in_turn(subjects: Mapping[str, Callable[[], tuple[float, float]]], rounds: int) -> dict[str, Figures]:
    """Run callables in turn, each of which returns seconds and peak memory; see `interleaved`."""
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in subjects}
    warm_up = int(rounds > 1)
    for _ in range(warm_up + rounds):
        for name, run in subjects.items():
            runs[name].append(run())
    return {
        name: Figures(tuple(seconds for seconds, _ in told[warm_up:]), max(peak for _, peak in told[warm_up:]))
        for name, told in runs.items()
    }


def _run(subject: Subject) -> tuple[float, float]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    done = subprocess.run(subject.command, cwd=subject.folder, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - begun
    if done.returncode:
        raise SubjectFailed(f"{subject.name}: {(done.stderr or done.stdout)[-1500:]}")
    if subject.whole:
        return took, 0.0
    told = json.loads(done.stdout.splitlines()[-1])
    return told["seconds"], told["peak_mb"]
