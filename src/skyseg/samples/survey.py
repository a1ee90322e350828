"""The simulated survey on disk: imaging in the archive's layout, with its truth."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from astropy.io import fits

from skyseg.errors import ImageError, StaleProductError, check_switch
from skyseg.imaging.names import check_name
from skyseg.imaging.reading import read_headers
from skyseg.samples.conditions import CONDITION_CARDS, ConditionValues
from skyseg.samples.simulate import TRUTH_THRESHOLD, SimulatedBand, make_sci_header, plan_band
from skyseg.samples.sources import PIX_SCALE, make_truth_table
from skyseg.writing import whole_file

_CHUNK_PIXELS = 2**23
_FITS_BLOCK = 2880
_HDUS = {"SCI": -32, "ERR": -32, "CON": 32, "WHT": -32}


_ARGUMENTS: Final[dict[tuple[str, ...], str]] = {
    ("FILTER",): "the filter",
    ("SIMNY", "SIMNX"): "the shape",
    ("SIMSEED",): "the seed",
    ("SIMNSRC",): "the number of sources",
    **{(card,): name.replace("_", " ") for card, name in CONDITION_CARDS.items()},
}


@dataclass(frozen=True)
class SampleSurvey:
    """Where the files of a simulated survey are.

    Attributes
    ----------
    directory : Path
        What to give as the data directory.
    survey, version : str
        Names of the survey and its version.
    images : dict of str to Path
        The imaging of each band.
    truth_segs : dict of str to Path
        The true labels of each band, int32.
    truth_cats : dict of str to Path
        The true catalogue of each band; NUMBER is the value in the labels.
    made : tuple of str
        Bands that were made now; the others were there.
    """

    directory: Path
    survey: str
    version: str
    images: dict[str, Path]
    truth_segs: dict[str, Path]
    truth_cats: dict[str, Path]
    made: tuple[str, ...]


def make_survey(
    directory: str | os.PathLike[str],
    *,
    survey: str = "sample",
    version: str = "v1",
    bands: Sequence[str] = ("F115W", "F200W", "F444W"),
    shape: tuple[int, int] = (1024, 1024),
    n_sources: int | None = None,
    seed: int = 0,
    correlation: float = 0.0,
    err_scale: float = 1.0,
    spikes: float = 0.0,
    clumps: int = 0,
    companions: int = 0,
    diffuse: int = 0,
    overwrite: bool = False,
) -> SampleSurvey:
    """Write a simulated NIRCam survey, or find the one that is there.

    Imaging goes to ``{directory}/jwst/{survey}/NIRCam/{version}/30mas`` as JWST
    ``i2d`` files (SCI, ERR, CON, WHT), truth to
    ``{directory}/truth/{survey}/{version}``. Memory is bounded whatever the shape.

    Parameters
    ----------
    directory : str or path
        The data directory.
    survey, version : str, optional
        Names of the survey and its version.
    bands : sequence of str, optional
        NIRCam filters.
    shape : tuple of int, optional
        Image shape (ny, nx).
    n_sources : int, optional
        Number of sources; by default the density of a deep field.
    seed : int, optional
        Same arguments and seed: same bytes.
    correlation : float, optional
        Correlation of the noise of adjacent pixels, as drizzling leaves it; up to 0.9.
    err_scale : float, optional
        How many times the true noise ERR tells; WHT tells as much.
    spikes : float, optional
        Part of the light of a point that is in a halo and six spikes; up to 0.5.
    clumps : int, optional
        Clumps in each large disc, a quarter of its light; in the truth they are the disc.
    companions : int, optional
        Galaxies 2 to 6.5 mag fainter beside the bright ones, besides ``n_sources``;
        COMPANION in the truth, and NEIGHBOUR is the bright one.
    diffuse : int, optional
        Large galaxies fainter than the noise of a pixel, besides ``n_sources``; DIFFUSE
        in the truth.
    overwrite : bool, optional
        Whether bands that are there are made again.

    Returns
    -------
    SampleSurvey
        Where the files are, and which bands were made now.

    Raises
    ------
    ParameterError
        If a name holds a path separator, a band is no NIRCam filter, or another
        argument is not allowed.
    StaleProductError
        If a band is there that was made with other arguments.
    ImageError
        If one is there that cannot be read.
    ProductError
        If a file cannot be written.

    Examples
    --------
    >>> sample = make_survey("data", shape=(512, 512))
    >>> data = Data.from_survey_version("sample", "v1", data_dir="data")
    >>> drizzled = make_survey("data", survey="drizzled", shape=(512, 512), correlation=0.6)
    """
    check_name("survey", survey)
    check_name("version", version)
    check_switch(overwrite, "overwrite")
    root = Path(directory)
    conditions: ConditionValues = {
        "correlation": correlation, "err_scale": err_scale, "spikes": spikes,
        "clumps": clumps, "companions": companions, "diffuse": diffuse,
    }  # fmt: skip
    scenes = {band.upper(): plan_band(band, shape, n_sources, seed, **conditions) for band in bands}
    imaging = root / "jwst" / survey / "NIRCam" / version / f"{1000 * PIX_SCALE:.0f}mas"
    truth = root / "truth" / survey / version
    stem = f"{survey}_nircam_{{}}_{version}"
    images = {band: imaging / f"{stem.format(band.lower())}_i2d.fits" for band in scenes}
    segs = {band: truth / f"{stem.format(band.lower())}_truth_seg.fits" for band in scenes}
    cats = {band: truth / f"{stem.format(band.lower())}_truth_cat.fits" for band in scenes}
    wanted = [band for band, path in images.items() if overwrite or not path.exists()]
    for band in scenes.keys() - set(wanted):
        _check_same(scenes[band], images[band])
    for band in wanted:
        _write_band(scenes[band], images[band], segs[band], cats[band])
    return SampleSurvey(root, survey, version, images, segs, cats, tuple(wanted))


def _check_same(scene: SimulatedBand, path: Path) -> None:
    """Refuse a band on disk that these arguments would not have made."""
    wanted = {str(key): value for key, value in _primary_header(scene).items() if key != "COMMENT"}
    try:
        found = read_headers(path, 0)[0]
    except ImageError as error:
        raise ImageError(error.what, hint="make it again with {overwrite}") from error
    for keys, name in _ARGUMENTS.items():
        there, asked = (
            " x ".join(str(each.get(key, "by default")) for key in keys) for each in (found, wanted)
        )
        if there != asked:
            raise StaleProductError(
                f"{path} was made with {name} {there}, not {asked}",
                hint="give {overwrite} to replace it, or another survey, version or folder",
            )


def _write_band(scene: SimulatedBand, image: Path, seg: Path, cat: Path) -> None:
    """Write truth and imaging of a band; the imaging appears last."""
    table = make_truth_table(scene.sources, scene.band, scene.wcs)
    with whole_file(cat) as file:
        table.write(file, format="fits")
    with whole_file(image) as maps, whole_file(seg) as labels:
        _stream(scene, maps, labels)


def _stream(scene: SimulatedBand, maps: IO[bytes], labels: IO[bytes]) -> None:
    """Draw a band rows by rows into an open i2d file and an open label map."""
    ny, nx = scene.shape
    offsets = _write_headers(maps, scene, _HDUS)
    (label_offset,) = _write_headers(labels, scene, {"TRUTH_SEG": 32})
    step = max(1, _CHUNK_PIXELS // nx)
    for start in range(0, ny, step):
        rows = scene.rows(start, min(start + step, ny))
        for offset, plane in zip(offsets, (rows.sci, rows.err, rows.con, rows.wht), strict=True):
            maps.seek(offset + start * nx * 4)
            maps.write(plane.astype(plane.dtype.newbyteorder(">")).tobytes())
        labels.seek(label_offset + start * nx * 4)
        labels.write(rows.truth_seg.astype(">i4").tobytes())


def _write_headers(file: IO[bytes], scene: SimulatedBand, hdus: dict[str, int]) -> list[int]:
    """Write all headers, leave room for the data; return where each HDU's data begin."""
    file.write(_primary_header(scene).tostring().encode())
    size = -(-scene.shape[0] * scene.shape[1] * 4 // _FITS_BLOCK) * _FITS_BLOCK
    offsets = []
    for name, bitpix in hdus.items():
        file.write(_image_header(scene, name, bitpix).tostring().encode())
        offsets.append(file.tell())
        file.seek(size, os.SEEK_CUR)
    file.truncate()
    return offsets


def _primary_header(scene: SimulatedBand) -> fits.Header:
    header = fits.PrimaryHDU().header
    header["TELESCOP"] = ("JWST", "telescope (simulated)")
    header["INSTRUME"] = "NIRCAM"
    header["DETECTOR"] = "MULTIPLE"
    header["FILTER"] = scene.band
    header["PUPIL"] = "CLEAR"
    header["ORIGIN"] = ("skyseg.samples", "simulated, not observed")
    header["SIMSEED"] = (scene.seed, "seed")
    header["SIMNSRC"] = (scene.n_asked, "number of simulated sources")
    header["SIMNY"], header["SIMNX"] = scene.shape
    header["SIMTHRES"] = (TRUTH_THRESHOLD, "truth SEG ends here, in sky noise rms")
    header.update(scene.conditions.cards())
    return header


def _image_header(scene: SimulatedBand, name: str, bitpix: int) -> fits.Header:
    ny, nx = scene.shape
    header = fits.Header([("XTENSION", "IMAGE"), ("BITPIX", bitpix)])
    axes = [nx, ny, 1] if name == "CON" else [nx, ny]
    header["NAXIS"] = len(axes)
    for number, length in enumerate(axes, start=1):
        header[f"NAXIS{number}"] = length
    header["PCOUNT"], header["GCOUNT"], header["EXTNAME"] = 0, 1, name
    map_header = make_sci_header(scene)
    if name not in {"SCI", "ERR"}:
        del map_header["BUNIT"]
    header.update(map_header)
    return header
