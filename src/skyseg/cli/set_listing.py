"""Parameter sets: those there are, and one as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyseg.cli.messages import SHELL
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods import parameter_sets


def list_parameter_sets() -> list[dict[str, Any]]:
    """List the parameter sets that go by a name, with their sources, or with what is wrong."""
    records = []
    for name in (*parameter_sets.names(), *parameter_sets.TWO_PASSES):
        try:
            source = _tell_source(parameter_sets.find(name))
        except ParameterError as error:
            source = error.advice.worded(SHELL)
        records.append({"set": name, "source": source})
    return records


def _tell_source(found: parameter_sets.ParameterSet) -> str:
    """Tell what a set is, of two passes by the names of their sets."""
    if found.hot is None:
        return found.source
    hot, cold, *_ = found.name.split("+")
    inside = ", and inside them as children" if found.hot.children else ""
    return f"two passes: what {hot} finds beside the sources of {cold}{inside}"


def spell_set(found: parameter_sets.ParameterSet, write: Callable[[Parameters, str], str]) -> str:
    """Spell a parameter set as a file, of two passes as a file each, the cold one first."""
    if found.hot is None:
        return write(found.values, f"{found.name}: {found.source}")
    title = f"{found.name}: {_tell_source(found)}"
    cold = write(found.values, f"{title}. First the cold pass, a file of its own:")
    return f"{cold}\n{write(found.hot.parameters, 'The hot pass, a file of its own:')}"
