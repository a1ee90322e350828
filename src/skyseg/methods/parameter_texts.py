"""Extraction parameters as text: TOML, or a ``.sex`` file, which SExtractor reads too."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods.kernel_file import spell_kernel

# Settings that SExtractor does not know before version 2.27, written where they say something.
_RECENT: Final = ("BACK_PEARSON",)


_WORD: Final = re.compile(r'(?!#)[^\s"=,;$]+')
_RENAME: Final = "give it a name without blanks, quotes, = , ; $ and a # in front"


def write_toml(parameters: Parameters, title: str = "") -> str:
    """Return parameters as a TOML file, each with what it is.

    Parameters
    ----------
    parameters : Parameters
        The values. What is None is left out, as None is where nothing is said.
    title : str, optional
        What the set is, for the first line.

    Examples
    --------
    >>> print(write_toml(Parameters()).splitlines()[1])
    detect_minarea = 9  # Fewest pixels above the threshold that make a source (pix)
    """
    lines = [f"# {_on_one_line(title)}"] if title else []
    for name in Parameters.names():
        value = getattr(parameters, name)
        if value is not None:
            lines.append(f"{name} = {_toml(value)}{_remark(name)}")
    return "\n".join(lines) + "\n"


def write_sex(parameters: Parameters, title: str = "") -> str:
    """Return parameters as a configuration file of SExtractor, each with what it is.

    What the call or the image says, and not the parameters, the file leaves out: the
    program then has its own, of apertures one of 5 pixels. A kernel of one's own stands in
    comments, to be saved beside. SExtractor knows no quotes: a name with a blank, a comma or
    the like cannot be written.

    Parameters
    ----------
    parameters : Parameters
        The values.
    title : str, optional
        What the set is, for the first line.

    Raises
    ------
    ParameterError
        If the name of the kernel or of the flag map is none that SExtractor reads as it is.

    Examples
    --------
    >>> print(write_sex(Parameters()).splitlines()[5])
    FILTER Y  # Whether the image is smoothed before detection
    """
    lines = [f"# {_on_one_line(title)}"] if title else []
    _check_names(parameters)
    for key, value in {**parameters.to_sextractor(), **_said_otherwise(parameters)}.items():
        name = key.lower()
        default = Parameters.describe(name).default
        if key not in _RECENT or getattr(parameters, name) != default:
            lines.append(f"{key} {value}{_remark(name)}")
    if isinstance(parameters.filter_name, Kernel):
        lines.append(f"# save as {parameters.filter_name.name}.conv:")
        lines += (f"# {line}" for line in spell_kernel(parameters.filter_name))
    return "\n".join(lines) + "\n"


def _check_names(parameters: Parameters) -> None:
    """Refuse names that are not read back from a ``.sex`` file as they were."""
    if parameters.thresh_unit != "rms":
        raise ParameterError(
            "a .sex file cannot hold the thresh_unit 'filtered', which SExtractor does not know",
            hint="write a TOML file, or use the thresh_unit rms",
        )
    if parameters.clean_psf is not None:
        raise ParameterError(
            "a .sex file cannot hold a clean_psf, which SExtractor does not know",
            hint="write a TOML file, or leave it out",
        )
    kernel = parameters.filter_name
    named = kernel.name if isinstance(kernel, Kernel) else kernel
    if "/" in named or not _is_one_word(f"{named}.conv"):
        raise ParameterError(
            f"a .sex file cannot hold the name of the kernel, {named!r}",
            hint=f"{_RENAME}, without /",
        )
    flags = parameters.flag_image
    if flags is not None and not _is_one_word(flags):
        raise ParameterError(
            f"a .sex file cannot hold the name of the flag map, {flags!r}", hint=_RENAME
        )


def _is_one_word(text: str) -> bool:
    return bool(_WORD.fullmatch(text)) and text.isprintable()


def _on_one_line(title: str) -> str:
    return "".join(each if each.isprintable() else " " for each in title)


def _said_otherwise(parameters: Parameters) -> dict[str, str]:
    kernel = parameters.filter_name
    said = {"FILTER_NAME": f"{kernel.name if isinstance(kernel, Kernel) else kernel}.conv"}
    return said if parameters.pixel_scale is not None else {**said, "PIXEL_SCALE": "0"}


def _remark(name: str) -> str:
    described = Parameters.describe(name)
    return f"  # {described.about}" + (f" ({described.unit})" if described.unit else "")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Kernel):
        parts = {"name": value.name, "norm": value.norm, "weights": value.weights}
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in parts.items()) + " }"
    return repr(value)
