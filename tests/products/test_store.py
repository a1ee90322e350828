"""Load or make: what fits is loaded, what does not is refused, and half of a run is never seen."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skyseg.engine.parameters import Parameters
from skyseg.errors import ImageError, MethodError, ProductError, StaleProductError
from skyseg.methods.base import Outcome
from skyseg.products import Products
from skyseg.products._lock import locked
from skyseg.products._packing import PackedCanvas
from skyseg.products.fits_files import read_catalogue, read_map
from skyseg.products.input_maps import InputMap
from skyseg.products.names import ProductPaths
from skyseg.products.recipe import Recipe
from skyseg.products.store import ForeignProductWarning, load_or_make

MakeRecipe = Callable[..., Recipe]
MakeOutcome = Callable[..., Outcome]
Segment = Callable[..., Products]
SHAPE = (300, 280)


def runs(paths: ProductPaths) -> set[str]:
    return {fits.getheader(path, 1)["RUNID"] for path in paths}


def names(paths: ProductPaths) -> set[str]:
    """Files in the folder, the lock apart; the folder may have gone."""
    return {path.name for path in paths.folder.glob("*") if path.suffix != ".lock"}


def test_what_was_made_is_on_disk(
    segment: Segment, paths: ProductPaths, outcome_of: MakeOutcome
) -> None:
    products = segment()
    assert (products.made, products.n_sources) == (True, 5)
    made = outcome_of()
    np.testing.assert_array_equal(read_map(paths.seg, np.int32)[0], made.seg)
    np.testing.assert_array_equal(read_map(paths.bkg, np.float32)[0], made.bkg)
    assert read_catalogue(paths.cat)["NUMBER"].tolist() == made.cat["NUMBER"].tolist()
    assert len(runs(paths)) == 1
    assert names(paths) == {path.name for path in paths}


def test_maps_carry_wcs_and_unit(segment: Segment, paths: ProductPaths, tan: WCS) -> None:
    segment()
    for path in (paths.seg, paths.bkg):
        found = WCS(fits.getheader(path, 1))
        assert found.wcs.compare(tan.wcs, tolerance=1e-9)
    assert fits.getheader(paths.bkg, 1)["BUNIT"] == "10.0*nanoJansky"
    assert "BUNIT" not in fits.getheader(paths.seg, 1)


def test_what_fits_is_loaded_and_not_made(segment: Segment, paths: ProductPaths) -> None:
    segment()
    before = runs(paths)
    products = segment(seed=1)
    assert (products.made, products.n_sources) == (False, 5)
    assert products.history.endswith("by skyseg 9")
    assert runs(paths) == before


def test_overwrite_makes_again(
    segment: Segment, paths: ProductPaths, outcome_of: MakeOutcome
) -> None:
    segment()
    assert segment(seed=1, overwrite=True).made
    np.testing.assert_array_equal(read_map(paths.seg, np.int32)[0], outcome_of(1).seg)


def test_the_same_outcome_gives_the_same_pixels_on_disk(
    segment: Segment, paths: ProductPaths
) -> None:
    def stored() -> list[bytes]:
        found = []
        for path in paths:
            with fits.open(path) as hdus:
                info = hdus.fileinfo(1)
            found.append(path.read_bytes()[info["datLoc"] : info["datLoc"] + info["datSpan"]])
        return found

    segment()
    first = stored()
    segment(overwrite=True)
    assert stored() == first


def test_what_does_not_fit_is_neither_loaded_nor_overwritten(
    segment: Segment, paths: ProductPaths
) -> None:
    segment()
    before = [path.read_bytes() for path in paths]
    with pytest.raises(StaleProductError) as caught:
        segment(parameters=Parameters(detect_thresh=2.5), aper_diams=(1.0,))
    assert str(caught.value) == (
        f"{paths.seg} was made from something else: aper_diams was 0.32 0.5 and is 1.0; "
        "detect_thresh was 1.8 and is 2.5; "
        "ask for what it was made from, or make it again with segment(overwrite=True)"
    )
    assert [path.read_bytes() for path in paths] == before
    assert segment(parameters=Parameters(detect_thresh=2.5), overwrite=True).made
    assert not segment(parameters=Parameters(detect_thresh=2.5)).made


def test_a_run_that_fails_leaves_what_was_there(
    paths: ProductPaths, recipe_for: MakeRecipe, segment: Segment
) -> None:
    def fail(canvas: PackedCanvas) -> Outcome:
        raise ValueError("no such luck")

    with pytest.raises(ValueError, match="no such luck"):
        load_or_make(paths, recipe_for(), fail, shape=SHAPE)
    assert not paths.folder.parent.exists()
    segment()
    before = runs(paths)
    with pytest.raises(ValueError, match="no such luck"):
        load_or_make(paths, recipe_for(), fail, shape=SHAPE, overwrite=True)
    assert runs(paths) == before


def test_a_run_that_waits_for_one_that_fails_has_the_products_to_itself(
    paths: ProductPaths, segment: Segment
) -> None:
    inside: list[bool] = []
    waiting = threading.Event()

    def wait() -> None:
        waiting.set()
        with locked(paths):
            inside.append(paths.folder.is_dir())

    second = threading.Thread(target=wait)
    with locked(paths):
        second.start()
        waiting.wait()
        time.sleep(0.2)
        assert inside == []
    second.join(20)
    assert inside == [True]
    assert segment().made


@pytest.mark.parametrize("missing", [("seg",), ("bkg",), ("seg", "bkg")])
def test_a_map_that_a_method_neither_gave_nor_drew_is_refused_by_its_name(
    paths: ProductPaths, recipe_for: MakeRecipe, outcome_of: MakeOutcome, missing: tuple[str, ...]
) -> None:
    outcome = replace(outcome_of(), **dict.fromkeys(missing))
    with pytest.raises(MethodError, match="the method 'skyseg' left SEG or BKG incomplete"):
        load_or_make(paths, recipe_for(), lambda canvas: outcome, shape=SHAPE)
    assert names(paths) == set()


@pytest.mark.parametrize("missing", ["seg", "bkg", "cat"])
def test_a_set_that_is_not_whole_is_made_again(
    segment: Segment, paths: ProductPaths, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    segment()
    getattr(paths, missing).unlink()
    assert segment().made
    assert "are not whole: made again" in caplog.text
    assert len(runs(paths)) == 1


def test_products_of_two_runs_are_not_taken_for_one(segment: Segment, paths: ProductPaths) -> None:
    segment()
    old = paths.bkg.read_bytes()
    segment(overwrite=True)
    paths.bkg.write_bytes(old)
    assert segment().made


def test_a_damaged_product_is_refused_and_can_be_replaced(
    segment: Segment, paths: ProductPaths
) -> None:
    segment()
    paths.cat.write_bytes(b"not FITS")
    with pytest.raises(ProductError, match=rf"{paths.cat.name[:3]}.* is damaged or not FITS"):
        segment()
    assert segment(overwrite=True).made


def write_as_sextractor_does(paths: ProductPaths, shape: tuple[int, int] = SHAPE) -> None:
    paths.folder.mkdir(parents=True)
    fits.writeto(paths.seg, np.ones(shape, np.int32))
    fits.writeto(paths.bkg, np.ones(shape, np.float32))
    rows = fits.BinTableHDU.from_columns([fits.Column("NUMBER", "J", array=[1, 2, 3])])
    rows.writeto(paths.cat)


def test_products_without_provenance_are_loaded_with_a_warning(
    segment: Segment, paths: ProductPaths
) -> None:
    write_as_sextractor_does(paths)
    with pytest.warns(ForeignProductWarning, match="does not say what it was made from"):
        products = segment()
    assert (products.made, products.n_sources, products.history) == (False, 3, "")
    paths.cat.unlink()
    with pytest.warns(ForeignProductWarning):
        assert segment().n_sources is None
    assert segment(overwrite=True).made


def test_a_map_without_provenance_of_another_shape_is_refused(
    segment: Segment, paths: ProductPaths
) -> None:
    write_as_sextractor_does(paths, (10, 20))
    with pytest.raises(StaleProductError, match=r"shape \(10, 20\) and the image \(300, 280\)"):
        segment()


@pytest.mark.parametrize("kind", ["seg", "cat"])
def test_a_file_of_another_origin_is_never_overwritten_in_silence(
    segment: Segment, paths: ProductPaths, kind: str
) -> None:
    write_as_sextractor_does(paths)
    foreign = getattr(paths, kind)
    content = foreign.read_bytes()
    segment(overwrite=True)
    foreign.write_bytes(content)
    with pytest.raises(ProductError, match="does not belong to the other products"):
        segment()
    assert foreign.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_an_error_in_one_sentence(
    segment: Segment, paths: ProductPaths
) -> None:
    paths.folder.parent.write_text("a file in the way")
    with pytest.raises(ProductError) as caught:
        segment()
    assert str(caught.value) == (
        f"{paths.folder} cannot be written to (Not a directory); a file is in the way of a "
        "folder: move it, or give another folder with work_dir="
    )


def test_a_folder_in_place_of_a_product_is_refused(segment: Segment, paths: ProductPaths) -> None:
    paths.bkg.mkdir(parents=True)
    with pytest.raises(ProductError, match=r"_bkg.fits"):
        segment(overwrite=True)
    assert names(paths) == {paths.bkg.name}


@contextmanager
def files_no_larger_than(n_bytes: int) -> Iterator[None]:
    """Writing beyond a size fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [100, 5_000, 100_000])
