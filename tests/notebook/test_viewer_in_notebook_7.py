"""The viewer in Notebook 7."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("notebook")

OPEN = """
from skyseg import Data
data = Data.from_survey_version("sample", "v1")
data.segment(progress=False)
viewer = data.view()
viewer
"""


@pytest.mark.browser
def test_a_view_is_drawn_and_a_click_selects(
    open_book: Callable[..., Any], complaints: list[str]
) -> None:
    # Notebook 7.6 throws "Cannot read properties of undefined (reading 'schema')" while it loads
    # its settings: what an empty notebook complains of is not the viewer's
    open_book("empty.ipynb", "", app="notebook").close()
    its_own = set(complaints)
    complaints.clear()

    book = open_book("notebook_7.ipynb", OPEN, app="notebook")
    book.wait_for_canvas()
    book.wait_for_view()
    assert (np.ptp(book.picture(), axis=-1) > 40).sum() > 300  # the outlines of sources

    x, y = book.ask(
        "[float(viewer.active.sources.catalogue[name][12].value - 1) "
        "for name in ('X_IMAGE', 'Y_IMAGE')]"
    )
    book.page.mouse.click(*book.place_of(round(x), round(y)))
    number = book.ask(f"data['F200W'].load_seg()[{round(y)}, {round(x)}]")
    assert number > 0
    book.wait_until(f"viewer.selected == {number}")
    row = book.page.get_by_role("row", selected=True)
    row.get_by_role("gridcell", name=str(number), exact=True).first.wait_for()

    book.do("viewer.selected = 3")
    book.wait_for_view()
    left, lower, right, upper = book.ask("viewer.active.extent")
    x0, y0, x1, y1 = book.ask("viewer.active.sources.extent(3)")
    assert left < x0 < x1 < right
    assert lower < y0 < y1 < upper
    book.close()
    assert set(complaints) <= its_own
