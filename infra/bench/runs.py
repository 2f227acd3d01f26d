"""Runs of the subjects: each in a fresh process, all of a row in turn (A B C A B C …), medians of what they print."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Subject:
    """A program to measure. `whole` takes the time from outside, from its start to its end."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of every run, and the largest peak memory in MB (0 where it was not told)."""

    seconds: tuple[float, ...]
    peak_mb: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


class SubjectFailed(RuntimeError):
    """A subject did not run to its end; the message holds what it printed."""


def interleaved(subjects: Sequence[Subject], rounds: int) -> dict[str, Figures]:
    """Figures by subject, after one round that is not counted. Raises SubjectFailed."""
    seconds: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    peaks: dict[str, float] = dict.fromkeys(seconds, 0.0)
    for number in range(rounds + 1):
        for subject in subjects:
            took, peak = _run(subject)
            if number:
                seconds[subject.name].append(took)
                peaks[subject.name] = max(peaks[subject.name], peak)
    return {name: Figures(tuple(times), peaks[name]) for name, times in seconds.items()}


def _run(subject: Subject) -> tuple[float, float]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **subject.environment}
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
