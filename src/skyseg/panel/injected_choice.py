"""Which sources a person has put into the image of a run that is assessed."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from skyseg.assessment import Injection
from skyseg.assessment.injection import Kind

MOST: Final = 100_000
"""Most sources that can be asked for."""

NUMBER_HELP: Final = "How many sources are put into the image, for its completeness; 0 is none"
KIND_HELP: Final = (
    "What they are: Sersic profiles, stars, or sources of the image itself made fainter"
)
PSF_HELP: Final = (
    "FWHM in arcsec, or the file of an image of the PSF; empty where that of the field's stars "
    "is measured"
)
PSF_HINT: Final = "of the field's stars"


class InjectedChoice(BaseModel):
    """What a person has chosen.

    Attributes
    ----------
    number : int
        How many sources; 0 is none.
    kind : {"sersic", "star", "cutout"}
        What they are.
    psf : str
        Width in arcsec or a file; empty where it is measured.

    Examples
    --------
    >>> InjectedChoice(number=50, psf="0.15").as_injection().psf
    0.15
    """

    model_config = ConfigDict(frozen=True)

    number: int = 0
    kind: Kind = "sersic"
    psf: str = ""

    def change(self, **values: object) -> InjectedChoice:
        """Return the choice with other values."""
        return self.model_copy(update=values)

    def as_injection(self) -> Injection | None:
        """Return what is put in; None where nothing is.

        Raises
        ------
        ParameterError
            If the width is none, or a PSF is given for cutouts.
        """
        if not self.number:
            return None
        text = self.psf.strip()
        try:
            psf: float | str | None = float(text) if text else None
        except ValueError:
            psf = text
        return Injection(n=self.number, kind=self.kind, psf=psf)