def test_a_full_disk_leaves_nothing_half_written(
    segment: Segment, paths: ProductPaths, room: int
) -> None:
    with files_no_larger_than(room), pytest.raises(ProductError, match="cannot be written to"):
        segment()
    assert names(paths) == set()
    segment()
    before = [path.read_bytes() for path in paths]
    with files_no_larger_than(room), pytest.raises(ProductError, match="cannot be written to"):
        segment(overwrite=True)
    assert [path.read_bytes() for path in paths] == before
    assert names(paths) == {path.name for path in paths}


CHILD = """
import os, signal, sys
from pathlib import Path
import numpy as np
from astropy.io import fits
from skyseg.products._commit import commit
from skyseg.products._lock import locked
from skyseg.products.names import ProductPaths

paths = ProductPaths(*map(Path, sys.argv[1:4]))
renames_before_the_end = int(sys.argv[4])
replace = os.replace

def replace_or_die(*names, **how):
    global renames_before_the_end
    if renames_before_the_end == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    renames_before_the_end -= 1
    replace(*names, **how)

os.replace = os.rename = replace_or_die
contents = {path: fits.open(Path(sys.argv[5]) / path.name) for path in paths}
with locked(paths):
    commit(paths, contents, sys.argv[6])
"""


@pytest.mark.parametrize("overwritten", [False, True])
@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_process_killed_between_two_files_leaves_all_or_nothing(
    segment: Segment, paths: ProductPaths, tmp_path: Path, renames: int, overwritten: bool
) -> None:
    segment()
    (killed,) = runs(paths)
    elsewhere = paths.folder.rename(tmp_path / "killed")
    if overwritten:
        segment(seed=1)
        (old,) = runs(paths)
    arguments = [*map(str, paths), str(renames), str(elsewhere), killed]
    child = subprocess.run([sys.executable, "-c", CHILD, *arguments], check=False)
    assert child.returncode == -signal.SIGKILL
    assert len(names(paths)) > 3 - 3 * (not overwritten)
    products = segment(seed=2)
    assert len(runs(paths)) == 1
    assert names(paths) == {path.name for path in paths}
    if renames:
        assert not products.made
        assert runs(paths) == {killed}
    elif overwritten:
        assert not products.made
        assert runs(paths) == {old}
    else:
        assert products.made


