"""Named sets of extraction parameters: those shipped, and a user's own from a file."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.parameters import Parameters
from skyseg.engine.wings import MEASURED
from skyseg.errors import ParameterError, check_each_once, verbatim
from skyseg.imaging.names import check_name
from skyseg.methods._named_files import find_map
from skyseg.methods.hot_pass import HotPass
from skyseg.methods.kernel_file import find_kernel
from skyseg.methods.parameter_texts import write_toml
from skyseg.settings import config
from skyseg.writing import expand_user, is_file, read_small, whole_file

_ADAMS: Final = "Adams et al. (2023), as galfind ships them"


def _sample_gaussian(fwhm: float, reach: int) -> Kernel:
    """Make the kernel that astropy's Gaussian2DKernel is: a Gaussian at the middles of pixels."""
    sigma, steps = fwhm / 2.35, range(-reach, reach + 1)
    weights = tuple(
        tuple(round(math.exp(-(x * x + y * y) / (2 * sigma**2)), 6) for x in steps) for y in steps
    )
    side = 2 * reach + 1
    return Kernel(f"gauss_{fwhm}_{side}x{side}", weights)


_GALAMETZ: Final = "Galametz et al. (2013), of CANDELS in UDS, for pixels of 0.06 arcsec"
_DISC: Final = Kernel(
    "tophat_9.0_9x9",
    tuple(tuple(float(x * x + y * y <= 4.5**2) for x in range(-4, 5)) for y in range(-4, 5)),
)


@dataclass(frozen=True)
class ParameterSet:
    """A set of extraction parameters, and what comes with it.

    Attributes
    ----------
    name : str
        Its name.
    values : Parameters
        Its values.
    source : str
        Where they are from: a publication, or a file.
    columns : Path or None
        The file that PARAMETERS_NAME of a ``.sex`` file names, where there is one.
    header_suffix : str or None
        HEADER_SUFFIX of a ``.sex`` file.
    hot : HotPass or None
        The second pass, for a run in two; ``values`` are those of the first.
    measuring : Parameters or None
        The values for an image that the sources of another one are measured in, where a
        ``.sex`` file has others for that; see `of_measured`.
    """

    name: str
    values: Parameters
    source: str
    columns: Path | None = None
    header_suffix: str | None = None
    measuring: Parameters | None = None
    hot: HotPass | None = None

    def of_measured(self) -> ParameterSet:
        """Return the set as it is for an image that the sources of another are measured in."""
        return replace(self, values=self.measuring or self.values, measuring=None, hot=None)

    def list_of_two(self) -> tuple[str, ...]:
        """Names of the parameters that have another value for such an image."""
        if self.measuring is None:
            return ()
        values, others = self.values, self.measuring
        return tuple(
            name for name in Parameters.names() if getattr(values, name) != getattr(others, name)
        )


