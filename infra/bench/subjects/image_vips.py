"""The same preview with libvips' own thumbnail operation (shrink on load)."""

import sys

import pyvips

from infra.bench.subjects.measure import report

photo = sys.argv[1]
report(lambda: pyvips.Image.thumbnail(photo, 1024, size="down").jpegsave_buffer(Q=85, strip=True))
