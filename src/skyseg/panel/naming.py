"""What bands, maps and products are called wherever a person sees them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from skyseg.imaging.archive import find_archive
from skyseg.imaging.contents import find_imaging
from skyseg.imaging.instruments import known_instruments
from skyseg.imaging.roles import without_role
from skyseg.products import Products
from skyseg.products.names import find_root, say_made_by
from skyseg.settings import config, settings_file

if TYPE_CHECKING:
    from skyseg.panel.map_info import MapInfo
    from skyseg.survey import BandData

_PRODUCTS = ("SEG", "BKG")


def name_band(band: BandData) -> str:
    """Return survey and band; the version too where the archive has others of the survey.

    Examples
    --------
    >>> name_band(band)
    'f444w'
    """
    path = band.sci.path
    in_archive = find_archive(path, band.survey, band.instrument) is not None
    several = in_archive and _has_several(path.parents[2])
    of_survey = () if band.band == band.survey.upper() else (band.band,)
    return " ".join((band.survey, *((band.version,) if several else ()), *of_survey))


def name_products(products: Products) -> str:
    """Return what tells products of a band apart, and of what part they are.

    That is the error type, and method and parameter set where they are not the default ones.

    Examples
    --------
    >>> name_products(band.products)
    'rms_err'
    """
    recipe = products.recipe
    words = (
        say_made_by(recipe.err_type, recipe.method, recipe.set_name),
        "" if recipe.edits is None else "edited",
        products.region,
    )
    return " ".join(filter(None, words))


def name_map(band: BandData, role: str) -> str:
    """Return the name of a map of a band: of layers, of titles, of what a run has made.

    Parameters
    ----------
    band : BandData
        The band; for SEG and BKG with its products.
    role : str
        What the map is.

    Examples
    --------
    >>> name_map(band, "SEG")
    'f444w SEG rms_err'
    """
    name = f"{name_band(band)} {role}"
    if role in _PRODUCTS and band.products is not None:
        return f"{name} {name_products(band.products)}"
    return name


def name_file_map(file: Path, band: str, role: str) -> str:
    """Return the name of a map that was opened as a file: as in `name_map` in an archive.

    Elsewhere it is the file's, with the band where that does not tell it.

    Parameters
    ----------
    file : Path
        The file.
    band : str
        Its band; empty where it is not known.
    role : str
        What the map is.

    Examples
    --------
    >>> name_file_map(Path("/data/jwst/JOF/NIRCam/v11/30mas/f444w_i2d.fits"), "F444W", "SCI")
    'JOF F444W SCI'
    >>> name_file_map(Path("f444w_i2d.fits"), "F444W", "SCI")
    'f444w SCI'
    """
    found = find_imaging(file, known_instruments(config.facilities))
    if found is None:
        name = without_role(file)
        told = band.lower() in name.lower()
        return " ".join((name, *(() if told else (band,)), role))
    imaging = found[1]
    version = (imaging.version,) if _has_several(file.absolute().parents[2]) else ()
    return " ".join(filter(None, (imaging.survey, *version, band, role)))


def name_field(info: MapInfo) -> str:
    """Return the survey that a map is of; empty where none is known."""
    if info.band is not None:
        return info.band.survey
    if info.ref is None:
        return ""
    found = find_imaging(info.ref.path, known_instruments(config.facilities))
    return "" if found is None else found[1].survey


def describe_products_folder(method: str, work_dir: str | None = None) -> tuple[str, str]:
    """Say in which folder the products of a method go, in short, and how another is chosen.

    A folder that a person chose goes before that of the settings.

    Examples
    --------
    >>> describe_products_folder("skyseg")[0].startswith("Products go to ")
    True
    """
    folder, home = find_root(method, work_dir), Path.home()
    short = Path("~") / folder.relative_to(home) if folder.is_relative_to(home) else folder
    about = f"{folder}. Set work_dir in {settings_file()} to choose another folder"
    return f"Products go to {short}", about


@lru_cache(maxsize=64)
def _has_several(folder: Path) -> bool:
    """Tell whether an instrument's folder has more than one version."""
    try:
        return sum(each.is_dir() for each in folder.iterdir()) > 1
    except OSError:
        return False
