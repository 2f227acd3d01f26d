"""The state of a sandbox: one JSON document, changed under a lock.

If a file is given, the document is written to it after each change.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from infra.sandbox.server import Json


class State:
    """The document, read from the file if it exists, otherwise a copy of `empty`."""

    def __init__(self, file: Path | None, empty: Json) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._data = deepcopy(empty)
        if file is not None and file.exists():
            self._data.update(json.loads(file.read_text()))

    @contextmanager
    def change(self) -> Iterator[Json]:
        """Yield the document to one thread at a time, to read and write.

        An exception rolls nothing back: validate before you write.
        """
        with self._lock:
            try:
                yield self._data
            finally:
                self._save()

    def read(self, section: str) -> Any:
        """Return a deep copy of one section."""
        with self._lock:
            return deepcopy(self._data[section])

    def snapshot(self) -> Json:
        """Return a deep copy of the document, for `restore`."""
        with self._lock:
            return deepcopy(self._data)

    def restore(self, snapshot: Json) -> None:
        """Replace the document by a copy of an earlier one."""
        with self.change() as data:
            data.clear()
            data.update(deepcopy(snapshot))

    def _save(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._data))
        fresh.replace(self._file)  # atomic: a crash never leaves a partial file