def test_leftovers_beside_a_damaged_product_do_not_stand_in_the_way(
    segment: Segment, paths: ProductPaths
) -> None:
    segment()
    paths.cat.write_bytes(b"not FITS")
    paths.seg.with_name(f".{paths.seg.name}.0123456789abcdef.tmp").write_bytes(b"half")
    assert segment(overwrite=True).made
    assert names(paths) == {path.name for path in paths}


def test_an_interrupted_writer_cleans_up_after_itself(
    segment: Segment, paths: ProductPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        segment()
    assert names(paths) == set()


def test_products_of_another_edition_of_the_engine_are_stale(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment()
    monkeypatch.setattr("skyseg.products.recipe.ENGINE_EDITION", 99)
    with pytest.raises(StaleProductError, match=r"edition of the engine was \d+ and is 99"):
        segment()


def test_another_version_of_another_program_is_told_and_its_products_loaded(
    segment: Segment, caplog: pytest.LogCaptureFixture
) -> None:
    segment(method="sextractor")
    assert not segment(method="sextractor").made
    (told,) = caplog.messages
    assert "was made by skyseg 9, and SExtractor " in told
    assert told.endswith(" is installed; segment(overwrite=True) makes it again")


def test_an_input_changed_under_its_size_and_time_is_found_where_it_is_asked_for(
    segment: Segment, inputs: tuple[Path, Path]
) -> None:
    segment()
    sci = inputs[0]
    state, content = sci.stat(), bytearray(sci.read_bytes())
    content[5000] ^= 1
    sci.write_bytes(content)
    os.utime(sci, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert not segment().made
    with pytest.raises(StaleProductError, match=r"the file of SCI .* has changed"):
        segment(verify=True)


def test_what_is_verified_is_read_again_and_recorded_as_it_is_now(
    segment: Segment, paths: ProductPaths, inputs: tuple[Path, Path]
) -> None:
    sci = inputs[0]
    fits.PrimaryHDU(np.ones(SHAPE, np.float32)).writeto(sci, checksum=True, overwrite=True)
    segment()
    whole, state = sci.read_bytes(), sci.stat()

    def change(place: int) -> str:
        content = bytearray(whole)
        content[place] ^= 1
        sci.write_bytes(content)
        os.utime(sci, ns=(state.st_atime_ns, state.st_mtime_ns))
        return hashlib.sha256(content).hexdigest()

    change(5000)
    with pytest.raises(ImageError, match=r"the pixels of .* are not those that its DATASUM"):
        segment(verify=True)
    # in the name of a card that nobody reads
    found = change(whole.index(b"CHECKSUM"))
    with pytest.raises(StaleProductError, match=r"the file of SCI .* has changed"):
        segment(verify=True)
    assert segment(verify=True, overwrite=True).made
    assert fits.getheader(paths.seg, 1)["IN1SHA"] == found


@pytest.mark.parametrize("call", ["stat", "scandir"])
def test_a_disk_that_fails_while_it_is_looked_at_is_told(
    segment: Segment, paths: ProductPaths, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    segment()
    look = getattr(os, call)

    def fail(path: object, *rest: object, **more: object) -> object:
        if str(path).startswith(str(paths.folder)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return look(path, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        for overwrite in (False, True):
            with pytest.raises(ProductError, match=r"cannot be (read|written to) \(Input/output"):
                segment(overwrite=overwrite)
    assert not segment().made


@pytest.mark.parametrize("role", ["seg", "bkg", "cat"])
def test_an_input_that_lies_where_a_product_goes_is_never_replaced(
    segment: Segment, recipe_for: MakeRecipe, paths: ProductPaths, tmp_path: Path, role: str
) -> None:
    recipe = recipe_for()
    sci = recipe.inputs[0]
    place = getattr(paths, role)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(sci.ref.path.read_bytes())
    link = tmp_path / "link.fits"
    link.symlink_to(place)
    before = place.read_bytes()
    for path in (place, link):
        given = InputMap.of("SCI", replace(sci.ref, path=path))
        with pytest.raises(ProductError, match="over the SCI map that it is made from"):
            segment(inputs=(given, *recipe.inputs[1:]), overwrite=True)
    assert place.read_bytes() == before


def test_a_map_of_another_program_with_a_run_of_its_own_is_not_replaced_unasked(
    segment: Segment, paths: ProductPaths
) -> None:
    paths.folder.mkdir(parents=True, exist_ok=True)
    labels = np.zeros(SHAPE, np.int32)
    header = fits.Header({"RUNID": "08BF01", "CREATOR": "SExtractor"})
    fits.writeto(paths.seg, labels, header, checksum=True)
    before = paths.seg.read_bytes()
    with suppress(ProductError, ForeignProductWarning):
        segment()
    assert paths.seg.read_bytes() == before