SHIPPED: Final = {
    each.name: each
    for each in (
        ParameterSet("default", Parameters(), _ADAMS),
        ParameterSet(
            "crowded",
            Parameters(deblend_nthresh=64, deblend_mincont=0.0001),
            f"for crowded fields: {_ADAMS}, deblended more",
        ),
        ParameterSet(
            "deep",
            Parameters(
                thresh_unit="filtered",
                detect_minarea=5,
                detect_thresh=4.0,
                analysis_thresh=4.0,
                filter_name="gauss_3.0_7x7",
                deblend_mincont=0.0003,
                clean_param=2.0,
            ),
            "four sigma of the filtered sky, tuned on simulated fields of white, drizzled and "
            "mis-scaled noise",
        ),
        ParameterSet(
            "cold",
            Parameters(
                detect_minarea=5,
                detect_thresh=0.75,
                analysis_thresh=5.0,
                filter_name=_DISC,
                deblend_nthresh=16,
                deblend_mincont=0.0001,
                back_type="AUTO",
                back_size=256,
                back_filtersize=9,
                backphoto_type="LOCAL",
                backphoto_thick=100,
            ),
            f"bright and large sources: {_GALAMETZ}",
        ),
        ParameterSet(
            "hot",
            Parameters(
                detect_minarea=10,
                detect_thresh=0.7,
                analysis_thresh=0.7,
                filter_name="gauss_4.0_7x7",
                deblend_nthresh=64,
                deblend_mincont=0.001,
                back_type="AUTO",
                back_size=128,
                back_filtersize=5,
                backphoto_type="LOCAL",
                backphoto_thick=48,
            ),
            f"faint and small sources: {_GALAMETZ}",
        ),
        ParameterSet(
            "test",
            Parameters(detect_minarea=15, detect_thresh=2.5, analysis_thresh=2.5),
            f"a quick look: {_ADAMS}, detected less",
        ),
        ParameterSet(
            "grizli",
            Parameters(
                filter_name="gauss_3.0_7x7",
                deblend_mincont=0.001,
                back_type="AUTO",
            ),
            "detection of grizli and the DAWN JWST Archive (prep.SEP_DETECT_PARAMS, 1.8 sigma)",
        ),
        ParameterSet(
            "aperpy",
            Parameters(
                detect_minarea=3,
                detect_thresh=1.2,
                analysis_thresh=1.2,
                filter_name=_sample_gaussian(3.5, 6),
                deblend_mincont=0.0001,
                clean=False,
            ),
            "detection of aperpy (UNCOVER), for a stack in units of its noise (DETECTION_PARAMS)",
        ),
        ParameterSet(
            "jwst",
            Parameters(
                detect_minarea=25,
                detect_thresh=3.0,
                analysis_thresh=3.0,
                filter_name="gauss_2.0_5x5",
                deblend_mincont=0.001,
                clean=False,
                back_type="AUTO",
                back_size=1000,
            ),
            "detection of the JWST pipeline (defaults of its step source_catalog)",
        ),
    )
}
_SUFFIXES = (".toml", ".sex")
_TWO_PASSES: Final = re.compile(r"(?P<hot>[^+]+)\+(?P<cold>[^+]+)(?P<children>\+children)?")
TWO_PASSES: Final = ("hot+cold", "hot+cold+children")
"""Runs in two passes by shipped sets."""


def load(parameters: str | Path | Parameters = "default") -> tuple[str, Parameters]:
    """Return the name and the values of a parameter set; see `find`.

    Examples
    --------
    >>> name, values = load("crowded")
    >>> name, values.deblend_nthresh
    ('crowded', 64)
    """
    found = find(parameters)
    return found.name, found.values


