"""Cards of headers that no library can make sense of: told or left out, never a raw error."""

from __future__ import annotations

import ast
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import skyseg
from skyseg.errors import SkysegError
from skyseg.survey import BandData
from skyseg.survey.band_extraction import make_recipe

_KEYS = (
    *("PHOTPLAM", "PHOTFLAM", "PHOTZP", "PHOTSYS", "BUNIT", "MAGZERO", "MAGZP", "FLUXMAG0"),
    *("ZEROPNT", "EXPTIME", "PIXAR_SR", "PIXAR_A2", "GAIN", "SATURATE", "FILTER", "FILTER1"),
    *("PUPIL", "FILTNAME", "BAND", "INSTRUME", "DETECTOR", "EXTNAME", "EXTVER", "EXTTYPE"),
    *("CTYPE1", "CUNIT1", "CRVAL1", "CRPIX1", "CD1_1", "CDELT1", "PV1_1", "A_ORDER", "RADESYS"),
    *("LONPOLE", "BLANK", "BSCALE", "BZERO"),
)
_VALUES = ("-INF", "'open", "T F", "1E+999", "'10**999999999 Jy'")


def _write(path: Path, content: bytes, key: str, value: str, state: int) -> None:
    """Write a file with a card that no library would write."""
    card = f"{key:8}= {value}"[:80].ljust(80).encode("latin-1")
    at = content.find(f"{key:8}=".encode())
    if at < 0:
        at = content.index(b"END".ljust(80))
        card += b"END".ljust(80)
    path.write_bytes(content[:at] + card + content[at + len(card) :])
    os.utime(path, ns=(state, state))


@pytest.mark.filterwarnings("ignore")
def test_no_card_of_a_header_ends_in_a_raw_error(tmp_path: Path) -> None:
    path = tmp_path / "f444w_sci.fits"
    cards = {
        **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 53.0, "CRVAL2": -27.0},
        **{"CRPIX1": 9.0, "CRPIX2": 9.0, "CD1_1": -1e-5, "CD2_2": 1e-5, "BUNIT": "ELECTRONS/S"},
        **{"FILTER": "F444W", "INSTRUME": "NIRCAM", "PHOTFLAM": 1e-20, "PHOTPLAM": 1e4},
    }
    fits.writeto(path, np.ones((20, 20), np.float32), fits.Header(cards))
    content = path.read_bytes()
    raw = []
    for state, (key, value) in enumerate(itertools.product(_KEYS, _VALUES)):
        _write(path, content, key, value, state)
        try:
            band = BandData.from_files(path)
            str(band), band.wcs, band.zero_point, band.pix_scale
            make_recipe(band.maps, "none", "skyseg", "default", None, None, None)
        except SkysegError:
            pass
        except Exception as error:  # noqa: BLE001
            raw.append((key, value, repr(error)))
    assert not raw


def test_headers_of_imaging_are_read_in_one_place() -> None:
    package = Path(skyseg.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                name = f"{node.value.id}.{node.attr}"
                if name in {"fits.open", "fits.getheader", "fits.getdata", "fits.getval"}:
                    found.add(path.relative_to(package).as_posix())
    # what others than skyseg wrote is read by the first alone
    ours = {"products/fits_files.py", "methods/_sextractor.py"}
    assert found == {"imaging/reading.py"} | ours
