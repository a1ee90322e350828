"""Readers get one run, the one that they asked for, or an error; whoever writes or died there."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.engine.parameters import Parameters
from skyseg.errors import ProductError, StaleProductError
from skyseg.products import Products
from skyseg.products.names import ProductPaths

Segment = Callable[..., Products]
READERS: dict[str, Callable[[Products], Any]] = {
    "seg": lambda products: products.load_seg(),
    "bkg": lambda products: products.load_bkg(),
    "cat": lambda products: products.load_cat(),
    "part": lambda products: products.load_part("SEG", np.s_[:9, :9]),
}


@pytest.mark.parametrize("read", READERS)
def test_what_another_run_replaced_is_refused_with_when_and_what_to_do(
    segment: Segment, read: str
) -> None:
    mine = segment()
    READERS[read](mine)
    segment(seed=1, parameters=Parameters(detect_thresh=9.0), overwrite=True)
    with pytest.raises(ProductError, match=r"was replaced by what was made 20.* by skyseg 9") as it:
        READERS[read](mine)
    assert "call segment() again" in str(it.value)


def test_each_file_is_read_where_another_run_is_half_in_place(
    segment: Segment, paths: ProductPaths
) -> None:
    other = segment(seed=1, n=9)
    contents = {path: path.read_bytes() for path in paths}
    mine = segment(n=4, overwrite=True)
    paths.seg.write_bytes(contents[paths.seg])
    for path in (paths.bkg, paths.cat):
        path.with_name(f".{path.name}.{other.run_id}.tmp").write_bytes(contents[path])
    assert len(mine.load_cat()) == 4
    with pytest.raises(ProductError, match="was replaced"):
        mine.load_seg()
    # the reader finished the run that was half in place
    assert {fits.getheader(path, 1)["RUNID"] for path in paths} == {other.run_id}
    assert len(other.load_cat()) == int(other.load_seg().max()) == 9


def test_what_fits_is_loaded_beside_what_an_interrupted_run_left(
    segment: Segment, paths: ProductPaths
) -> None:
    segment()
    left = paths.seg.with_name(f".{paths.seg.name}.0123456789abcdef.tmp")
    left.write_bytes(b"half")
    assert not segment().made
    assert not left.exists()


WRITERS = """
import sys, time, pickle
from pathlib import Path
from skyseg.products.store import load_or_make

paths, recipes, outcomes, shape = pickle.loads(Path(sys.argv[1]).read_bytes())
end = time.monotonic() + float(sys.argv[2])
turn = 0
while time.monotonic() < end:
    turn = 1 - turn
    load_or_make(paths, recipes[turn], lambda _: outcomes[turn], shape=shape, overwrite=True)
"""


def test_readers_beside_a_writer_never_see_a_mixture(
    segment: Segment,
    paths: ProductPaths,
    recipe_for: Callable[..., Any],
    outcome_of: Callable[..., Any],
    tmp_path: Path,
) -> None:
    sizes = (4, 9)
    recipes = [recipe_for(parameters=Parameters(detect_minarea=n)) for n in sizes]
    outcomes = [outcome_of(n, n) for n in sizes]
    segment(4, n=4, parameters=Parameters(detect_minarea=4))
    given = tmp_path / "given.pickle"
    given.write_bytes(pickle.dumps((paths, recipes, outcomes, (300, 280))))
    writer = subprocess.Popen([sys.executable, "-c", WRITERS, str(given), "2"])
    counts = {"read": 0, "refused": 0}
    wrong: list[tuple[int, ...]] = []

    def read(n: int) -> None:
        while writer.poll() is None:
            try:
                mine = segment(n, n=n, parameters=Parameters(detect_minarea=n))
                labels = int(mine.load_part("SEG", np.s_[:300, :280]).max())
                seen = (labels, len(mine.load_cat()), int(mine.load_seg().max()))
                shown = mine.load_bkg()[0, 0]
            except (ProductError, StaleProductError):
                counts["refused"] += 1
                continue
            counts["read"] += 1
            if seen != (n, n, n) or shown != outcomes[sizes.index(n)].bkg[0, 0]:
                wrong.append(seen)

    readers = [threading.Thread(target=read, args=(n,)) for n in sizes]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert writer.wait() == 0
    assert wrong == []
    assert counts["read"] > 0


@pytest.mark.parametrize("kind", ["seg", "bkg", "cat"])
def test_damage_anywhere_in_a_product_is_refused_when_it_is_loaded(
    segment: Segment, paths: ProductPaths, kind: str
) -> None:
    path: Path = getattr(paths, kind)
    segment()
    whole = path.read_bytes()
    rng = np.random.default_rng(5)
    cards = [whole.index(word) for word in (b"RUNID", b"CHECKSUM", b"DATASUM", b"XTENSION")]
    places = [*cards, whole.rindex(b"CHECKSUM"), *rng.integers(0, len(whole), 20)]
    damaged = [flipped(whole, int(place)) for place in places]
    damaged += [whole[:-1], whole[: len(whole) // 2], whole[:2880], b"", whole + b" ", whole * 2]
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ProductError):
            segment()
    path.write_bytes(whole)
    assert not segment().made


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


def test_a_pipe_in_the_place_of_a_product_is_refused_and_not_waited_for(
    segment: Segment, paths: ProductPaths
) -> None:
    segment()
    paths.seg.unlink()
    os.mkfifo(paths.seg)
    with pytest.raises(ProductError, match="is a pipe or a device"):
        segment()


@pytest.mark.parametrize(("put", "over"), [("seg", "bkg"), ("bkg", "seg"), ("bkg", "cat")])
def test_a_file_that_was_copied_over_another_of_its_run_is_not_taken_for_it(
    segment: Segment, paths: ProductPaths, caplog: pytest.LogCaptureFixture, put: str, over: str
) -> None:
    products = segment()
    shutil.copyfile(getattr(paths, put), getattr(paths, over))
    with pytest.raises(ProductError):
        getattr(products, f"load_{over}")()
    assert segment().made
    assert "are not whole: made again" in caplog.text