def find(parameters: str | Path | Parameters = "default") -> ParameterSet:
    """Return a parameter set.

    Parameters
    ----------
    parameters : str, Path or Parameters
        The name of a shipped set (``"default"``, ``"crowded"``, ``"deep"``, ``"cold"``,
        ``"hot"``, ``"test"``, ``"grizli"``, ``"aperpy"``, ``"jwst"``);
        two of them for a run in two passes, ``"hot+cold"`` or ``"hot+cold+children"``;
        the path of a TOML or SExtractor ``.sex`` file; the name of such a file, with
        or without its ending, in the configured directory of parameter sets;
        or the values themselves. ``"test.sex"`` is the shipped set ``test``
        where that directory has no such file. Of a run in two passes, columns are those of
        the cold set.

    Returns
    -------
    ParameterSet
        Its name is that of the shipped set, or the file's without its ending, or two of
        them; for other values one of their own, such as ``"custom-1b2f0c9e"``, the same in
        every session for the same values. What a TOML file leaves out has the value
        of ``default``, what a ``.sex`` file leaves out that of SExtractor.

    Raises
    ------
    ParameterError
        If there is no such set, or a file has a wrong key or value.
    """
    if isinstance(parameters, Parameters):
        _check_each_once(parameters)
        same = (each for each in SHIPPED.values() if each.values == parameters)
        return next(same, None) or ParameterSet(_name_of(parameters), parameters, "values")
    if isinstance(parameters, str) and parameters in SHIPPED:
        return SHIPPED[parameters]
    if not isinstance(parameters, (str, Path)):
        raise ParameterError(
            f"{parameters!r} is no parameter set",
            hint="give a name, a file, or the values as Parameters",
        )
    path = expand_user(Path(parameters))
    found = _find(path)
    if found is not None:
        return _read(found)
    name = str(parameters)
    for suffix in _SUFFIXES:
        if name.removesuffix(suffix) in SHIPPED:
            return SHIPPED[name.removesuffix(suffix)]
    two = _TWO_PASSES.fullmatch(name)
    if two is not None:
        return _find_two(two["hot"], two["cold"], children=two["children"] is not None)
    is_path = path.suffix in _SUFFIXES
    key, equals, value = (part.strip() for part in name.partition("="))
    if equals and key.lower() in Parameters.names() and not is_path:
        raise ParameterError(
            f"{name!r} is a parameter, and no parameter set",
            hint=verbatim(
                f"write {key.lower()} = {value} into a file such as mine.toml, and give mine.toml"
            ),
        )
    if "+" in name and not is_path:
        raise ParameterError(
            f"there are no two parameter sets {name!r}",
            hint="name two as HOT+COLD or HOT+COLD+children",
        )
    if is_file(path) and not is_path:
        raise ParameterError(f"{name} is no parameter file", hint="give a .toml or a .sex file")
    raise ParameterError(
        f"there is no {'parameter file' if is_path else 'parameter set'} {name!r}",
        hint=verbatim(
            f"use one of {', '.join(names())}, {'a file that exists, ' if is_path else ''}or put "
            f"{path.name if is_path else f'{path.stem}.toml'} in {config.parameters_dir}"
        ),
    )


def _find_two(hot: str, cold: str, *, children: bool) -> ParameterSet:
    """Return the sets of a run in two passes as one."""
    first, second = find(cold), find(hot)
    name = f"{second.name}+{first.name}{'+children' if children else ''}"
    if first.values.phot_fluxfrac != second.values.phot_fluxfrac:
        raise ParameterError(
            f"{name!r} names two sets that differ in phot_fluxfrac, of which a catalogue has one",
            hint="give both the same",
        )
    if second.values.phot_apertures not in (None, first.values.phot_apertures):
        raise ParameterError(
            f"{name!r} names a hot set with phot_apertures of its own",
            hint="give them in the cold set, which are those of both passes",
        )
    for file in ("clean_psf", "flag_image"):
        if getattr(second.values, file) not in (None, getattr(first.values, file)):
            raise ParameterError(
                f"{name!r} names a hot set with a {file} of its own",
                hint="name it in the cold one, whose file is that of both passes",
            )
    source = f"two passes, {first.name} ({first.source}) and {second.name} ({second.source})"
    return replace(first, name=name, source=source, hot=HotPass(second.values, children))


def names() -> tuple[str, ...]:
    """Names of the shipped sets and of those in the configured directory."""
    own = {path.stem for path in own_directory().glob("*") if path.suffix in _SUFFIXES}
    return (*SHIPPED, *sorted(own - set(SHIPPED)))


def own_directory() -> Path:
    """Return the folder of the user's own sets; it need not be there."""
    return Path(config.parameters_dir).expanduser()


def save(name: str, values: Parameters, *, replace: bool = False) -> Path:
    """Save values as a set of the user's own, which `find` knows by its name from then on.

    Parameters
    ----------
    name : str
        Its name.
    values : Parameters
        Its values.
    replace : bool, optional
        Whether a set of the user's own with that name is replaced.

    Returns
    -------
    Path
        The TOML file, in the configured directory of parameter sets.

    Raises
    ------
    ParameterError
        If the name cannot be that of a set, or is taken, or `find` would refuse the values.
    ProductError
        If the file cannot be written.

    Examples
    --------
    >>> save("faint", Parameters(detect_thresh=1.2)).name
    'faint.toml'
    >>> load("faint")[1].detect_thresh
    1.2
    """
    name = check_name("parameter set", name)
    _check_each_once(values)
    if name in SHIPPED or Path(name).suffix in _SUFFIXES or name != name.strip():
        raise ParameterError(
            f"{name!r} cannot be the name of a parameter set of your own",
            hint=f"give another one than {', '.join(SHIPPED)}, without an ending",
        )
    path = own_directory() / f"{name}.toml"
    taken = next((each for each in map(path.with_suffix, _SUFFIXES) if is_file(each)), None)
    if taken is not None and not (replace and taken == path):
        raise ParameterError(
            f"there is a parameter set {name} already, {verbatim(taken)}", hint="give another name"
        )
    with whole_file(path) as file:
        file.write(write_toml(values, f"The parameter set {name}").encode())
    return path


