"""Sources that were detected in one image, measured in another."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import find_objects

from skyseg import Parameters
from skyseg.engine import ThreadMapper, measure_labels, segment_image
from skyseg.engine.detected import Detected, KnownShapes, detect_labels
from skyseg.engine.flag_maps import as_flags
from skyseg.engine.flags import Flag
from skyseg.engine.forced import OF_DETECTION, measure_detected
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.measuring import MEASUREMENTS
from skyseg.engine.remeasuring import LabelMeasurer, LabelPlaces
from skyseg.engine.types import Columns, LabelImage
from skyseg.errors import ImageError, ParameterError

COLUMNS = MEASUREMENTS - {"IMAFLAGS_ISO", "NIMAFLAGS_ISO"}
PARAMETERS = Parameters()
DIAMETERS = (8.0, 12.5)
SHAPE = (300, 260)
ALONE = Parameters(detect_thresh=1.0, deblend_mincont=1.0)


def _image(seed: int, height: float = 1.0) -> npt.NDArray[np.float32]:
    """Gaussians in noise; another seed gives other noise, another height other light."""
    y, x = np.indices(SHAPE)
    rng = np.random.default_rng(3)
    light = np.zeros(SHAPE)
    for cx, cy in rng.uniform(10, 250, (40, 2)):
        width = rng.uniform(1.5, 3)
        r2 = (x - cx) ** 2 + (y - cy) ** 2
        light += height * rng.uniform(5, 60) * np.exp(-r2 / (2 * width**2))
    return (light + np.random.default_rng(seed).normal(0, 1, SHAPE)).astype(np.float32)


def _maps(image: npt.NDArray[np.float32]) -> Maps:
    return make_maps(image, np.ones_like(image), "rms_err")


@pytest.fixture(scope="module")
def labels() -> LabelImage:
    return segment_image(_image(1), np.ones(SHAPE), "rms_err", PARAMETERS).labels


@pytest.fixture(scope="module")
def detected(labels: LabelImage) -> Detected:
    return detect_labels(_maps(_image(1)), labels, PARAMETERS)


@pytest.fixture(scope="module")
def wings() -> npt.NDArray[np.float32]:
    """Sources with wide wings, in which noise rises over the threshold."""
    y, x = np.indices(SHAPE)
    rng = np.random.default_rng(11)
    light = rng.normal(0, 1, SHAPE)
    for cx, cy in rng.uniform(25, 235, (9, 2)):
        light += 400 / (1 + ((x - cx) ** 2 + 1.4 * (y - cy) ** 2) / 4) ** 1.2
    return light.astype(np.float32)


def _known(columns: Columns) -> KnownShapes:
    x, y, a, b, theta = (columns[f"{name}_IMAGE"] for name in ("X", "Y", "A", "B", "THETA"))
    flags = columns["FLAGS"].astype(np.int64)
    return KnownShapes(columns["NUMBER"].astype(np.int64), x - 1, y - 1, a, b, theta, flags)


@pytest.mark.parametrize(
    "parameters",
    [
        ALONE,
        ALONE.replace(clean_param=0.5),
        ALONE.replace(detect_thresh=3.0, filter=False, detect_minarea=3),
        ALONE.replace(detect_thresh=3.0, filter=False, detect_minarea=3, backphoto_type="LOCAL"),
    ],
    ids=["CLEAN", "more CLEAN", "no filter", "local sky"],
)
def test_a_run_measured_in_its_own_image_has_the_columns_of_the_run(
    wings: npt.NDArray[np.float32], parameters: Parameters
) -> None:
    ones = np.ones(SHAPE)
    run = segment_image(wings, ones, "rms_err", parameters, DIAMETERS, columns=COLUMNS)
    everything = segment_image(wings, ones, "rms_err", parameters.replace(clean=False))
    assert len(everything.columns["NUMBER"]) > len(run.columns["NUMBER"]) + 5
    detected = detect_labels(_maps(wings), run.labels, parameters, known=_known(run.columns))
    found = measure_detected(_maps(wings), detected, parameters, DIAMETERS, columns=COLUMNS)
    for name, values in run.columns.items():
        np.testing.assert_allclose(found.columns[name], values, rtol=1e-6, atol=1e-9, err_msg=name)


def test_a_source_as_wide_as_high_leans_as_it_did_in_its_run() -> None:
    image = np.zeros((40, 40), np.float32)
    image[[10, 11, 12], [22, 21, 20]] = image[[28, 29, 30], [10, 11, 12]] = 50
    parameters = Parameters(filter=False, detect_minarea=3)
    run = segment_image(image, np.ones_like(image), "rms_err", parameters, columns=COLUMNS).columns
    # SExtractor gives 45 degrees to both
    assert (run["THETA_IMAGE"] == 45).all() and run["XY_IMAGE"].prod() < 0
    labels = segment_image(image, np.ones_like(image), "rms_err", parameters).labels
    detected = detect_labels(_maps(image), labels, parameters, known=_known(run))
    found = measure_detected(_maps(image), detected, parameters, columns=COLUMNS).columns
    for name in ("XY_IMAGE", "CXY_IMAGE", "FLUX_AUTO", "KRON_RADIUS"):
        np.testing.assert_allclose(found[name], run[name], rtol=1e-6, err_msg=name)


def test_what_a_blend_absorbed_of_itself_is_told_from_it(wings: npt.NDArray[np.float32]) -> None:
    parameters = Parameters(detect_thresh=0.8, deblend_mincont=0.0005, clean_param=0.3)
    ones = np.ones(SHAPE)
    run = segment_image(wings, ones, "rms_err", parameters, DIAMETERS, columns=COLUMNS)
    before = segment_image(wings, ones, "rms_err", parameters.replace(clean=False))
    detected = detect_labels(_maps(wings), run.labels, parameters, known=_known(run.columns))
    assert len(detected.sources.absorber) == len(before.columns["NUMBER"])
    found = measure_detected(_maps(wings), detected, parameters, DIAMETERS, columns=COLUMNS)
    # a scan may free a few pixels of it sooner
    for name in COLUMNS & run.columns.keys():
        if not name.endswith("WIN_IMAGE"):
            np.testing.assert_allclose(
                found.columns[name], run.columns[name], rtol=1e-3, atol=1e-9, err_msg=name
            )


def test_a_source_whose_shape_is_that_of_all_its_pixels_has_absorbed_nothing() -> None:
    image = np.zeros((60, 60), np.float32)
    image[10:14, 20:24], image[30:33, 20:23] = 50, 20
    labels = (image > 0).astype(np.int32)
    joined = detect_labels(_maps(image), labels, PARAMETERS)
    columns = measure_detected(_maps(image), joined, PARAMETERS, columns=COLUMNS).columns
    again = detect_labels(_maps(image), labels, PARAMETERS, known=_known(columns))
    found = measure_detected(_maps(image), again, PARAMETERS, columns=COLUMNS).columns
    assert again.sources.absorber.tolist() == [0]
    for name in ("ISOAREA_IMAGE", "ISO0", "XPEAK_IMAGE", "ERRX2_IMAGE", "FWHM_IMAGE"):
        np.testing.assert_allclose(found[name], columns[name], rtol=1e-6, err_msg=name)


def test_what_edits_took_from_sources_is_background_to_others() -> None:
    image, parameters = _image(1), PARAMETERS.replace(clean=False)
    run = segment_image(image, np.ones(SHAPE), "rms_err", parameters, DIAMETERS)
    edited = np.where(run.labels % 3 == 0, 0, run.labels)
    rest = _known(run.columns)
    rest = rest.take(np.flatnonzero(rest.number % 3))
    boxes = find_objects(edited)
    places = LabelPlaces(rest.number, np.array([
        (y.start, y.stop, x.start, x.stop) for y, x in (boxes[k - 1] for k in rest.number)
    ]))  # fmt: skip
    measurer = LabelMeasurer.of(_maps(image), parameters, DIAMETERS)
    expected = measurer.measure_known(edited, run.labels, places, rest)
    before = as_flags(run.labels, SHAPE)
    fluxes = {}
    for told in (before, None):
        detected = detect_labels(_maps(image), edited, parameters, known=rest, run=told)
        found = measure_detected(_maps(image), detected, parameters, DIAMETERS).columns
        fluxes[told] = found["FLUX_APER"]
    np.testing.assert_array_equal(fluxes[before], expected["FLUX_APER"])
    assert not np.array_equal(fluxes[None], expected["FLUX_APER"])


def test_labels_measured_in_their_own_image_are_what_measure_labels_tells(
    labels: LabelImage, detected: Detected
) -> None:
    image = _image(1)
    own = measure_detected(_maps(image), detected, PARAMETERS, DIAMETERS, columns=COLUMNS).columns
    alone = measure_labels(
        image, np.ones_like(image), "rms_err", labels, PARAMETERS, DIAMETERS, columns=COLUMNS
    )
    assert own.keys() == alone.keys()
    for name, values in alone.items():
        np.testing.assert_array_equal(own[name], values, err_msg=name)


@pytest.mark.parametrize("sky", ["GLOBAL", "LOCAL"])
@pytest.mark.parametrize("is_run", [False, True], ids=["any map", "a run"])
def test_strips_and_workers_change_no_byte(
    wings: npt.NDArray[np.float32], sky: Literal["GLOBAL", "LOCAL"], is_run: bool
) -> None:
    parameters = Parameters(backphoto_type=sky, detect_thresh=1.0)
    run = segment_image(wings, np.ones(SHAPE), "rms_err", parameters)
    known = _known(run.columns) if is_run else None
    other = _maps(_image(2, 0.5))
    found = []
    for rows, mapper in ((None, map), (64, map), (23, ThreadMapper(3))):
        detected = detect_labels(
            _maps(wings), run.labels, parameters, known=known, strip_rows=rows, mapper=mapper
        )
        found.append(
            measure_detected(
                other, detected, parameters, DIAMETERS, columns=COLUMNS, strip_rows=rows,
                mapper=mapper,
            ).columns
        )  # fmt: skip
    for again in found[1:]:
        for name, values in found[0].items():
            assert again[name].tobytes() == values.tobytes(), name


def test_places_and_shapes_are_those_of_the_detection(detected: Detected) -> None:
    in_one, in_other = (
        measure_detected(_maps(image), detected, PARAMETERS, DIAMETERS, columns=COLUMNS).columns
        for image in (_image(1), _image(2, 0.1))
    )
    for name in OF_DETECTION:
        np.testing.assert_array_equal(in_one[name], in_other[name], err_msg=name)
    bright = in_one["FLUX_AUTO"] > 500
    assert (in_other["FLUX_AUTO"] < 0.5 * in_one["FLUX_AUTO"])[bright].all()


def test_a_source_that_the_image_does_not_cover_is_nan_and_flagged(detected: Detected) -> None:
    image = _image(2)
    image[:, :130] = np.nan
    columns = measure_detected(
        _maps(image), detected, PARAMETERS, DIAMETERS, columns=COLUMNS
    ).columns
    beyond = columns["XMAX_IMAGE"] <= 130
    flagged = (columns["FLAGS"] & int(Flag.NOT_COVERED)) > 0
    assert beyond.any()
    np.testing.assert_array_equal(flagged, beyond)
    for name in ("FLUX_ISO", "FLUX_AUTO", "FLUXERR_AUTO", "FLUX_RADIUS", "SNR_WIN", "BACKGROUND"):
        np.testing.assert_array_equal(np.isnan(columns[name]), beyond, err_msg=name)
    assert np.isnan(columns["FLUX_APER"][beyond]).all()
    assert np.isfinite(columns["X_IMAGE"]).all()


def test_the_light_of_one_image_does_not_depend_on_the_unit_of_the_other(
    labels: LabelImage,
) -> None:
    image, noise = np.float32(2.0**-60) * _image(1), np.full(SHAPE, 2.0**-60, np.float32)
    faint = detect_labels(make_maps(image, noise, "rms_err"), labels, PARAMETERS)
    plain = detect_labels(_maps(_image(1)), labels, PARAMETERS)
    names = COLUMNS - {"THRESHOLD", "FLUX_ISOCOR", "FLUXERR_ISOCOR", "FLUX_BEST", "FLUXERR_BEST"}
    one, other = (
        measure_detected(_maps(_image(2)), each, PARAMETERS, DIAMETERS, columns=names).columns
        for each in (faint, plain)
    )
    for name in names & one.keys():
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_a_map_without_labels_has_no_rows() -> None:
    nothing = detect_labels(_maps(_image(1)), np.zeros(SHAPE, np.int32), PARAMETERS)
    columns = measure_detected(
        _maps(_image(2)), nothing, PARAMETERS, DIAMETERS, columns=COLUMNS
    ).columns
    assert {len(values) for values in columns.values()} == {0}
    assert columns["FLUX_APER"].shape == (0, 2)


def test_maps_of_other_shapes_are_refused(detected: Detected) -> None:
    with pytest.raises(ImageError, match="and the detection"):
        measure_detected(_maps(_image(2)[:-1]), detected, PARAMETERS)
    with pytest.raises(ImageError, match="flags"):
        detect_labels(_maps(_image(1)), np.zeros((5, 5), np.int32), PARAMETERS)


def test_a_label_without_a_row_in_the_catalogue_is_refused(labels: LabelImage) -> None:
    one = np.ones(1)
    known = KnownShapes(np.array([1]), one, one, one, one, one, np.zeros(1, np.int64))
    with pytest.raises(ParameterError, match="no shape of the label 2"):
        detect_labels(_maps(_image(1)), labels, PARAMETERS, known=known)
