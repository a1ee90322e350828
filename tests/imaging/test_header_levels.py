"""Gain and saturation level of a header: what SExtractor takes from each card."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.engine.parameters import Parameters
from skyseg.imaging.header_levels import apply_header_levels
from skyseg.methods._sextractor_program import find_program

GIVEN = {"gain": 3.0, "satur_level": 50000.0}
CARDS = [
    ("GAIN    =                  2.0", {}, {"gain": 2.0}),
    ("GAIN    = 2.0D1", {}, {"gain": 20.0}),
    ("GAIN    = '4 / 2   '", {}, {"gain": 4.0}),
    ("GAIN    = 'high'", {}, {"gain": 0.0}),
    ("GAIN    =", {}, {"gain": 0.0}),
    ("GAIN    =                 -2.0", {}, {"gain": 0.0}),
    ("GAIN    =                    T", {}, {"gain": 0.0}),
    ("GAINS   =                  5.0", {}, {"gain": 5.0}),
    ("GAINS   = 5.0\nGAIN    = 2.0", {}, {"gain": 5.0}),
    ("GAIN    = 2.0\nGAIN    = 5.0", {}, {"gain": 2.0}),
    ("GAIN    =                  2.0", {"gain_key": "gain"}, {}),
    ("GAIN    =                  2.0", {"gain_key": "CCDGAIN"}, {}),
    ("CCDGAIN =                  2.0", {"gain_key": "CCDGAIN"}, {"gain": 2.0}),
    ("HIERARCH THEGAINOFALL = 2.0", {"gain_key": "THEGAINOFALL"}, {}),
    ("COMMENT GAIN = 2.0", {}, {}),
    ("SATURATE=                  100", {}, {"satur_level": 100.0}),
    ("SATURATE=                    0", {}, {"satur_level": 0.0}),
    ("SATURATE=                   -5", {}, {"satur_level": -5.0}),
    ("SATURATE= 'unknown'", {}, {"satur_level": 0.0}),
    ("SATURATE=              1.0E+40", {}, {"satur_level": 1e29}),
]


def header_of(cards: str) -> fits.Header:
    return fits.Header([fits.Card.fromstring(each.ljust(80)) for each in cards.splitlines()])


@pytest.mark.parametrize(("cards", "keys", "expected"), CARDS)
def test_a_card_stands_for_a_parameter(
    cards: str, keys: dict[str, str], expected: dict[str, float]
) -> None:
    values, found = apply_header_levels(Parameters(**GIVEN, **keys), header_of(cards))
    assert {each.parameter: each.value for each in found} == expected
    assert values == Parameters(**{**GIVEN, **keys, **expected})


@pytest.mark.parametrize(("cards", "keys", "expected"), CARDS)
def test_the_program_takes_the_same_from_the_header(
    tmp_path: Path, cards: str, keys: dict[str, str], expected: dict[str, float]
) -> None:
    with_cards = run_program(tmp_path, header_of(cards), **GIVEN, **keys)
    without = run_program(tmp_path, fits.Header(), **{**GIVEN, **expected})
    np.testing.assert_array_equal(with_cards, without)


def run_program(folder: Path, header: fits.Header, **values: Any) -> Any:
    """Flux, its error and FLAGS of a bright source."""
    y, x = np.indices((60, 60))
    image = 500 * np.exp(-((x - 30) ** 2 + (y - 30) ** 2) / 8)
    image += np.random.default_rng(1).normal(size=image.shape)
    hdu = fits.PrimaryHDU(image.astype(np.float32))
    hdu.header.extend(header.cards, strip=False)
    hdu.writeto(folder / "sci.fits", output_verify="ignore", overwrite=True)
    (folder / "columns.param").write_text("FLUX_APER(1)\nFLUXERR_APER(1)\nFLAGS\n")
    settings = {
        "PARAMETERS_NAME": "columns.param",
        "CATALOG_NAME": "cat.txt",
        "FILTER": "N",
        "PHOT_APERTURES": "10",
        "VERBOSE_TYPE": "QUIET",
        **{name.upper(): str(value) for name, value in values.items()},
    }
    options = [part for key, value in settings.items() for part in (f"-{key}", value)]
    program = find_program().path
    subprocess.run([program, "sci.fits", "-c", "/dev/null", *options], cwd=folder, check=True)
    found = np.loadtxt(folder / "cat.txt", ndmin=2)
    assert len(found) == 1
    return found
