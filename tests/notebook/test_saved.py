"""A notebook that was run and saved, read where no kernel answers."""

from __future__ import annotations

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
nbconvert = pytest.importorskip("nbconvert")


def test_nbconvert_shows_the_picture() -> None:
    cell = nbformat.v4.new_code_cell("import numpy as np, skyseg\nskyseg.view(np.eye(50))")
    book = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(book, kernel_name="python3", store_widget_state=False).execute()
    page, _ = nbconvert.HTMLExporter().from_notebook_node(book)

    shown = [out.data for out in book.cells[0].outputs if out.output_type == "execute_result"]
    assert shown[0]["image/png"][:200] in page
