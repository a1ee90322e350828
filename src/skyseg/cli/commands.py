"""The commands: options in, the public interface called, a table or JSON out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skyseg.cli.completing import (
    complete_cmaps,
    complete_exts,
    complete_formats,
    complete_places,
    complete_sample_bands,
    complete_sets,
)
from skyseg.cli.inputs import Archive, Extraction, Inputs, open_bands, with_options
from skyseg.cli.messages import raise_last
from skyseg.cli.options import (
    Debug,
    Json,
    Overwrite,
    RegionOption,
    Scheduler,
    VerifyInputs,
)
from skyseg.cli.parsing import parse_region
from skyseg.cli.printing import (
    format_value,
    list_failed,
    name_files,
    print_folders,
    print_json,
    print_records,
    print_table,
)

if TYPE_CHECKING:
    from skyseg.engine.parameters import Parameters


@with_options
def segment(
    inputs: Inputs,
    extraction: Extraction,
    archive: Archive,
    region: RegionOption = None,
    overwrite: Overwrite = False,
    verify: VerifyInputs = False,
    scheduler: Scheduler = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make or load the SEG map, BKG map and catalogue of bands.

    A band that fails stops no other; the exit code is that of the first one.

    \b
    Examples:
      skyseg segment JOF v11 --band F444W --err-type wht
      skyseg segment JOF v11 --version-to-dir morgan --method sextractor
      skyseg segment --sci a.fits[SCI] --err a.fits[ERR] --out ./products
      skyseg segment JOF v11 --parameters survey.sex --params survey.param
      skyseg segment JOF v11 --band F444W --region "53.16 -27.79" 30arcsec
      skyseg segment JOF v11 --scheduler tcp://node1:8786
      skyseg segment --sci sci.fits --wht wht.fits --zero-point 28.9 --json
    """  # noqa: D301
    from skyseg.cli.running import COLUMNS, list_segmented, segment_bands
    from skyseg.survey.batch import raise_failed

    bands = open_bands(inputs, archive)
    runs = segment_bands(
        bands,
        **extraction.arguments(),
        region=parse_region(region),
        overwrite=overwrite,
        verify=verify,
        client=scheduler,
    )
    done = list_segmented(runs)
    if not done:
        raise_failed(runs, bands.lost)
    if as_json:
        errors = {run.key: run.error for run in runs if run.error is not None}
        failed = list_failed(errors | dict(bands.lost))
        print_json({"bands": [each.as_json() for each in done], "failed": failed})
    else:
        print_table(COLUMNS, [each.as_row() for each in done])
        print_folders(each.products.paths.seg for each in done)
    raise_failed(runs, bands.lost)


