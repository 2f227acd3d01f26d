"""Runs JavaScript in QuickJS as WebAssembly and counts the instructions, as Shopify limits them.

The module is `@jitl/quickjs-wasmfile-release-sync` of npm. Its JavaScript glue names the exports, which are minified.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import wasmtime

_FUEL = 10**15
_GLUE_NAMES = re.compile(r"\._?(QTS_\w+|malloc)=\s*\w\.([\w$]+)")
_INITIALIZE = re.compile(r"ba=!0;\w\.(\w+)\(\)")
_ALL_INTRINSICS = 0
_READ_BYTES = 65_536


class QuickJS:
    """A JavaScript context that counts WebAssembly instructions."""

    def __init__(self, package: Path) -> None:
        """Load the module of the npm package in the folder `package`."""
        glue = (package / "dist" / "emscripten-module.mjs").read_text()
        self._names: dict[str, str] = dict(_GLUE_NAMES.findall(glue))
        config = wasmtime.Config()
        config.consume_fuel = True
        engine = wasmtime.Engine(config)
        self._store = wasmtime.Store(engine)
        self._store.set_fuel(_FUEL)
        module = wasmtime.Module.from_file(engine, str(package / "dist" / "emscripten-module.wasm"))
        imports = [self._import(each.type) for each in module.imports]
        self._exports = wasmtime.Instance(self._store, module, imports).exports(self._store)
        initialize: Any = self._exports[_INITIALIZE.findall(glue)[0]]
        initialize(self._store)
        self._context = self._call("QTS_NewContext", self._call("QTS_NewRuntime"), _ALL_INTRINSICS)

    def evaluate(self, source: str) -> int:
        """Evaluate a script and return the pointer of its value."""
        file = self._put("bench.js")
        return self._call("QTS_Eval", self._context, self._put(source), len(source.encode()), file, 0, 0)

    def measure(self, function: int, text: str) -> tuple[str, int]:
        """Call a function of one string; return its string and the instructions that it took."""
        pointer, arguments = self._put(text), self._call("malloc", 4)
        this = self._call("QTS_GetUndefined")
        before = self._store.get_fuel()
        string = self._call("QTS_NewString", self._context, pointer)
        self._memory.write(self._store, struct.pack("<I", string), arguments)
        result = self._call("QTS_Call", self._context, function, this, 1, arguments)
        output = self._call("QTS_GetString", self._context, result)
        used = before - self._store.get_fuel()
        return self._text(output), used

    def _import(self, kind: Any) -> Any:
        """Provide what the module imports: its memory, and functions that do nothing."""
        if isinstance(kind, wasmtime.MemoryType):
            self._memory = wasmtime.Memory(self._store, kind)
            return self._memory
        results = [0.0 if str(result) == "f64" else 0 for result in kind.results]
        return wasmtime.Func(self._store, kind, lambda *_: results[0] if results else None)

    def _call(self, name: str, *arguments: int) -> int:
        function: Any = self._exports[self._names[name]]
        return int(function(self._store, *arguments) or 0)

    def _put(self, text: str) -> int:
        content = text.encode() + b"\0"
        pointer = self._call("malloc", len(content))
        self._memory.write(self._store, content, pointer)
        return pointer

    def _text(self, pointer: int) -> str:
        content = b""
        while b"\0" not in content:
            start = pointer + len(content)
            content += self._memory.read(self._store, start, start + _READ_BYTES)
        return content[: content.index(b"\0")].decode()
