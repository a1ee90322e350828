"""What a person does to a map, as data: one class for each operation."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    field_validator,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def as_whole_number(value: Any) -> int:
    """Return a whole number; text and fractions are none, though `int` takes them.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> as_whole_number(np.int32(7))
    7
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError as error:
        raise ValueError("no whole number") from error


_Whole: TypeAlias = Annotated[int, BeforeValidator(as_whole_number)]
Label: TypeAlias = Annotated[_Whole, Field(ge=1, le=2**31 - 1)]
Point: TypeAlias = tuple[float, float]
"""x and y in pixels from 0, or RA and Dec in degrees."""

Run: TypeAlias = tuple[int, int, int]
"""Row, first column and column after the last, in pixels from 0."""

Text: TypeAlias = Annotated[str, Field(min_length=0)]
"""Text that can be printed: without a length pydantic lets halves of characters pass."""

_Declination: TypeAlias = Annotated[float, Field(ge=-90, le=90)]

Bounded: TypeAlias = Annotated[_Whole, Field(ge=1, le=100)]


_ALLOWED: Final = {
    "too_short": "at least {min_length}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_too_short": "at least {min_length} character",
    "string_too_long": "at most {max_length} characters",
    "literal_error": "{expected}",
    "string_type": "text",
    "string_unicode": "text that can be printed",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "int_type": "whole numbers",
    "int_parsing": "whole numbers",
    "int_from_float": "whole numbers",
    "value_error": "a whole number",  # as_whole_number alone raises it
}


def say_allowed(fault: ErrorDetails) -> str:
    """Say what is allowed in place of what pydantic refuses.

    Examples
    --------
    >>> say_allowed({"type": "less_than_equal", "ctx": {"le": 100}})
    '100 or less'
    """
    said = _ALLOWED.get(fault["type"], "another value")
    return said.format_map(fault.get("ctx", {}))


class Anchor(BaseModel):
    """Where a source that an operation names was, so that it can be found in another map.

    Attributes
    ----------
    label : int
        Its number in the map that was edited.
    x, y : float
        A pixel of it near its middle, from 0.
    ra, dec : float or None
        The place of that pixel on the sky in degrees (ICRS); None without a WCS.
    area : int
        Number of its pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    label: Label
    x: float
    y: float
    ra: float | None = None
    dec: _Declination | None = None
    area: Annotated[int, Field(ge=1, le=2**62)]


class Step(BaseModel):
    """What all operations have: who did it, when and why, to which sources.

    Attributes
    ----------
    id : str
        The same in every copy of the journal, and of no other operation.
    who, when, why : str
        A person, a time (UTC) and a reason.
    made : tuple of int
        The numbers of the sources that it made, in the map that was edited.
    anchors : tuple of Anchor
        Where the sources that it names were.
    sky : tuple of (float, float)
        The sky positions of its points, in their order; empty without a WCS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: Text = ""
    who: Text = ""
    when: Text = ""
    why: Text = ""
    made: tuple[Label, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    sky: tuple[tuple[float, _Declination], ...] = ()

    @property
    def named(self) -> tuple[int, ...]:
        """The sources that it changes, by number."""
        return (self.label,) if hasattr(self, "label") else ()

    @property
    def title(self) -> str:
        """What it is called: the kind, and the sources that it changes, or made.

        Examples
        --------
        >>> Merge(labels=(6, 5)).title
        'merge 5 6'
        """
        kind = str(getattr(self, "kind", "")).replace("_", " ")
        return " ".join([kind, *map(str, self.named or self.made)])

    @property
    def points(self) -> tuple[Point, ...]:
        """The places that it names, in pixels from 0."""
        return ()


class _OfOne(Step):
    label: Label


class _OfSeveral(Step):
    labels: tuple[Label, ...] = Field(min_length=1)

    @field_validator("labels")
    @classmethod
    def _sort(cls, labels: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(labels)))

    @property
    def named(self) -> tuple[int, ...]:
        """The sources that it changes, by number."""
        return self.labels


class Delete(_OfSeveral):
    """Remove sources: their pixels become background, or those of the neighbour they touch most."""

    kind: Literal["delete"] = "delete"
    to: Literal["background", "neighbour"] = "background"


class Merge(_OfSeveral):
    """Make one source of several; it has the smallest of their numbers."""

    kind: Literal["merge"] = "merge"
    labels: tuple[Label, ...] = Field(min_length=2)


class Split(_OfOne):
    """Part a source among seeds, each pixel to the seed whose light it runs down from.

    The part of the first seed keeps the number.
    """

    kind: Literal["split"] = "split"
    seeds: tuple[Point, ...] = Field(min_length=2)

    @property
    def points(self) -> tuple[Point, ...]:
        """The seeds."""
        return self.seeds


class Cut(_OfOne):
    """Part a source along a line; the largest part keeps the number."""

    kind: Literal["cut"] = "cut"
    line: tuple[Point, ...] = Field(min_length=2)

    @property
    def points(self) -> tuple[Point, ...]:
        """The corners of the line."""
        return self.line


class Deblend(_OfOne):
    """Deblend a source anew; the part with most light keeps the number."""

    kind: Literal["deblend"] = "deblend"
    nthresh: Annotated[_Whole, Field(ge=2, le=1024)] = 32
    mincont: Annotated[float, Field(ge=0, le=1)] = 0.005


class Draw(Step):
    """Make a source of the pixels inside an outline, or of runs of pixels.

    Pixels of other sources stay theirs unless ``over``.
    """

    kind: Literal["draw"] = "draw"
    outline: tuple[Point, ...] = ()
    runs: tuple[Run, ...] = ()
    over: bool = False

    @property
    def points(self) -> tuple[Point, ...]:
        """The corners of the outline."""
        return self.outline


class Paint(Step):
    """Give pixels to a source, or to the background (0), whoever has them."""

    kind: Literal["paint"] = "paint"
    label: Annotated[_Whole, Field(ge=0, le=2**31 - 1)]
    runs: tuple[Run, ...] = Field(min_length=1)

    @property
    def named(self) -> tuple[int, ...]:
        """The source that gains the pixels; none where they become background."""
        return (self.label,) if self.label else ()


class Grow(_OfOne):
    """Let a source grow into the background, by pixels in all eight directions."""

    kind: Literal["grow"] = "grow"
    pixels: Bounded = 1


class Shrink(_OfOne):
    """Take pixels from the edge of a source."""

    kind: Literal["shrink"] = "shrink"
    pixels: Bounded = 1


class Smooth(_OfOne):
    """Smooth the edge of a source: what is narrower than a disc goes, notches are filled."""

    kind: Literal["smooth"] = "smooth"
    radius: Bounded = 2


class FillHoles(_OfOne):
    """Give a source the background that it encloses."""

    kind: Literal["fill_holes"] = "fill_holes"


class Mark(_OfOne):
    """Say a word on a source; the map stays as it is."""

    kind: Literal["mark"] = "mark"
    word: Annotated[str, Field(min_length=1, max_length=200)]


Operation: TypeAlias = Annotated[
    Delete
    | Merge
    | Split
    | Cut
    | Deblend
    | Draw
    | Paint
    | Grow
    | Shrink
    | Smooth
    | FillHoles
    | Mark,
    Field(discriminator="kind"),
]

OPERATIONS: Final[TypeAdapter[Operation]] = TypeAdapter(Operation)
"""Reads and writes operations."""
