"""What is written down about a product, and what is noticed when it no longer holds."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters, WeightType
from skyseg.errors import ImageError
from skyseg.imaging import MapRef
from skyseg.methods.base import Outcome
from skyseg.methods.columns import AskedColumn
from skyseg.products.fits_files import encode_text
from skyseg.products.input_maps import InputMap
from skyseg.products.provenance import find_changes, record, tell_history
from skyseg.products.recipe import Recipe

MakeRecipe = Callable[..., Recipe]
MakeOutcome = Callable[..., Outcome]


def through_a_file(header: fits.Header, folder: Path) -> fits.Header:
    """Header as it is after it was written and read."""
    fits.writeto(folder / "header.fits", np.zeros(1), header, overwrite=True)
    return fits.getheader(folder / "header.fits")


def test_everything_that_a_product_was_made_from_is_in_its_header(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    header = through_a_file(record(recipe_for(), outcome_of()), tmp_path)
    assert header["METHOD"] == "skyseg"
    assert header["METHVERS"] == "skyseg 9"
    assert header["CREATOR"].startswith("skyseg ")
    assert header["ERRTYPE"] == "wht"
    assert header["PARSET"] == "default"
    assert header["APERDIAM"] == "0.32 0.5"
    assert header["MAGZERO"] == 28.9
    assert header["N_BAD"] == 7
    assert header["NSOURCES"] == 5
    # what a parameter leaves to ERRTYPE, APERDIAM, MAGZERO or PIXSCALE has no card
    left = {name for name in Parameters.names() if getattr(Parameters(), name) is None}
    assert {"weight_type", "phot_apertures", "mag_zeropoint"} <= left
    for name in Parameters.names():
        assert (name.upper() in header) == (name not in left)
    assert header["PHOT_AUTOPARAMS"] == "2.5,4.0"
    assert header["CLEAN"] is True
    for number, (role, path) in enumerate(zip(("SCI", "WHT"), inputs, strict=True), start=1):
        assert header[f"IN{number}ROLE"] == role
        assert header[f"IN{number}PATH"] == str(path)
        assert header[f"IN{number}SIZE"] == path.stat().st_size
        assert header[f"IN{number}TIME"] == path.stat().st_mtime_ns
        assert header[f"IN{number}SHA"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (
        before <= datetime.fromisoformat(header["DATE"]) <= datetime.now(UTC).replace(tzinfo=None)
    )
    assert tell_history(header) == f"{header['DATE']} by skyseg 9"


def test_printable_text_stands_in_the_header_as_it_is(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, tmp_path: Path
) -> None:
    said = """sep's filter_type is "matched" & <SNR> > 3; {a|b}^2 * #1 $x !? `y` back\\slash"""
    outcome = replace(outcome_of(), caveats=(said, "à 5%"))
    header = through_a_file(record(recipe_for(), outcome), tmp_path)
    assert header["CAVEAT1"] == said
    assert unquote(header["CAVEAT2"]) == "à 5%"


def test_more_caveats_than_there_are_keywords_are_joined_in_the_last(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, tmp_path: Path
) -> None:
    said = tuple(f"edit {number}, delete 7: conflict" for number in range(1, 1002))
    header = through_a_file(record(recipe_for(), replace(outcome_of(), caveats=said)), tmp_path)
    told = [unquote(header[key]) for key in header if key.startswith("CAVEAT")]
    assert (len(told), told[97]) == (99, said[97])
    assert [*told[:98], *told[98].split("; ")] == list(said)


header_text = st.text(
    st.sampled_from("aé'\"/ &%")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=300,
)


@settings(deadline=None, max_examples=300)
@example(text="x" * 80 + "'/'' / &")
@given(text=header_text)
def test_any_text_survives_the_header(text: str) -> None:
    header = fits.Header({"CAVEAT1": encode_text(text)})
    found = fits.Header.fromstring(header.tostring())["CAVEAT1"]
    assert unquote(found) == text


