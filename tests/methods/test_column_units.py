"""Units of columns are spelled as astropy spells them, those that are known by heart too."""

from __future__ import annotations

import pytest

from skyseg.methods.column_units import _OF_IMAGE, _SPELLED, find_unit, spell_unit, spell_unit_of
from skyseg.methods.columns import FLUX_UNIT, VALUE_UNIT, known_columns

_OTHERS = ("MJY/SR", "uJy/pix", "e-/s", "1e-20 erg/s/cm2/Angstrom", "furlong/moon")


@pytest.mark.parametrize("of_image", [*_OF_IMAGE, *_OTHERS])
@pytest.mark.parametrize("text", [FLUX_UNIT, VALUE_UNIT])
def test_units_of_images_are_spelled_as_by_astropy(text: str, of_image: str) -> None:
    assert spell_unit_of(text, of_image) == spell_unit(find_unit(text, of_image))


@pytest.mark.parametrize(
    "text", sorted({*_SPELLED, *(each.unit for each in known_columns().values())})
)
def test_units_of_columns_are_spelled_as_by_astropy(text: str) -> None:
    assert spell_unit_of(text, "nJy") == spell_unit(find_unit(text, "nJy"))