@with_options
def plot(
    inputs: Inputs,
    *,
    ext: Annotated[
        str,
        typer.Option(
            metavar="[SEG|SCI|ERR|WHT|BKG]",
            help="Which map is drawn.",
            autocompletion=complete_exts,
        ),
    ] = "SEG",
    region: RegionOption = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Draw the outlines of SEG over the map.")
    ] = False,
    cmap: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Colours, by matplotlib's name.",
            show_default=False,
            autocompletion=complete_cmaps,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File to write.  [default: opens a window]", show_default=False
        ),
    ] = None,
    extraction: Extraction,
    archive: Archive,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Plot a map of one band, or of several in a grid.

    SEG and BKG are loaded, or made. A band that fails is left out, and stops no other.

    \b
    Examples:
      skyseg plot JOF v11 --save seg.png
      skyseg plot JOF v11 --band F444W --ext SCI --overlay --region 12 4arcsec
      skyseg plot JOF v11 --band F444W --region "53.16 -27.79" 10arcsec,5arcsec
      skyseg plot --sci a.fits --ext SCI --region 500,620 200 --save zoom.pdf
    """  # noqa: D301
    from skyseg.cli.drawing import draw
    from skyseg.survey.batch import raise_errors

    options = {"region": parse_region(region), "overlay": overlay, "cmap": cmap}
    opened = open_bands(inputs, archive)
    bands, failed = draw(opened, ext, save, options, extraction.arguments())
    if as_json:
        print_json({
            "bands": bands,
            "ext": ext.upper(),
            "save": save and str(save.absolute()),
            "failed": list_failed(failed),
        })  # fmt: skip
    elif save is not None:
        typer.echo(str(save))
    raise_errors(failed, len(bands) + len(failed), "drawn")


@with_options
def info(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="SURVEY VERSION | FILE",
            help="What to describe.",
            autocompletion=complete_places,
        ),
    ],
    archive: Archive,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Describe a survey, a FITS file, or what made a product.

    \b
    Examples:
      skyseg info JOF v11
      skyseg info jof_f444w_i2d.fits
      skyseg info JOF_F444W_F444W_sel_cat_v11_seg.fits
      skyseg info JOF v11 --json
    """  # noqa: D301
    from skyseg.cli import listing
    from skyseg.errors import DataNotFoundError, ParameterError
    from skyseg.imaging.remote import is_url, open_url
    from skyseg.survey.batch import raise_errors

    if len(what) > 2:
        raise ParameterError(
            f"{' '.join(what)} is too much", hint="give SURVEY VERSION, or one FILE"
        )
    if len(what) == 1:
        file = open_url(what[0]) if is_url(what[0]) else Path(what[0])
        if not file.exists():
            raise DataNotFoundError(
                f"there is no file {what[0]}", hint="give one that exists, or SURVEY and VERSION"
            )
        hdus, making = listing.describe_hdus(file), listing.find_making(file)
        if as_json:
            print_json({"file": str(file.absolute()), "hdus": hdus, "made_from": making})
        else:
            print_records([listing.spell_scale(each) for each in hdus])
            if making is not None:
                typer.echo("\n" + listing.spell_making(making))
        return
    bands = open_bands(Inputs(survey=what[0], version=what[1]), archive)
    products = listing.list_products(bands)
    records = [listing.describe_band(band) for band in bands]
    number = len(bands) + len(bands.lost)
    faults = [each["error"] for each in products if each["error"] is not None]
    if as_json:
        failed = list_failed(bands.lost)
        told = [each | {"error": each["error"] and str(each["error"])} for each in products]
        print_json({"bands": records, "products": told, "failed": failed})
        raise_errors(bands.lost, number, "opened")
        raise_last(faults)
        return
    rows = [listing.spell_scale(each) for each in records]
    print_records([name_files(each, "sci", "err", "wht") for each in rows])
    print_folders(band.sci.path for band in bands)
    typer.echo("")
    if products:
        print_records([_without_error(name_files(each, "file")) for each in products])
        print_folders(Path(each["file"]) for each in products)
    else:
        typer.echo("no products")
    raise_errors(bands.lost, number, "opened")
    raise_last(faults)


def _without_error(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "error"}