@pytest.mark.parametrize("aper_diams", [(0.2,), (0.19999999999999793, 0.39999999999999586)])
@pytest.mark.parametrize("set_name", ["default", "s" * 60, "s" * 200])
def test_a_comment_that_has_no_room_is_left_out_and_nothing_is_said(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, aper_diams: tuple[float, ...],
    set_name: str, recwarn: pytest.WarningsRecorder,
) -> None:  # fmt: skip
    recipe = replace(recipe_for(), aper_diams=aper_diams, set_name=set_name)
    header = record(recipe, outcome_of())
    assert not recwarn.list
    assert header["PARSET"] == set_name
    assert header["APERDIAM"] == " ".join(map(repr, aper_diams))


kernel_names = header_text.filter(bool) | st.just("50%20 & 'a' / b")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=kernel_names)
def test_a_kernel_of_any_name_is_recorded_and_its_products_are_found_again(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, name: str
) -> None:
    recipe = recipe_for(parameters=Parameters(filter_name=Kernel(name, ((1.0, 2.0),))))
    header = fits.Header.fromstring(record(recipe, outcome_of()).tostring())
    assert find_changes(header, recipe) == ()
    (change,) = find_changes(header, recipe_for())
    assert change.startswith(f"filter_name was {name} ")
    assert change.endswith("and is gauss_2.5_5x5")


def test_a_thickness_that_was_recorded_with_a_point_is_the_same(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome
) -> None:
    header = record(recipe_for(), outcome_of())
    header["BACKPHOTO_THICK"] = 24.0
    assert find_changes(header, recipe_for()) == ()


def test_a_card_that_a_former_version_wrote_as_it_is_still_fits(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome
) -> None:
    recipe = recipe_for(parameters=Parameters(filter_name=Kernel("50%", ((1.0, 2.0),))))
    header = record(recipe, outcome_of())
    assert "50%25 " in header["FILTER_NAME"]
    header["FILTER_NAME"] = header["FILTER_NAME"].replace("%25", "%")
    assert find_changes(header, recipe) == ()


MANY = tuple(map(AskedColumn, ("NUMBER", *(f"FLUX_{n}" for n in range(9)))))


@pytest.mark.parametrize(
    ("before", "now", "clause"),
    [
        (None, MANY, "was default and is NUMBER, FLUX_0, FLUX_1 and 7 more"),
        (MANY[:2], None, "was NUMBER, FLUX_0 and is default"),
        (MANY[:2], MANY, "asks for FLUX_1, FLUX_2, FLUX_3 and 5 more"),
        (MANY, MANY[1:], "no longer for NUMBER"),
        (MANY[:3], MANY[1:4], "asks for FLUX_2 and no longer for NUMBER"),
        (MANY, MANY[::-1], "has the columns in another order"),
    ],
)
def test_of_many_columns_those_that_differ_are_named(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, before: tuple[AskedColumn, ...] | None,
    now: tuple[AskedColumn, ...] | None, clause: str,
) -> None:  # fmt: skip
    header = record(recipe_for(columns=before), outcome_of())
    assert find_changes(header, recipe_for(columns=now)) == (f"params_name {clause}",)


def test_two_runs_never_have_the_same_run(recipe_for: MakeRecipe, outcome_of: MakeOutcome) -> None:
    runs = {record(recipe_for(), outcome_of())["RUNID"] for _ in range(20)}
    assert len(runs) == 20


def test_a_product_fits_what_it_was_made_from(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, tmp_path: Path
) -> None:
    for recipe in (recipe_for(), recipe_for(zero_point=float("nan"), pix_scale=1 / 3)):
        header = through_a_file(record(recipe, outcome_of()), tmp_path)
        assert find_changes(header, recipe) == ()


