"""The result page of the demo: photo, preview and print side by side, and the result of each step."""

from __future__ import annotations

from html import escape
from pathlib import Path

PICTURES = (
    ("input.jpg", "The shopper's photo"),
    ("preview.jpg", "The watermarked preview"),
    ("final.jpg", "The print of the paid order"),
)

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fff}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:1.5rem;align-items:end}
figure{margin:0}img{width:100%;border-radius:6px;box-shadow:0 1px 6px #0003}figcaption{color:#555}
li{margin:.2rem 0}b{font-weight:600}
"""


def write(folder: Path, taken: list[tuple[str, str, float]]) -> Path:
    """Write index.html to the folder of the pictures and return its path."""
    figures = "".join(
        f'<figure><a href="{name}"><img src="{name}" alt="{escape(caption)}"></a><figcaption>{escape(caption)}'
        f"</figcaption></figure>"
        for name, caption in PICTURES
    )
    rows = "".join(f"<li><b>{escape(name)}</b>: {escape(result)} ({took:.1f} s)</li>" for name, result, took in taken)
    path = folder / "index.html"
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Backroom: the demo</title>'
        f"<style>{_STYLE}</style></head><body><h1>Backroom: from photo to print</h1>"
        f'<div class="pictures">{figures}</div><h2>Every step</h2><ol>{rows}</ol></body></html>'
    )
    return path
