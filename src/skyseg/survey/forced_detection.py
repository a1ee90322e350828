"""The sources that are to be measured in several bands, and what their image tells of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from skyseg.engine.detected import Detected, KnownShapes, detect_labels
from skyseg.engine.known_sky import KnownSky
from skyseg.engine.mappers import Mapper
from skyseg.engine.maps import make_maps
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing, Runs
from skyseg.engine.types import ErrType, Int32Array, LabelImage, Progress
from skyseg.errors import ParameterError
from skyseg.imaging import BandMaps, MapRef
from skyseg.imaging.grids import check_same_grid
from skyseg.imaging.names import stem
from skyseg.imaging.sky_names import NAME_ABOUT, NAME_COLUMN
from skyseg.methods.columns import MASK_COLUMNS, find_column
from skyseg.methods.filled import FilledCat, FilledColumn
from skyseg.methods.known_shapes import find_known_shapes
from skyseg.products import Products
from skyseg.products.edit_cards import MadeEdits
from skyseg.products.input_maps import InputMap
from skyseg.products.names import join_err_type
from skyseg.products.recipe import DetectionRun, Recipe
from skyseg.survey.band_extraction import check_segmented, list_inputs, make_request

if TYPE_CHECKING:
    from skyseg.engine import FlagRows

DETECTION_PREFIX: Final = "DET_"
"""What names of columns begin with that tell what the mask of the detection says."""

MadeBy = tuple[ErrType, str, str]
"""Error type, method and parameter set of a run."""

_OF_APERTURES: Final = ("phot_autoparams", "phot_autoapers", "phot_petroparams", "mask_type")


@dataclass(frozen=True)
class Detection:
    """Sources that are to be measured in other bands: a map of them, and what they were seen in.

    Attributes
    ----------
    maps : BandMaps
        The maps that positions and shapes are measured in.
    products : Products or None
        The run that detected them; None for a map of any other origin.
    seg : MapRef or None
        That map.
    """

    maps: BandMaps
    products: Products | None
    seg: MapRef | None = None

    @property
    def name(self) -> str:
        """What it is called in the names of catalogues."""
        return self.maps.band if self.seg is None else stem(self.seg.path)

    @property
    def recipe(self) -> Recipe | None:
        """What its run was made from; None for a map of any other origin."""
        return None if self.products is None else self.products.recipe

    @property
    def edits(self) -> MadeEdits | None:
        """The edits of its map; None where it is as its run made it."""
        return None if self.recipe is None else self.recipe.edits

    @property
    def made_by(self) -> MadeBy | None:
        """Error type, method and set of its run; None for a map of any other origin."""
        run = self.recipe
        return None if run is None else (run.err_type, run.method, run.set_name)

    def suffix(self, set_name: str) -> str:
        """Return what tells a parameter set and its run in a name, where they are not the usual.

        Parameters
        ----------
        set_name : str
            The set that sources are measured with.
        """
        return spell_suffix(set_name, self.made_by, edited=self.edits is not None)

    def note(self, recipe: Recipe) -> Recipe:
        """Return a recipe of something that is made with these sources, which says so."""
        run_id = None if self.products is None else self.products.run_id
        inputs = list(recipe.inputs)
        if run_id is None:
            ref = self.seg
            if self.products is not None:
                ref = MapRef.parse(self.products.paths.seg, None)
            assert ref is not None
            inputs.append(InputMap.of("SEG", ref))
        hot = None if self.recipe is None else self.recipe.hot
        named = DetectionRun(self.name, run_id or "none", hot)
        return replace(recipe, inputs=tuple(inputs), detection=named, edits=self.edits)

    def open_labels(self) -> FlagRows:
        """Return the map of the sources, read a part at a time."""
        if self.products is None:
            assert self.seg is not None
            return self.maps.flag_rows(self.seg, is_blank_zero=True)
        return _SegRows(self.products, self.maps.shape)

    def open_run(self) -> FlagRows | None:
        """Return the map that was edited, where the sources are those of an edited one."""
        if self.products is None or self.products.base is None:
            return None
        return _SegRows(self.products.base, self.maps.shape)

    def with_run_columns(self, cat: FilledCat) -> FilledCat:
        """Return a catalogue with what the run alone knows of each source.

        Parameters
        ----------
        cat : FilledCat
            A catalogue of its sources, which gets SKY_NAME where the run has it, columns such
            as DET_MASK_STAR where it had a mask, and PASS and PARENT where it had two passes.
        """
        if self.products is None:
            return cat
        recipe = self.products.recipe
        if recipe.mask is None and recipe.edits is None and recipe.hot is None:
            return cat
        found = self.products.load_cat()
        order = np.argsort(found["NUMBER"])
        rows = order[np.searchsorted(found["NUMBER"][order], cat["NUMBER"])]
        told = {}
        if NAME_COLUMN in found.colnames:
            told[NAME_COLUMN] = NAME_COLUMN, NAME_ABOUT
        if recipe.hot is not None:
            # with scipy, which few runs need
            from skyseg.methods.two_passes import ABOUT

            told |= {name: (name, about) for name, about in ABOUT.items() if name in found.colnames}
        for name in MASK_COLUMNS if recipe.mask is not None else ():
            about = f"{find_column(name).about}, by the mask of the detection"
            told[name] = f"{DETECTION_PREFIX}{name}", about
        return cat.but_with(
            FilledColumn(own, np.asarray(found[name])[rows], "", about)
            for name, (own, about) in told.items()
        )

    def check(self, maps: BandMaps) -> None:
        """Check that its sources can be measured in a band.

        Raises
        ------
        ImageError
            If the band lies on other pixels.
        ParameterError
            If its run is of a region.
        """
        if self.products is not None and self.products.recipe.part is not None:
            raise ParameterError(
                f"{self.maps.name} was segmented in the region {self.products.region}",
                hint="segment all of it before it is measured in other bands",
            )
        check_measured_grid(self.maps, maps)


def check_measured_grid(detected: BandMaps, measured: BandMaps) -> None:
    """Check that a band lies on the pixels that sources were, or are to be, detected in.

    Parameters
    ----------
    detected : BandMaps
        What sources are detected in.
    measured : BandMaps
        What they are to be measured in.

    Raises
    ------
    ImageError
        If the band lies on other pixels, or a header cannot be read.
    """
    check_same_grid(
        detected.sci, detected.sci.shape, measured.sci, measured.sci.shape,
        hint="give maps that were brought onto the grid of the detection, as by the package "
        "reproject: bands are measured as they are",
    )  # fmt: skip


def spell_suffix(
    set_name: str, made_by: MadeBy | None, *, edited: bool, err_type: str = "rms_err"
) -> str:
    """Spell what tells a parameter set and the run of a detection, where they are not the usual.

    Parameters
    ----------
    set_name : str
        The set that sources are measured with.
    made_by : tuple of str or None
        Error type, method and set of the run; None of a map of any other origin.
    edited : bool
        Whether the sources are those of an edited map.
    err_type : str
        The error type of the run that is not told.

    Examples
    --------
    >>> spell_suffix("default", ("wht", "skyseg", "default"), edited=True)
    'det-wht_det-edited'
    """
    words = [] if set_name == "default" else [set_name]
    if made_by is not None:
        told = zip(made_by, (err_type, "skyseg", set_name), strict=True)
        words += [f"det-{word}" for word, each in told if word != each]
    return "_".join([*words, *(["det-edited"] if edited else [])])


def spell_cat_suffix(set_name: str, err_type: str, made_by: MadeBy | None, *, edited: bool) -> str:
    """Spell what tells how the catalogue of all bands was made, where that is not the usual.

    Whether skyseg or SExtractor detected is not told: galfind's name is that of either.

    Parameters
    ----------
    set_name, err_type : str
        The parameter set and the error type that sources are measured with.
    made_by, edited
        As for `spell_suffix`.

    Examples
    --------
    >>> spell_cat_suffix("deep", "wht", ("wht", "sextractor", "deep"), edited=False)
    'wht_deep'
    """
    if made_by is not None and made_by[1] == "sextractor":
        made_by = made_by[0], "skyseg", made_by[2]
    suffix = spell_suffix(set_name, made_by, edited=edited, err_type=err_type)
    return join_err_type(err_type, suffix)


def find_detection(
    maps: BandMaps, products: Products | None, seg: str | Path | MapRef | None
) -> Detection:
    """Find the sources that are to be measured.

    Parameters
    ----------
    maps : BandMaps
        Those of the band that they were detected in.
    products : Products or None
        What it was segmented into.
    seg : str, Path, MapRef or None
        A SEG map in place of that.

    Raises
    ------
    ProductError
        If there is neither.
    SkysegError
        If the map is not there.
    """
    if seg is not None:
        return Detection(maps.cut(None), None, MapRef.parse(seg, None))
    return Detection(maps.cut(None), check_segmented(products, maps.name))


class SharedDetection:
    """What the detection's image tells of its sources: measured once for all bands.

    Parameters
    ----------
    detection : Detection
        The sources.

    Attributes
    ----------
    sky : KnownSky
        What is known of the empty places between them.
    """

    def __init__(self, detection: Detection) -> None:
        self.detection = detection
        self.sky = KnownSky()
        self._lock = Lock()
        self._found: tuple[Recipe, frozenset[str], Detected] | None = None

    @classmethod
    def of(
        cls, maps: BandMaps, products: Products | None, seg: str | Path | MapRef | None = None
    ) -> Self:
        """Find the sources that are to be measured; see `find_detection`.

        Raises
        ------
        SkysegError
            As `find_detection` does.
        """
        return cls(find_detection(maps, products, seg))

    def open_labels(self) -> FlagRows:
        """Return the map of the sources: from memory where it has been looked at, else its file."""
        if self._found is None:
            return self.detection.open_labels()
        sources = self._found[2].sources
        own = sources.runs.take(np.flatnonzero(sources.runs.source >= 0))
        return _DrawnLabels(own, sources.number.astype(np.int32), sources.shape)

    def measure(
        self, recipe: Recipe, columns: frozenset[str], mapper: Mapper, progress: Progress
    ) -> Detected:
        """Measure positions, shapes and ellipses, or return them if they have been.

        Parameters
        ----------
        recipe : Recipe
            How the first band is measured.
        columns : frozenset of str
            What is to be measured in the bands.
        mapper, progress
            As for `skyseg.engine.detect_labels`.
        """
        wanted = _of_detection(self.detection, recipe)
        with self._lock:
            if self._found is not None:
                known, seen, detected = self._found
                if known == wanted and columns <= seen:
                    return detected
            detected = self._detect(wanted, columns, mapper, progress)
            self._found = wanted, columns, detected
            return detected

    def _detect(
        self, recipe: Recipe, columns: frozenset[str], mapper: Mapper, progress: Progress
    ) -> Detected:
        request = make_request(self.detection.maps, recipe)
        maps = make_maps(
            request.sci, request.err, request.err_type, request.name, mask=request.mask
        )
        labels, known = _open_labels(self.detection)
        return detect_labels(
            maps, labels, request.parameters, known=known, run=self.detection.open_run(),
            columns=columns, progress=progress, mapper=mapper,
        )  # fmt: skip


def _of_detection(detection: Detection, recipe: Recipe) -> Recipe:
    """Return how the detection's image is looked at: as its run did, with a band's apertures."""
    if detection.products is None:
        return replace(
            recipe, inputs=list_inputs(detection.maps, recipe.err_type), detection=None,
            from_header=(), mask=None, exclude=(),
        )  # fmt: skip
    run = detection.products.recipe
    apertures = {name: getattr(recipe.parameters, name) for name in _OF_APERTURES}
    return replace(run, parameters=run.parameters.replace(**apertures), from_header=())


@dataclass(frozen=True, eq=False)
class _DrawnLabels:
    """A map of sources whose runs are in memory."""

    runs: Runs
    numbers: Int32Array
    shape: tuple[int, int]

    def read(self, window: Window) -> LabelImage:
        """Draw a part."""
        part = self.runs.within(window, self.shape[1])
        return Drawing(part, self.numbers[part.source], window, self.shape[1]).draw()


@dataclass(frozen=True, eq=False)
class _SegRows:
    """The SEG map of a run, read a part at a time."""

    products: Products
    shape: tuple[int, int]

    def read(self, window: Window) -> LabelImage:
        """Read a part."""
        part = slice(window.y0, window.y1), slice(window.x0, window.x1)
        return np.asarray(self.products.load_part("SEG", part), np.int32)


def _open_labels(detection: Detection) -> tuple[FlagRows, KnownShapes | None]:
    """Return the map of the sources, and their shapes if their run has them."""
    rows, products = detection.open_labels(), detection.products
    if products is None or (products.run_id is None and not products.paths.cat.exists()):
        return rows, None
    table = products.load_cat()
    table.sort("NUMBER")
    number = np.asarray(table["NUMBER"]).astype(np.int64)
    return rows, find_known_shapes(table, number)
