"""The viewer inside a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyseg.errors import ViewerError, verbatim
from skyseg.notebook._collector import collector_waits

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.wcs import WCS

    from skyseg.comparison import Comparison
    from skyseg.engine.types import ErrType
    from skyseg.imaging import MapRef
    from skyseg.notebook.viewer import Viewer

__all__ = ["view"]

_NEEDED = ("anywidget", "ipywidgets", "magicgui", "psygnal")
_BUNDLE = Path(__file__).parent / "static" / "viewer.js"


def _advise_build() -> str:
    """Return how the JavaScript comes to where this package lies."""
    source = Path(__file__).parents[3] / "js"
    if (source / "build.mjs").exists():
        return f"install Node.js and run npm ci && npm run build in {verbatim(source)}"
    return (
        "install Node.js and then skyseg again, by pip install --force-reinstall --no-deps . "
        "in its repository"
    )


def view(
    source: Any = None,
    seg: Any = None,
    *,
    ext: str = "SCI",
    err_type: ErrType | None = None,
    bands: Sequence[str] | None = None,
    wcs: WCS | None = None,
    cat: Table | None = None,
    comparison: Comparison | None = None,
    err: str | Path | MapRef | None = None,
    wht: str | Path | MapRef | None = None,
    zero_point: float | None = None,
) -> Viewer:
    """Show imaging and its segmentation in a notebook.

    Parameters
    ----------
    source : str, Path, array_like, BandData or Data, optional
        A FITS file (``"f444w.fits"`` or ``"f444w.fits[SCI]"``), an archive's folder,
        a 2-D array, a band or a survey; by default the configured archive. A file of labels
        is shown over the image that its header names, if that is there, else alone.
    seg : array_like of int, str or Path, optional
        Labels to show over a file, an array or a band, instead of its SEG map; of any
        program and any name.
    ext : {"SCI", "ERR", "WHT", "BKG", "SEG"}, optional
        Which map is shown under the labels; SEG is SCI with the labels filled.
    err_type : {"rms_err", "wht", "none"}, optional
        Whose SEG map is shown, loaded or made; by default that of the last `segment`.
    bands : sequence of str, optional
        Keys of bands of a survey that are shown side by side; by default its first.
    wcs : astropy.wcs.WCS, optional
        Celestial WCS of an array.
    cat : astropy.table.Table, optional
        Catalogue of `seg`, with NUMBER.
    comparison : Comparison, optional
        Shown as the difference layer.
    err, wht, zero_point : optional
        Of a science image that is a file, as for `skyseg.BandData.from_files`.

    Returns
    -------
    Viewer
        A widget; as the last line of a cell it is shown. See
        `skyseg.notebook.viewer.Viewer` for its traits.

    Raises
    ------
    ViewerError
        If a package it needs is not installed, or its JavaScript has not been built.
    ParameterError
        If an argument is not allowed.
    SkysegError
        If a file cannot be read or a segmentation cannot be made.

    Examples
    --------
    >>> import skyseg
    >>> viewer = skyseg.view("f444w_i2d.fits", "f444w_seg.fits")
    >>> viewer.selected = 42
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ViewerError(
            f"the viewer needs {', '.join(missing)}",
            hint="install skyseg with the extra 'notebook'",
        )
    if not _BUNDLE.exists():
        raise ViewerError(
            f"the viewer's JavaScript is not at {_BUNDLE}",
            hint=_advise_build(),
        )
    from skyseg.notebook._opening import open_viewer

    with collector_waits():
        return open_viewer(
            source,
            seg,
            ext=ext,
            err_type=err_type,
            bands=bands,
            wcs=wcs,
            cat=cat,
            comparison=comparison,
            err=err,
            wht=wht,
            zero_point=zero_point,
        )
