"""The simulated survey: what it promises about its maps, its truth and its files."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaincinv

from skyseg import samples
from skyseg.assessment.profiles import fit_sersic
from skyseg.errors import ImageError, ParameterError, ProductError, StaleProductError
from skyseg.samples.profiles import (
    SERSIC_INDICES,
    Mixture,
    source_mixture,
    wavelength,
)
from skyseg.samples.simulate import TRUTH_THRESHOLD, plan_band
from skyseg.samples.survey import make_survey

MAPS = ("sci", "err", "wht", "con", "truth_seg")
SMALL = {"bands": ["F200W", "F444W"], "shape": (160, 200), "n_sources": 30}


@pytest.fixture(scope="module")
def image() -> samples.Simulation:
    return samples.simulate_image("F200W", shape=(700, 800), seed=3)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 149), max_size=5), st.integers(0, 2**32))
def test_any_cut_into_rows_gives_the_same_bytes(cuts: list[int], seed: int) -> None:
    scene = plan_band("F444W", (150, 130), 20, seed)
    whole = scene.rows(0, 150)
    edges = sorted({0, 150, *cuts})
    parts = [scene.rows(low, high) for low, high in itertools.pairwise(edges)]
    for name in MAPS:
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes()


def test_another_seed_gives_another_sky_and_other_noise() -> None:
    one, two = (samples.simulate_image(shape=(64, 64), n_sources=5, seed=s) for s in (1, 2))
    assert not np.array_equal(one.sci, two.sci, equal_nan=True)
    assert not np.array_equal(one.truth_cat["X_IMAGE"], two.truth_cat["X_IMAGE"])


def test_bands_share_sources_and_not_noise() -> None:
    blue, red = (samples.simulate_image(b, shape=(96, 96), n_sources=9) for b in ("F115W", "F444W"))
    for column in ("X_IMAGE", "Y_IMAGE", "R_HALF", "THETA_IMAGE"):
        assert np.array_equal(blue.truth_cat[column], red.truth_cat[column])
    assert not np.allclose(blue.truth_cat["MAG"].value, red.truth_cat["MAG"].value)
    empty = [samples.simulate_image(b, shape=(200, 200), n_sources=0) for b in ("F115W", "F444W")]
    noise = [(s.sci / s.err)[s.con > 0] for s in empty]
    assert abs(np.corrcoef(*noise)[0, 1]) < 0.03


def test_noise_has_the_rms_that_err_states() -> None:
    empty = samples.simulate_image(shape=(800, 800), n_sources=0)
    pull = (empty.sci / empty.err)[np.isfinite(empty.err)]
    assert pull.std() == pytest.approx(1, abs=0.01)
    assert pull.mean() == pytest.approx(0, abs=0.01)
    assert not empty.truth_seg.any()


def test_without_photons_err_is_what_weight_says(image: samples.Simulation) -> None:
    sky = np.divide(1, np.sqrt(image.wht), where=image.wht > 0, out=np.full_like(image.wht, np.nan))
    ratio = image.err / sky
    assert np.nanmin(ratio) == pytest.approx(1, abs=1e-5)
    assert np.nanmax(ratio) > 1.5


def test_noise_varies_in_steps_and_smoothly() -> None:
    empty = samples.simulate_image(shape=(800, 800), n_sources=0)
    step = np.abs(np.diff(np.log(empty.err), axis=1))
    assert np.nanmax(step) > 0.3
    same = (empty.con[:, 1:] == empty.con[:, :-1]) & (empty.con[:, 1:] > 0)
    assert 0 < step[same].max() < 0.01


def test_bad_pixels_agree_in_all_maps(image: samples.Simulation) -> None:
    bad = image.con == 0
    assert 0.001 < bad.mean() < 0.1
    assert np.array_equal(np.isnan(image.sci), bad)
    assert np.array_equal(np.isnan(image.err), bad)
    assert np.array_equal(image.wht == 0, bad)
    assert not image.truth_seg[bad].any()


def test_truth_labels_are_where_that_source_is_brightest() -> None:
    """Against each source drawn alone, at full precision."""
    scene = plan_band("F200W", (200, 200), 60, 5)
    rows = scene.rows(0, 200)
    alone = np.zeros((61, 200, 200), np.float32)
    for i in range(60):
        window, stamp = scene.stamp(i, 0, 200)
        alone[i + 1][window] = stamp
    noise = np.divide(1, np.sqrt(rows.wht), where=rows.wht > 0, out=np.full((200, 200), np.inf))
    expected = np.where(alone.max(axis=0) > TRUTH_THRESHOLD * noise, alone.argmax(axis=0), 0)
    assert np.count_nonzero(rows.truth_seg) > 500
    assert np.mean(rows.truth_seg != expected) < 1e-4


def hard(**conditions: float) -> samples.Simulation:
    asked = {"shape": (300, 300), "n_sources": 60, "seed": 5} | conditions
    return samples.simulate_image("F200W", **asked)


@pytest.mark.parametrize("correlation", [0.1, 0.6])
def test_adjacent_pixels_share_noise_as_asked_and_err_still_tells_it(correlation: float) -> None:
    empty = hard(correlation=correlation, shape=(800, 800), n_sources=0)
    pull = empty.sci / empty.err
    assert np.nanstd(pull) == pytest.approx(1, abs=0.015)
    for one, other in ((pull[1:], pull[:-1]), (pull[:, 1:], pull[:, :-1])):
        both = np.isfinite(one) & np.isfinite(other)
        assert np.corrcoef(one[both], other[both])[0, 1] == pytest.approx(correlation, abs=0.02)


def test_error_maps_may_be_off_while_the_image_stays() -> None:
    plain, off = hard(), hard(err_scale=0.5)
    assert off.sci.tobytes() == plain.sci.tobytes()
    assert np.array_equal(off.err, plain.err / 2, equal_nan=True)
    assert np.allclose(off.wht, plain.wht * 4)


def test_a_star_with_spikes_has_six_and_no_more_light() -> None:
    narrow, spiked = (source_mixture(1.0, 0.0, 1.0, 0.0, 1.0, part) for part in (0.0, 0.2))

    def light(mixture: Mixture, x: float, y: float) -> float:
        place = np.array([x * x, x * y, y * y])
        return float((mixture.peaks * np.exp(-0.5 * mixture.forms @ place)).sum())

    def round_the_star(angle: float) -> float:
        return light(spiked, 30 * np.cos(angle), 30 * np.sin(angle))

    on = [round_the_star(np.radians(angle)) for angle in range(30, 360, 60)]
    off = [round_the_star(np.radians(angle)) for angle in range(0, 360, 60)]
    assert min(on) > 3 * max(off)
    for mixture in (narrow, spiked):
        xx, xy, yy = mixture.forms.T
        total = (mixture.peaks * 2 * np.pi / np.sqrt(xx * yy - xy**2 / 4)).sum()
        assert total == pytest.approx(1)


def test_clumps_are_a_part_of_their_disc() -> None:
    plain, clumpy = (plan_band("F200W", (300, 300), 60, 5, clumps=n) for n in (0, 6))
    hosts = set(clumpy.clumps.host.tolist())
    assert hosts
    assert len(clumpy.sources) == 60
    for host in hosts:
        (window, smooth), (larger, lumpy) = (each.stamp(host, 0, 300) for each in (plain, clumpy))
        if window == larger and min(window[0].start, window[1].start) > 0:
            assert lumpy.sum() == pytest.approx(smooth.sum(), rel=0.03)
            assert np.abs(lumpy - smooth).max() > 0.02 * smooth.max()


def test_companions_and_diffuse_galaxies_come_on_top_and_into_the_truth() -> None:
    plain, more = hard().truth_cat, hard(companions=7, diffuse=5).truth_cat
    assert np.array_equal(more["MAG"][:60], plain["MAG"])
    assert more["COMPANION"].sum() == 7
    assert more["DIFFUSE"].sum() == 5
    assert not plain.colnames.count("COMPANION")
    companions = more[more["COMPANION"]]
    fainter = companions["MAG"] - more["MAG"][companions["NEIGHBOUR"] - 1]
    assert 1 < fainter.min().value < fainter.max().value < 7.5
    faint = more[more["DIFFUSE"]]
    assert faint["R_HALF"].min().value > 0.5


def test_a_hard_band_is_the_same_bytes_in_any_rows() -> None:
    scene = plan_band(
        "F444W", (150, 130), 20, 3,
        correlation=0.5, err_scale=2.0, spikes=0.1, clumps=3, companions=5, diffuse=2,
    )  # fmt: skip
    whole = scene.rows(0, 150)
    parts = [scene.rows(low, high) for low, high in ((0, 37), (37, 64), (64, 150))]
    for name in MAPS:
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes()


def test_an_isolated_source_has_the_flux_and_place_of_the_catalogue() -> None:
    scene = plan_band("F444W", (300, 300), 40, 11)
    for i in range(40):
        x, y = scene.sources.x[i], scene.sources.y[i]
        if not (60 < x < 240 and 60 < y < 240):
            continue
        window, stamp = scene.stamp(i, 0, 300)
        yy, xx = np.mgrid[window]
        total = stamp.sum(dtype=float)
        assert total == pytest.approx(scene._fluxes[i], rel=0.35)
        assert total <= scene._fluxes[i] * 1.001
        assert (xx * stamp).sum() / total == pytest.approx(x, abs=0.3)
        assert (yy * stamp).sum() / total == pytest.approx(y, abs=0.3)


@pytest.mark.parametrize("index", SERSIC_INDICES)
def test_gaussians_follow_the_sersic_profile(index: float) -> None:
    fractions, sigmas = fit_sersic(index)
    radii = np.geomspace(0.1, 5, 30)
    made = (
        fractions / (2 * np.pi * sigmas**2) * np.exp(-0.5 * (radii[:, None] / sigmas) ** 2)
    ).sum(1)
    wanted = np.exp(-gammaincinv(2 * index, 0.5) * (radii ** (1 / index) - 1))
    ratio = made / wanted
    bright = wanted > 1e-2 * wanted[0]
    assert np.ptp(ratio[bright]) / ratio[bright].mean() < 0.03
    assert fractions.sum() == pytest.approx(1)


def test_default_density_gives_stars_galaxies_and_blends(image: samples.Simulation) -> None:
    cat = image.truth_cat
    assert 0 < cat["STAR"].sum() < 0.1 * len(cat)
    assert 0.1 < np.mean(cat["NEIGHBOUR"] > 0) < 0.3
    mags = cat["MAG"].value
    assert np.median(mags) > 28.5
    assert mags.min() < 25


def test_catalogue_positions_follow_the_wcs(image: samples.Simulation) -> None:
    cat = image.truth_cat
    x, y = WCS(image.header).world_to_pixel_values(cat["ALPHA_J2000"], cat["DELTA_J2000"])
    assert np.allclose(x + 1, cat["X_IMAGE"].value, atol=1e-6)
    assert np.allclose(y + 1, cat["Y_IMAGE"].value, atol=1e-6)


def test_a_survey_has_the_i2d_layout(tmp_path: Path) -> None:
    made = make_survey(tmp_path, **SMALL)
    path = made.images["F444W"]
    assert path.parent == tmp_path / "jwst/sample/NIRCam/v1/30mas"
    with fits.open(path) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "CON", "WHT"]
        assert hdus[0].header["FILTER"] == "F444W"
        header = hdus["SCI"].header
        assert header["BUNIT"] == "MJy/sr"
        assert header["PIXAR_SR"] == pytest.approx((0.03 / 206264.806) ** 2)
        assert WCS(header).has_celestial
        memory = samples.simulate_image("F444W", shape=(160, 200), n_sources=30)
        for name in ("sci", "err", "wht"):
            assert np.array_equal(hdus[name].data, getattr(memory, name), equal_nan=True)
        assert np.array_equal(hdus["CON"].data[0], memory.con)


def test_truth_lies_beside_the_imaging_and_agrees_with_it(tmp_path: Path) -> None:
    made = make_survey(tmp_path, **SMALL)
    memory = samples.simulate_image("F200W", shape=(160, 200), n_sources=30)
    labels = fits.getdata(made.truth_segs["F200W"])
    assert labels.dtype == np.dtype(">i4")
    assert np.array_equal(labels, memory.truth_seg)
    cat = QTable.read(made.truth_cats["F200W"])
    assert cat["FLUX"].unit == "nJy"
    assert np.array_equal(cat["NUMBER"], np.arange(1, 31))
    assert not list((tmp_path / "jwst").rglob("*truth*"))


def test_a_survey_that_is_there_is_left_alone(tmp_path: Path) -> None:
    first = make_survey(tmp_path, **SMALL)
    assert first.made == ("F200W", "F444W")
    path = first.images["F200W"]
    before = path.stat().st_mtime_ns
    assert make_survey(tmp_path, **SMALL).made == ()
    assert path.stat().st_mtime_ns == before
    sums = {band: digest(path) for band, path in first.images.items()}
    again = make_survey(tmp_path, **SMALL, overwrite=True)
    assert again.made == ("F200W", "F444W")
    assert {band: digest(path) for band, path in again.images.items()} == sums


def test_a_band_can_be_added_to_a_survey(tmp_path: Path) -> None:
    make_survey(tmp_path, **SMALL)
    more = make_survey(tmp_path, **{**SMALL, "bands": ["F200W", "f277w"]})
    assert more.made == ("F277W",)


@pytest.mark.parametrize("other", [{"seed": 1}, {"n_sources": 31}, {"spikes": 0.1}])
def test_a_survey_of_other_arguments_is_not_taken_for_this_one(
    tmp_path: Path, other: dict[str, object]
) -> None:
    make_survey(tmp_path, **SMALL)
    with pytest.raises(StaleProductError, match="overwrite=True"):
        make_survey(tmp_path, **{**SMALL, **other})


def test_many_chunks_give_the_bytes_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make_survey(tmp_path / "one", **SMALL)
    monkeypatch.setattr("skyseg.samples.survey._CHUNK_PIXELS", 7 * 200)
    many = make_survey(tmp_path / "many", **SMALL)
    for band in one.images:
        assert digest(one.images[band]) == digest(many.images[band])
        assert digest(one.truth_segs[band]) == digest(many.truth_segs[band])


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file stands here")
    with pytest.raises(ProductError, match="blocked"):
        make_survey(blocked, **SMALL)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bands": ["F999W"]}, "NIRCam filter"),
        ({"bands": ["g"]}, "NIRCam filter"),
        ({"shape": (8, 100)}, "at least 16"),
        ({"n_sources": -1}, "0 or more"),
        ({"seed": -1}, "0 or more"),
        ({"correlation": 1.0}, "from 0 to 0.9"),
        ({"clumps": 1.5}, "a whole number"),
        ({"n_sources": 0, "companions": 3}, "no galaxy"),
        ({"survey": "a/b"}, "path separators"),
        ({"version": ".."}, "path separators"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        make_survey(tmp_path / "out", **{**SMALL, **arguments})
    assert not (tmp_path / "out").exists()


def test_wavelengths_are_read_from_filter_names() -> None:
    assert wavelength("F150W2") == pytest.approx(1.5)
    assert wavelength("f480m") == pytest.approx(4.8)


def test_a_band_on_disk_that_cannot_be_read_is_made_again_where_it_is_asked_for(
    tmp_path: Path,
) -> None:
    (path,) = make_survey(tmp_path, bands=["F444W"], shape=(64, 64)).images.values()
    whole = path.read_bytes()
    path.write_bytes(whole[:20_000])
    with pytest.raises(ImageError, match="is truncated; make it again with overwrite=True"):
        make_survey(tmp_path, bands=["F444W"], shape=(64, 64))
    make_survey(tmp_path, bands=["F444W"], shape=(64, 64), overwrite=True)
    assert path.read_bytes() == whole
