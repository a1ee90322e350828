"""The page of an assessment in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from skyseg.assessment import Assessment, Purity


def test_names_of_settings_are_whole_beside_long_values(tmp_path: Path, browser: Any) -> None:
    cat = Table(
        {"FLUX_AUTO": np.full(9, 9.0), "FLUXERR_AUTO": np.ones(9), "ISOAREAF_IMAGE": np.full(9, 12)}
    )
    settings = {"err_type": "rms_err", "SEG": "/a" * 200, "parameters": "DETECT 9, " * 80}
    found = Assessment("F444W", Purity.of(cat, cat[:3]), settings=settings)
    path = found.write(tmp_path / "a.html")
    for width in (800, 1100):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(path.as_uri())
        lines = page.eval_on_selector_all(
            ".settings th",
            """heads => heads.map(head => {
              const range = document.createRange();
              range.selectNodeContents(head);
              return range.getClientRects().length;
            })""",
        )
        assert lines == [1, 1, 1]
        table = page.eval_on_selector(".settings", "table => table.getBoundingClientRect().right")
        assert table <= width
        page.close()