@pytest.mark.parametrize(
    ("changed", "clauses"),
    [
        ({"parameters": Parameters(detect_thresh=2.5)}, ["detect_thresh was 1.8 and is 2.5"]),
        (
            {"parameters": Parameters(detect_minarea=5, clean=False)},
            ["detect_minarea was 9 and is 5", "clean was True and is False"],
        ),
        (
            {"parameters": Parameters(phot_autoparams=(2.0, 4.0))},
            ["phot_autoparams was 2.5,4.0 and is 2.0,4.0"],
        ),
        ({"aper_diams": (0.32,)}, ["aper_diams was 0.32 0.5 and is 0.32"]),
        ({"zero_point": 25.0}, ["zero_point was 28.9 and is 25.0"]),
        ({"zero_point": float("nan")}, ["zero_point was 28.9 and is unknown"]),
        ({"pix_scale": 0.03}, ["pix_scale was 0.04 and is 0.03"]),
        ({"err_type": "rms_err"}, ["err_type was wht and is rms_err"]),
        ({"method": "sextractor"}, ["method was skyseg and is sextractor"]),
    ],
)
def test_each_changed_setting_is_named_with_both_values(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, changed: dict, clauses: list[str]
) -> None:
    header = record(recipe_for(), outcome_of())
    assert list(find_changes(header, recipe_for(**changed))) == clauses


@pytest.mark.parametrize(("was", "now"), [(None, "MAP_VAR"), ("MAP_VAR", None)])
def test_a_parameter_without_a_card_was_none(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, was: WeightType, now: WeightType
) -> None:
    first, second = (
        recipe_for(parameters=Parameters(weight_type=each), set_name="own") for each in (was, now)
    )
    header = record(first, outcome_of())
    assert ("WEIGHT_TYPE" in header) == (was is not None)
    assert find_changes(header, first) == ()
    clause = f"weight_type was {was or 'none'} and is {now or 'none'}"
    assert find_changes(header, second) == (clause,)


def test_a_parameter_that_was_not_recorded_is_named(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome
) -> None:
    header = record(recipe_for(), outcome_of())
    del header["BACK_SIZE"]
    assert find_changes(header, recipe_for()) == ("back_size was not recorded and is 64",)


def test_a_changed_input_is_named(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path]
) -> None:
    header = record(recipe_for(), outcome_of())
    sci = inputs[0]
    content = bytearray(sci.read_bytes())
    content[-1] ^= 1
    sci.write_bytes(content)
    assert find_changes(header, recipe_for()) == (f"the file of SCI {sci}[0] has changed",)
    sci.write_bytes(content + bytes(2880))
    size = len(content)
    assert find_changes(header, recipe_for()) == (
        f"SCI {sci}[0] had {size} bytes and has {size + 2880}",
    )


@pytest.mark.parametrize("more", [b"", bytes(2880)])
def test_another_file_is_not_said_to_have_changed(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path], more: bytes
) -> None:
    header = record(recipe_for(), outcome_of())
    (sci, wht), other = inputs, inputs[0].with_name("other.fits")
    other.write_bytes(sci.read_bytes()[:-1] + b"x" + more)
    sources = InputMap.of("SCI", MapRef(other, 0)), InputMap.of("WHT", MapRef(wht, 0))
    found = find_changes(header, recipe_for(inputs=sources))
    assert found == (f"SCI {sci}[0] was read and now SCI {other}[0] is",)


def test_a_file_that_was_only_touched_or_moved_is_the_same(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    header = record(recipe_for(), outcome_of())
    os.utime(inputs[0], ns=(1, 1))
    assert find_changes(header, recipe_for()) == ()
    moved = shutil.copy(inputs[1], tmp_path / "moved.fits")
    sources = InputMap.of("SCI", MapRef(inputs[0], 0)), InputMap.of("WHT", MapRef(moved, 0))
    assert find_changes(header, recipe_for(inputs=sources)) == ()


def test_another_map_in_place_of_an_input_is_named(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path]
) -> None:
    header = record(recipe_for(), outcome_of())
    sci, wht = inputs
    same_sci = InputMap.of("SCI", MapRef(sci, 0))
    rms = recipe_for(inputs=(same_sci, InputMap.of("ERR", MapRef(wht, 0))))
    assert find_changes(header, rms) == (f"WHT {wht}[0] was read and now ERR {wht}[0] is",)
    other_ext = recipe_for(inputs=(same_sci, InputMap.of("WHT", MapRef(wht, 1, "WHT"))))
    assert find_changes(header, other_ext) == (f"WHT {wht}[0] was read and now WHT {wht}[WHT] is",)


