"""What an assessment of a run found."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from skyseg.assessment.completeness import Completeness
from skyseg.assessment.exports import write
from skyseg.assessment.negative import Purity


@dataclass(frozen=True, eq=False)
class Assessment:
    """How far the run of a band can be trusted.

    Attributes
    ----------
    name : str
        Name of the band.
    purity : Purity
        Which part of what was detected is real, by the negative image.
    completeness : Completeness or None
        Which part of sources that were put into the image is found; None where none were.
    settings : dict of str to str
        What was assessed, and how, as text by name.
    run_id : str or None
        The run that was assessed, as ``RUNID`` of its products has it; None where they tell none.
    """

    name: str
    purity: Purity
    completeness: Completeness | None = None
    settings: dict[str, str] = field(default_factory=dict)
    run_id: str | None = None

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it as a page with figures and tables, or the tables as FITS.

        Parameters
        ----------
        path : path
            ``*.html``, which needs no other file, or ``*.fits``.
        overwrite : bool, optional
            Whether to replace a file that is there.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            If the name has another ending.
        ProductError
            If the file is there, or it cannot be written.

        Examples
        --------
        >>> band.segment()
        >>> band.assess().write("assessment.html").name
        'assessment.html'
        """
        return write([self], path, overwrite=overwrite)

    def __repr__(self) -> str:
        both = [repr(each) for each in (self.purity, self.completeness) if each is not None]
        return f"Assessment({self.name}: {', '.join(both)})"
