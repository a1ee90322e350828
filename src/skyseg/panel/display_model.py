"""How maps are drawn, for both viewers: scales of images, labels, outlines, colours, RGB.

It is a field of the session, so that it is saved with it: ``session.display``. Each
change makes a new one, and is told by ``session.events.display``.
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from skyseg.display.scales import Colormap, Cuts, Stretch

LabelStyle = Literal["contour", "filled", "off"]
LABEL_STYLES: Final[tuple[LabelStyle, ...]] = get_args(LabelStyle)

ColourBy = Literal["source", "map"]
COLOUR_BY: Final[tuple[ColourBy, ...]] = get_args(ColourBy)


class ImageScale(BaseModel):
    """How images of one role are drawn.

    Attributes
    ----------
    colormap : str
        One of `skyseg.display.scales.COLORMAPS`.
    stretch : {"linear", "asinh", "sqrt", "log"}
        How values between the cuts are drawn.
    cuts : str
        One of `skyseg.display.scales.CUTS`: how each image finds its own limits;
        "by hand" leaves those that a person has set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    colormap: Colormap = "gray"
    stretch: Stretch = "linear"
    cuts: Cuts = "auto"


_FIRST: Final = {
    "SCI": ImageScale(stretch="asinh"),
    "ERR": ImageScale(colormap="magma"),
    "WHT": ImageScale(colormap="viridis"),
    "BKG": ImageScale(colormap="viridis"),
}


class Display(BaseModel):
    """How maps are drawn.

    Attributes
    ----------
    scales : dict of ImageScale
        By role, where a person has chosen; see `scale_of`.
    label_style : {"contour", "filled", "off"}
        How SEG maps are drawn.
    colour_by : {"source", "map"}
        Whether each source has a colour, or each map.
    outlines_of : str
        Name of the band whose SEG map is drawn over all bands; empty where each
        band has its own.
    rgb : tuple of str
        Names of the bands that are red, green and blue; empty where no colour image
        is shown.

    Examples
    --------
    >>> display = Display().with_scale("SCI", stretch="log")
    >>> display.scale_of("SCI").stretch, display.scale_of("ERR").colormap
    ('log', 'magma')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scales: dict[str, ImageScale] = Field(default_factory=dict)
    label_style: LabelStyle = "contour"
    colour_by: ColourBy = "source"
    outlines_of: str = ""
    rgb: tuple[str, str, str] | tuple[()] = ()

    def scale_of(self, role: str) -> ImageScale:
        """Return how images of a role are drawn."""
        return self.scales.get(role) or _FIRST.get(role) or ImageScale()

    def with_scale(self, role: str, **changes: Any) -> Display:
        """Return a display that draws images of a role otherwise.

        Parameters
        ----------
        role : str
            What the images show.
        **changes
            Fields of `ImageScale`.

        Raises
        ------
        pydantic.ValidationError
            If a value is not possible.
        """
        scale = ImageScale.model_validate(self.scale_of(role).model_dump() | changes)
        return self.replace(scales={**self.scales, role: scale})

    def replace(self, **changes: Any) -> Display:
        """Return a display with other fields.

        Raises
        ------
        pydantic.ValidationError
            If a value is not possible.
        """
        return Display.model_validate({**dict(self), **changes})
