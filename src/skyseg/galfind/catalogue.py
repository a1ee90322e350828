"""The catalogue of a survey by galfind's name."""

from __future__ import annotations

from typing import Any, Self

from astropy.table import Table

from skyseg.galfind.absent import refuse_attribute
from skyseg.galfind.data import Data


class Catalogue:
    """The catalogue of a survey: its rows, and the data that they were measured in.

    Parameters
    ----------
    data : Data
        A survey whose catalogue was made.

    Examples
    --------
    >>> from skyseg.galfind import Catalogue
    >>> cat = Catalogue.pipeline("JOF", "v11", forced_phot_band="F444W")  # doctest: +SKIP
    >>> cat.open_cat()["NUMBER", "FLUX_AUTO_F200W"]  # doctest: +SKIP
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.cat_path = data.phot_cat_path

    @classmethod
    def from_data(cls, data: Data, crops: None = None) -> Self:
        """Take the catalogue of a survey.

        Parameters
        ----------
        data : Data
            The survey, after `Data.perform_forced_phot`.
        crops : None
            Galaxies are not selected here.

        Raises
        ------
        AbsentError
            If a selection is asked for, or it has no catalogue.
        """
        if crops is not None:
            raise refuse_attribute(cls, "crop")
        return cls(data)

    @classmethod
    def pipeline(cls, survey: str, version: str, crops: None = None, **arguments: Any) -> Self:
        """Make the catalogue of a survey, or load it.

        Parameters
        ----------
        survey, version, **arguments
            As in `Data.pipeline`.
        crops : None
            As in `from_data`.

        Raises
        ------
        SkysegError
            As `Data.pipeline` does.
        """
        return cls.from_data(Data.pipeline(survey, version, **arguments), crops)

    def open_cat(self) -> Table:
        """Read the rows: one a source; columns of a band end in its name."""
        return Table.read(self.cat_path)

    @property
    def survey(self) -> str:
        """Name of the survey."""
        return self.data.survey

    @property
    def version(self) -> str:
        """Its version."""
        return self.data.version

    def __len__(self) -> int:
        return len(self.open_cat())

    def __getattr__(self, name: str) -> Any:
        raise refuse_attribute(self, name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.survey} {self.version})"
