"""Every PNG of known samples has the right colours, and only the transparent sample is transparent."""

from __future__ import annotations

import pytest

from chalicelib.integrations.images.decoding import decode, decode_with_alpha
from tests.integrations import sample_images
from tests.integrations.png_suite import HEIGHT, WIDTH, colour, encode, sample
from tests.integrations.unusual_images import PNG_KINDS

PIXELS = [(x, y) for y in range(HEIGHT) for x in range(WIDTH)]


@pytest.mark.parametrize(("colour_type", "depth"), PNG_KINDS)
def test_every_sample_of_the_suite_is_decoded(colour_type: int, depth: int):
    keys = [(), sample(colour_type, depth, 5, 4), sample(colour_type, depth, 0, 0)]
    for key in keys if colour_type in (0, 2, 3) else keys[:1]:
        for interlaced in (False, True):
            data = encode(colour_type, depth, interlaced=interlaced, key=key)
            expected = [colour(colour_type, depth, x, y, key) for x, y in PIXELS]
            found = decode(data).tobytes()
            differences = [abs(a - b) for a, b in zip(found, (v for each in expected for v in each), strict=True)]
            assert max(differences) <= (1 if colour_type in (4, 6) else 0), (key, interlaced)
            if key:
                alpha = decode_with_alpha(data).getchannel("A").tobytes()
                assert [value == 0 for value in alpha] == [
                    sample(colour_type, depth, x, y) == key for x, y in PIXELS
                ], (key, interlaced)


def test_16_bit_samples_that_differ_in_the_low_byte_stay_opaque():
    grey = sample_images.sixteen_bit_png(3, 0x5000, 0x5001, 0x5100, transparent=(0x5001,))
    assert decode_with_alpha(grey).getchannel("A").tobytes() == bytes((255, 0, 255))
    colours = (0x1234, 0, 0xFFFF), (0x1235, 0, 0xFFFF), (0x1234, 1, 0xFFFF)
    data = sample_images.sixteen_bit_png(3, *(each for one in colours for each in one), transparent=colours[0])
    assert decode_with_alpha(data).getchannel("A").tobytes() == bytes((0, 255, 255))
    assert decode(data).tobytes()[:6] == bytes((255, 255, 255, 0x12, 0, 255))
