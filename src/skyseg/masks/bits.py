"""The bits of a mask: one registry for files, catalogues and arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntFlag
from typing import Final

from skyseg.errors import ParameterError, advise_name


class MaskBit(IntFlag):
    """What is known against a pixel; the values stand in mask files and in IMAFLAGS_ISO.

    Examples
    --------
    >>> MaskBit.STAR | MaskBit.SPIKE
    <MaskBit.STAR|SPIKE: 6>
    """

    EDGE = 1
    STAR = 2
    SPIKE = 4
    ARTEFACT = 8
    REGION = 16
    BAD = 32
    FLAGGED = 64


ABOUT: Final[Mapping[MaskBit, str]] = {
    MaskBit.EDGE: "near to what is not covered",
    MaskBit.STAR: "in a bright or saturated star",
    MaskBit.SPIKE: "in a diffraction spike of such a star",
    MaskBit.ARTEFACT: "in an artefact that a person marked",
    MaskBit.REGION: "in a region of a DS9 file",
    MaskBit.BAD: "without a measurement",
    MaskBit.FLAGGED: "flagged in a mask or DQ map",
}
"""What each bit says of a pixel."""

BIT_VALUES: Final[Mapping[str, int]] = {str(bit.name): int(bit) for bit in MaskBit}
"""The value of each bit by its name."""

Bits = str | Sequence[str]
"""Bits that a person names: one, several, or ``"all"``."""


def parse_bits(bits: Bits, argument: str = "exclude") -> MaskBit:
    """Return bits that a person names.

    Parameters
    ----------
    bits : str or sequence of str
        Names, in either case; ``"all"`` is every bit, an empty list none.
    argument : str
        The argument that they were given as, for the error.

    Raises
    ------
    ParameterError
        If there is no bit of that name.

    Examples
    --------
    >>> parse_bits(["star", "SPIKE"]), parse_bits("all") == sum(MaskBit)
    (<MaskBit.STAR|SPIKE: 6>, True)
    """
    named = [bits] if isinstance(bits, str) else bits
    found = MaskBit(0)
    try:
        names = [each.upper() for each in named]
    except (AttributeError, TypeError) as error:
        raise ParameterError(
            f"is {bits!r}", hint="give names of bits, or 'all'", argument=argument
        ) from error
    for name in names:
        if name == "ALL":
            found |= MaskBit(sum(BIT_VALUES.values()))
        elif name in BIT_VALUES:
            found |= MaskBit[name]
        else:
            raise ParameterError(
                f"has {name!r}", hint=advise_name(name, [*BIT_VALUES, "ALL"]), argument=argument
            )
    return found


def parse_excluded(bits: Bits, *, has_mask: bool) -> MaskBit:
    """Return the bits of a mask that are excluded, which without a mask are all or none.

    Raises
    ------
    ParameterError
        If there is no bit of that name, or bits are named and there is no mask that has them.

    Examples
    --------
    >>> parse_excluded("STAR", has_mask=True)
    <MaskBit.STAR: 2>
    """
    excluded = parse_bits(bits)
    if not has_mask and excluded not in {MaskBit(0), parse_bits("all")}:
        raise ParameterError(
            f"is {bits!r}, and no mask is used", hint="give {mask} too, or leave it out",
            argument="exclude",
        )  # fmt: skip
    return excluded


def spell_bits(bits: int) -> str:
    """Write bits by their names, in the registry's order.

    Examples
    --------
    >>> spell_bits(6)
    'STAR SPIKE'
    """
    return " ".join(name for name, value in BIT_VALUES.items() if value & bits)