def sample(
    directory: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The archive that it is put into.")
    ],
    survey: Annotated[str, typer.Option(metavar="NAME", help="Name of the survey.")] = "sample",
    version: Annotated[str, typer.Option(metavar="NAME", help="Its version.")] = "v1",
    band: Annotated[
        list[str],
        typer.Option(
            "--band",
            metavar="BAND",
            help="NIRCam filter; may be repeated.",
            autocompletion=complete_sample_bands,
        ),
    ] = ["F115W", "F200W", "F444W"],  # noqa: B006
    shape: Annotated[
        tuple[int, int], typer.Option(metavar="NY NX", help="Image shape in pixels.")
    ] = (1024, 1024),
    n_sources: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Sources.  [default: density of a deep field]", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Same arguments, same seed, same bytes.")
    ] = 0,
    correlation: Annotated[
        float,
        typer.Option(metavar="R", help="Correlation of adjacent pixels' noise, as of drizzling."),
    ] = 0.0,
    err_scale: Annotated[
        float, typer.Option(metavar="F", help="How many times the true noise ERR tells.")
    ] = 1.0,
    spikes: Annotated[
        float, typer.Option(metavar="PART", help="Light of a star in halo and spikes.")
    ] = 0.0,
    clumps: Annotated[int, typer.Option(metavar="N", help="Clumps in each large disc.")] = 0,
    companions: Annotated[
        int, typer.Option(metavar="N", help="Faint companions of bright galaxies, besides.")
    ] = 0,
    diffuse: Annotated[
        int, typer.Option(metavar="N", help="Galaxies of low surface brightness, besides.")
    ] = 0,
    overwrite: Overwrite = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make or find a simulated NIRCam survey with its truth.

    \b
    Examples:
      skyseg sample ./data
      skyseg sample ./data --survey big --band F200W --shape 8192 8192 --seed 3
      skyseg sample ./data --survey hard --correlation 0.6 --spikes 0.1 --clumps 8
    """  # noqa: D301
    from skyseg.samples import make_survey

    made = make_survey(
        directory,
        survey=survey,
        version=version,
        bands=band,
        shape=shape,
        n_sources=n_sources,
        seed=seed,
        correlation=correlation,
        err_scale=err_scale,
        spikes=spikes,
        clumps=clumps,
        companions=companions,
        diffuse=diffuse,
        overwrite=overwrite,
    )
    records = [
        {
            "band": name,
            "made": name in made.made,
            "image": str(path),
            "truth_seg": str(made.truth_segs[name]),
            "truth_cat": str(made.truth_cats[name]),
        }
        for name, path in made.images.items()
    ]
    if as_json:
        print_json({"directory": str(made.directory), "bands": records})
    else:
        print_records([name_files(each, "image", "truth_seg", "truth_cat") for each in records])
        print_folders([*made.images.values(), *made.truth_segs.values()])


def config(as_json: Json = False, debug: Debug = False) -> None:
    """Print the settings in force and where each comes from.

    \b
    Examples:
      skyseg config
      SKYSEG_WORK_DIR=/scratch skyseg config --json
    """  # noqa: D301
    from skyseg.settings import config as settings

    records = [
        {"setting": name, "value": value, "from": settings.origin(name)}
        for name, value in settings.as_dict().items()
    ]
    if as_json:
        print_json({"settings": records})
    else:
        print_records([{**each, "value": format_value(each["value"])} for each in records])


def _as_dict(values: Parameters) -> dict[str, Any]:
    return {name: getattr(values, name) for name in values.names()}


def parameters(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[SET]",
            help="A parameter set to print: its name, or a TOML or .sex file.",
            show_default=False,
            autocompletion=complete_sets,
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="[toml|sex]",
            help="What it is printed as.",
            autocompletion=complete_formats,
        ),
    ] = "toml",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the parameter sets, or print one as a file.

    \b
    Examples:
      skyseg parameters
      skyseg parameters crowded > mine.toml
      skyseg parameters default --format sex > survey.sex
    """  # noqa: D301
    from skyseg.cli.set_listing import list_parameter_sets, spell_set
    from skyseg.errors import ParameterError
    from skyseg.methods import parameter_sets
    from skyseg.methods.parameter_texts import write_sex, write_toml

    writers = {"toml": write_toml, "sex": write_sex}
    if form not in writers:
        raise ParameterError(f"is {form!r}", hint="use toml or sex", argument="format")
    if name is not None:
        found = parameter_sets.find(name)
        if as_json:
            told: dict[str, Any] = {
                "set": found.name,
                "source": found.source,
                "values": _as_dict(found.values),
            }
            if found.hot is not None:
                told |= {"hot": _as_dict(found.hot.parameters), "children": found.hot.children}
            print_json(told)
        else:
            typer.echo(spell_set(found, writers[form]), nl=False)
        return
    records = list_parameter_sets()
    if as_json:
        print_json({"sets": records})
    else:
        print_records(records)
