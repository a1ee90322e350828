"""The method ``photutils``, against the library called by hand."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from astropy.convolution import convolve
from astropy.io import fits
from photutils.segmentation import SourceCatalog, deblend_sources, detect_sources

from skyseg import methods
from skyseg.engine.kernels import make_kernel
from skyseg.engine.parameters import Parameters
from skyseg.errors import MethodError
from skyseg.methods import _photutils
from skyseg.methods._photutils import PhotutilsMethod
from skyseg.methods.base import Request

PLANE = np.ones((20, 20), np.float32)


def asked(sci: np.ndarray, rms: np.ndarray, **parameters) -> Request:
    return Request(
        sci=sci,
        err=rms,
        err_type="rms_err",
        parameters=Parameters(**parameters),
        aper_diams=(0.32, 0.5),
        pix_scale=0.04,
        zero_point=28.9,
        sky=None,
        name="a band",
    )


def test_map_and_sources_are_those_of_photutils_called_by_hand(imaging_dir: Path) -> None:
    place = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    sci, wht = (
        fits.getdata(place / f"uds-b-f444w_{name}.fits").astype(np.float32)
        for name in ("sci", "wht")
    )
    rms = 1 / np.sqrt(wht)
    found = PhotutilsMethod().run(asked(sci, rms))
    smooth = convolve(sci, make_kernel("gauss_2.5_5x5"), normalize_kernel=True).astype("f4")
    detected = detect_sources(smooth, 1.8 * rms, 9)
    by_hand = deblend_sources(smooth, detected, 9, n_levels=32, contrast=0.005, progress_bar=False)
    np.testing.assert_array_equal(found.seg, by_hand.data)
    sources = SourceCatalog(
        sci, by_hand, convolved_data=smooth, error=rms, kron_params=(2.5, 1.6, 1.75)
    )
    for column, values in {
        "X_IMAGE": sources.x_centroid + 1,
        "FLUX_AUTO": sources.kron_flux,
        "FLUXERR_AUTO": sources.kron_flux_err,
        "FLUX_ISO": sources.segment_flux,
        "FLUXERR_ISO": sources.segment_flux_err,
        "FLUX_RADIUS": sources.flux_radius(0.5).value,
        "FWHM_IMAGE": sources.fwhm.value,
        "A_IMAGE": sources.semimajor_axis.value,
    }.items():
        np.testing.assert_allclose(found.cat[column].value, values, rtol=1e-6)
    flux, error = sources.circular_photometry(0.5 / 0.04 / 2)
    np.testing.assert_allclose(found.cat["FLUX_APER"][:, 1].value, flux, rtol=1e-6)
    np.testing.assert_allclose(found.cat["FLUXERR_APER"][:, 1].value, error, rtol=1e-6)


def test_one_source_is_a_catalogue_of_one_row() -> None:
    sci = np.zeros((40, 40), np.float32)
    sci[18:23, 18:23] = 10
    found = PhotutilsMethod().run(asked(sci, np.ones_like(sci)))
    assert found.cat["NUMBER"].tolist() == [1]
    np.testing.assert_allclose(found.cat["X_IMAGE"].value, [21])


def test_what_photutils_cannot_do_is_an_error_of_ours() -> None:
    sci = np.zeros((40, 40), np.float32)
    sci[18:23, 18:23] = 10
    with pytest.raises(MethodError, match=r"a band: photutils failed .*Kron factor"):
        PhotutilsMethod().run(asked(sci, np.ones_like(sci), phot_autoparams=(0.0, 4.0)))


def test_where_it_is_not_installed_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_photutils, "installed_version", absent)
    assert "photutils" in methods.names()
    for call in (PhotutilsMethod().version, lambda: PhotutilsMethod().run(asked(PLANE, PLANE))):
        with pytest.raises(MethodError, match=r"not installed; .*the extra 'photutils'"):
            call()


def test_where_it_cannot_be_imported_the_error_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "photutils"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MethodError, match=r"a band: photutils failed .*photutils"):
        PhotutilsMethod().run(asked(PLANE, PLANE))


def test_a_region_with_very_many_peaks_is_deblended_without_a_warning() -> None:
    noise = np.random.default_rng(1).normal(100, 1, (100, 100)).astype(np.float32)
    found = PhotutilsMethod().run(asked(noise, np.full_like(noise, 0.1), filter=False))
    assert any("very many peaks" in caveat for caveat in found.caveats)