def test_what_came_went_or_changed_among_many_inputs_is_named_and_nothing_else(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    def ask(*names: str, folder: str = "a") -> Recipe:
        files = [tmp_path / folder / f"{name}.fits" for name in names]
        for file in files:
            file.parent.mkdir(exist_ok=True)
            if not file.exists():
                shutil.copy(inputs[0], file)
        return recipe_for(
            inputs=tuple(
                InputMap.of("MASK" if "mask" in file.name else "SCI", MapRef(file, 0))
                for file in files
            )
        )

    a = tmp_path / "a"
    made = record(ask("f1", "f1_mask", "f2", "f3", "f3_mask"), outcome_of())
    for names, told in (
        (("f1", "f1_mask", "f2", "f2_mask", "f3", "f3_mask"),
         f"MASK {a}/f2_mask.fits[0] was not read and now is"),
        (("f1", "f2", "f3", "f3_mask"), f"MASK {a}/f1_mask.fits[0] was read and now is not"),
        (("f0", "f1", "f1_mask", "f2", "f3", "f3_mask"),
         f"SCI {a}/f0.fits[0] was not read and now is"),
        (("f1", "f1_mask", "f3", "f3_mask"), f"SCI {a}/f2.fits[0] was read and now is not"),
    ):  # fmt: skip
        assert find_changes(made, ask(*names)) == (told,)
    assert find_changes(made, ask("f1", "f2", "f3")) == (
        f"MASK {a}/f1_mask.fits was read and now no MASK is given",
        f"MASK {a}/f3_mask.fits was read and now no MASK is given",
    )
    moved = ask("f1", "f1_mask", "f2", "f2_mask", "f3", "f3_mask", folder="b")
    assert find_changes(made, moved) == (
        f"MASK {tmp_path}/b/f2_mask.fits[0] was not read and now is",
    )


def test_an_input_whose_pixels_are_not_those_of_its_datasum_is_refused(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path]
) -> None:
    fits.PrimaryHDU(np.ones((9, 9), np.float32)).writeto(inputs[1], checksum=True, overwrite=True)
    content = bytearray(inputs[1].read_bytes())
    content[2880] ^= 1
    inputs[1].write_bytes(content)
    with pytest.raises(ImageError, match=rf"the pixels of {inputs[1]}\[0\] are not those"):
        record(recipe_for(), outcome_of())


def test_an_input_that_changes_during_the_run_is_refused(
    recipe_for: MakeRecipe, outcome_of: MakeOutcome, inputs: tuple[Path, Path]
) -> None:
    recipe = recipe_for()
    os.utime(inputs[1], ns=(0, 0))
    with pytest.raises(ImageError, match=rf"{inputs[1]}\[0\] was changed while it was being used"):
        record(recipe, outcome_of())


def test_an_input_that_is_gone_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=f"{tmp_path}/gone.fits cannot be looked up"):
        InputMap.of("SCI", MapRef(tmp_path / "gone.fits", 0))


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(parts=["ends in blanks  "])
@example(parts=["it's", "100%27", "''", "a & b"])
@example(parts=["'", "''", "a '", "b &"])
@given(parts=st.lists(names.filter(lambda name: name not in (".", "..")), min_size=1, max_size=9))
def test_any_path_survives_the_header(
    recipe_for: MakeRecipe,
    outcome_of: MakeOutcome,
    inputs: tuple[Path, Path],
    tmp_path: Path,
    parts: list[str],
) -> None:
    folder = tmp_path / "any"
    path = folder.joinpath(*parts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(inputs[0].read_bytes())
    except OSError:
        reject()
    recipe = recipe_for(inputs=(InputMap.of("SCI", MapRef(path, 0)),))
    header = through_a_file(record(recipe, outcome_of()), tmp_path)
    shutil.rmtree(folder)
    assert find_changes(header, recipe) == ()
