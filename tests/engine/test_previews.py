"""A preview's pixels are those of the whole run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from skyseg import BandData, Parameters
from skyseg.engine import Rows, Window, segment_image
from skyseg.engine.previews import Preview, Previewer
from skyseg.engine.types import ErrType
from skyseg.errors import ParameterError

Labels = npt.NDArray[np.int32]

SETS = {
    "default": Parameters(),
    "crowded": Parameters(deblend_nthresh=64, deblend_mincont=0.0001),
    "deep on AUTO background": Parameters(detect_thresh=1.2, back_type="AUTO", back_size=32),
    "unfiltered": Parameters(filter=False, detect_minarea=5),
}


def same_sources(preview: Preview, whole: Labels) -> bool:
    """Whether two maps have the same sources, whatever their numbers."""
    part = whole[preview.part]
    pairs = np.unique(np.stack([preview.labels.ravel(), part.ravel()]), axis=1)
    one_to_one = all(len(np.unique(side)) == pairs.shape[1] for side in pairs)
    return one_to_one and bool(np.array_equal(preview.labels == 0, part == 0))


@pytest.fixture(scope="module")
def band(imaging_dir: Path) -> BandData:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    return BandData.from_files(folder / "uds-b-f444w_sci.fits", wht=folder / "uds-b-f444w_wht.fits")


@pytest.mark.parametrize("err_type", ["rms_err", "wht", "none"])
@pytest.mark.parametrize("name", SETS)
def test_a_preview_has_the_pixels_of_the_whole_run(
    band: BandData, err_type: ErrType, name: str
) -> None:
    parameters = SETS[name]
    rows = {"rms_err": band.err_rows, "wht": band.wht_rows, "none": lambda: None}[err_type]()
    whole = segment_image(band.sci_rows(), rows, err_type, parameters)
    previewer = Previewer(band.sci_rows(), rows, err_type)
    rng = np.random.default_rng(len(name))
    for _ in range(12):
        height, width = rng.integers(30, 200, 2)
        y, x = rng.integers(0, 300 - height), rng.integers(0, 772 - width)
        part = slice(int(y), int(y + height)), slice(int(x), int(x + width))
        preview = previewer.run(parameters, part)
        assert same_sources(preview, whole.labels)
        assert preview.n_sources == len(np.unique(whole.labels[part])) - 1


def test_holes_in_the_image_change_nothing(band: BandData) -> None:
    sci, err = band.load_sci(), band.load_err()
    rng = np.random.default_rng(3)
    sci[rng.random(sci.shape) < 0.01] = np.nan
    sci[140:170, 400:440] = np.nan
    whole = segment_image(sci, err, "rms_err", Parameters())
    part = slice(90, 260), slice(350, 520)
    assert same_sources(Previewer(sci, err, "rms_err").run(Parameters(), part), whole.labels)


def test_holes_deeper_than_the_margin_are_filled_as_in_the_whole_run() -> None:
    rng = np.random.default_rng(4)
    sci = rng.normal(0, 1, (900, 300)).astype(np.float32)
    sci[600:640, 100:200] += 4
    # from the upper edge, and a hole whose columns were last seen far above
    sci[:560, 60:120] = np.nan
    sci[150:610, 140:170] = np.nan
    for err_type in ("rms_err", "wht"):
        parameters = Parameters(back_value=-0.5)
        whole = segment_image(sci, np.ones_like(sci), err_type, parameters)
        part = slice(590, 700), slice(50, 250)
        preview = Previewer(sci, np.ones_like(sci), err_type).run(parameters, part)
        assert same_sources(preview, whole.labels)
        assert preview.n_sources


def test_a_source_larger_than_the_margin_is_held_whole() -> None:
    y, x = np.mgrid[:900, :900]
    sci = 1000 * np.exp(-np.hypot(y - 450, x - 450) / 60).astype(np.float32)
    sci += np.random.default_rng(1).normal(size=sci.shape).astype(np.float32)
    err = np.ones_like(sci)
    whole = segment_image(sci, err, "rms_err", Parameters())
    previewer = Previewer(sci, err, "rms_err")
    part = slice(430, 470), slice(250, 290)
    assert same_sources(previewer.run(Parameters(), part), whole.labels)


def test_a_catalogue_tells_how_far_a_bright_source_reaches(band: BandData, tmp_path: Path) -> None:
    segmented = band.copy()
    segmented.segment()
    whole = segmented.load_seg()
    part = slice(20, 80), slice(580, 660)
    previewer = Previewer(band.sci_rows(), band.err_rows(), "rms_err", segmented.load_cat())
    assert same_sources(previewer.run(Parameters(), part), whole)


def test_only_the_part_is_read_unless_the_whole_decides(band: BandData) -> None:
    read: list[Window] = []

    class Counted:
        def __init__(self, rows: Rows) -> None:
            self._rows = rows
            self.shape = rows.shape

        def read(self, window: Window) -> npt.NDArray[np.float32]:
            # the blocks that tell the scale of the maps are small
            if max(window.shape) > 48:
                read.append(window)
            return self._rows.read(window)

    part = slice(150, 250), slice(500, 620)
    previewer = Previewer(Counted(band.sci_rows()), Counted(band.err_rows()), "rms_err")
    for threshold in (2.0, 1.8):
        previewer.run(Parameters(detect_thresh=threshold), part)
    assert len(set(read)) == 1 and len(read) == 2
    assert read[0].y1 - read[0].y0 < 400 and read[0].x1 - read[0].x0 < 400
    read.clear()
    previewer.run(Parameters(back_type="AUTO"), part)
    rows = {(window.y0, window.y1) for window in read}
    assert sum(stop - start for start, stop in rows) == band.shape[0]


@pytest.mark.parametrize("rows", [slice(0, 0), slice(7, 3), slice(40, 50), slice(-3, -9)])
def test_a_part_without_pixels_is_refused(rows: slice) -> None:
    image = np.zeros((40, 40), np.float32)
    previewer = Previewer(image, np.ones_like(image), "rms_err")
    for part in ((rows, slice(0, 40)), (slice(0, 40), rows)):
        with pytest.raises(ParameterError, match=r"^part is .*; give slices that hold pixels"):
            previewer.run(Parameters(), part)