def _check_each_once(values: Parameters) -> Parameters:
    """Refuse values that would name two columns alike, as SExtractor's, which has numbers, may."""
    for name in ("phot_apertures", "phot_fluxfrac"):
        numbers = getattr(values, name)
        check_each_once(numbers if isinstance(numbers, tuple) else (), name)
    return values


def _name_of(parameters: Parameters) -> str:
    """Name values by what differs from the defaults, so that a new parameter changes no name."""
    differing = (
        f"{name}={_text(getattr(parameters, name))}\n"
        for name in sorted(Parameters.names())
        if getattr(parameters, name) != Parameters.describe(name).default
    )
    return f"custom-{hashlib.sha256(''.join(differing).encode()).hexdigest()[:8]}"


def _text(value: Any) -> str:
    """Write a value; zeros of either sign, which are equal, alike."""
    if isinstance(value, tuple):
        return ",".join(map(_text, value))
    return repr(value + 0.0) if isinstance(value, float) else str(value)


def _find(path: Path) -> Path | None:
    """Return the file that a path or a name means: as it is, else in the configured directory."""
    in_directory = own_directory() / path
    candidates = [path, in_directory, *(Path(f"{in_directory}{suffix}") for suffix in _SUFFIXES)]
    return next((each for each in candidates if each.suffix in _SUFFIXES and is_file(each)), None)


def _read(path: Path) -> ParameterSet:
    if path.suffix == ".toml":
        return ParameterSet(path.stem, _read_toml(path), str(path))
    from skyseg.methods.sex_file import read_sex_file  # which few runs need

    found = read_sex_file(path)
    return ParameterSet(
        path.stem, found.parameters, str(path), found.columns, found.header_suffix, found.measuring
    )


def _read_toml(path: Path) -> Parameters:
    import tomllib

    try:
        values = tomllib.loads(read_small(path).decode("utf-8"))
        return _check_each_once(Parameters().replace(**values | _files_in(values, path.parent)))
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ParameterError(f"{path} cannot be read ({error})", hint="check the file") from error
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(
            f"{path} cannot be read as TOML ({error})", hint="correct the file"
        ) from error
    except ParameterError as error:
        raise error.at(str(path)) from error


def _files_in(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what a TOML file names by its place."""
    found: dict[str, Any] = {
        name: find_map(values[name], folder)
        for name in ("flag_image", "clean_psf")
        if isinstance(values.get(name), str) and (name, values[name]) != ("clean_psf", MEASURED)
    }
    return found | _kernel_in(values, folder)


def _kernel_in(values: dict[str, Any], folder: Path) -> dict[str, Kernel | KernelName]:
    """Return the kernel of a TOML file's ``filter_name``, which may be a table or a file."""
    named = values.get("filter_name")
    if isinstance(named, dict):
        known = {"name", "weights", "norm"}
        if not {"name", "weights"} <= named.keys() <= known or not isinstance(named["name"], str):
            raise ParameterError(
                "filter_name is a table without a kernel",
                hint="give it a name, weights and, if you like, norm",
            )
        return {"filter_name": Kernel(**named)}
    found = None
    if isinstance(named, str) and named.endswith(".conv"):
        found = find_kernel(named, folder)
    return {} if found is None else {"filter_name": found}
