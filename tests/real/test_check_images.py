"""SExtractor's own CHECK images, as they are and under any name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from astropy.io import fits

from skyseg import Parameters
from skyseg.imaging.label_maps import name_role
from skyseg.imaging.reading import list_hdus

UDS = "jwst/UDS-B/NIRCam/v1/40mas"


def test_a_check_image_is_labels_where_it_is_the_segmentation(
    run_program: Callable[..., Any], tmp_path: Path, imaging_dir: Path
) -> None:
    sci = fits.getdata(imaging_dir / UDS / "uds-b-f444w_sci.fits")
    others = ("BACKGROUND", "OBJECTS", "APERTURES")
    names = ["seg", *(f"check{kind}.fits" for kind in others)]
    run_program(
        *(sci, None, Parameters()),
        CHECKIMAGE_TYPE=",".join(("SEGMENTATION", *others)),
        CHECKIMAGE_NAME=",".join(str(tmp_path / name) for name in names),
    )
    check = (tmp_path / "seg").rename(tmp_path / "check.fits")
    for path, role in {check: "SEG", **{tmp_path / name: "0" for name in names[1:]}}.items():
        listing = list_hdus(path)
        assert name_role(listing, listing.images[0]) == role
