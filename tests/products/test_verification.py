"""Products are checked to their end, against each other and against what they were made from."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits

from skyseg.products import Products
from skyseg.products.names import ProductPaths
from skyseg.products.verification import find_faults

Segment = Callable[..., Products]


def test_what_was_made_is_whole(segment: Segment, paths: ProductPaths) -> None:
    segment()
    assert ProductPaths.of_seg(paths.seg) == paths
    assert find_faults(paths) == ()


def test_every_kind_of_fault_is_named(
    segment: Segment, paths: ProductPaths, inputs: tuple[Path, Path]
) -> None:
    segment()
    content = {path: path.read_bytes() for path in paths}
    inputs[0].write_bytes(inputs[0].read_bytes()[:-1] + b"x")
    assert find_faults(paths) == (f"SCI {inputs[0]} is not the file that was read",)
    weights = inputs[1].read_bytes()
    inputs[1].unlink()
    assert "WHT" in find_faults(paths)[1]
    paths.bkg.unlink()
    assert find_faults(paths) == (f"{paths.bkg.name} does not exist",)
    paths.bkg.write_bytes(content[paths.bkg][:-2880] + bytes(2880))
    (told,) = find_faults(paths)
    assert "is damaged" in told
    paths.bkg.write_bytes(content[paths.bkg])
    hidden = paths.seg.with_name(f".{paths.seg.name}.0123456789abcdef.tmp")
    hidden.touch()
    assert find_faults(paths)[0] == "what an interrupted run left is beside it"
    hidden.unlink()
    inputs[1].write_bytes(weights)
    segment(n=9, overwrite=True)
    paths.cat.write_bytes(content[paths.cat])
    assert find_faults(paths) == ("the three files are of different runs",)


def test_damage_is_found_though_size_time_and_an_earlier_check_say_nothing(
    segment: Segment, paths: ProductPaths
) -> None:
    segment()
    assert find_faults(paths) == ()
    state, content = paths.cat.stat(), bytearray(paths.cat.read_bytes())
    content[-3000] ^= 1
    paths.cat.write_bytes(content)
    os.utime(paths.cat, ns=(state.st_atime_ns, state.st_mtime_ns))
    (told,) = find_faults(paths)
    assert "checksum" in told


def test_labels_are_held_against_the_numbers_of_the_catalogue(paths: ProductPaths) -> None:
    paths.folder.mkdir(parents=True)
    fits.writeto(paths.seg, np.array([[0, 1, 5, 6]], np.int32))
    fits.writeto(paths.bkg, np.ones((1, 4), np.float32))
    rows = fits.BinTableHDU.from_columns([fits.Column("NUMBER", "J", array=[1, 2, 3])])
    rows.writeto(paths.cat)
    assert find_faults(paths) == (
        "2 labels of SEG are not in the catalogue",
        "2 sources of the catalogue are not in SEG",
    )
