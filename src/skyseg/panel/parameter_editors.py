"""The widgets in which parameters are edited, made by what parameters say of themselves."""

from __future__ import annotations

from typing import Any

from magicgui import widgets

from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters


def make_editor(name: str) -> Any:
    """Make the widget of one parameter; its tooltip says what it does, and its unit."""
    described = Parameters.describe(name)
    unit = f" [{described.unit}]" if described.unit else ""
    common: dict[str, Any] = {
        "name": name,
        "label": name.upper(),
        "tooltip": f"{described.about}{unit}",
    }
    if described.choices:
        choices = ("", *described.choices) if described.optional else described.choices
        return widgets.ComboBox(choices=choices, value=described.default or "", **common)
    if described.kind is bool:
        box = widgets.CheckBox(name=name, tooltip=common["tooltip"])
        box.text = name.upper()  # which keeps the underscores
        return box
    if described.kind is int:
        limits: dict[str, Any] = {"min": described.low, "max": described.high}
        return widgets.SpinBox(**limits, **common)
    return widgets.LineEdit(**common)


def parse(name: str, value: Any) -> Any:
    """Return the value of a parameter that its editor holds; text that is no number stays text."""
    described = Parameters.describe(name)
    if described.optional and value == "":
        return None
    if not isinstance(value, str) or described.kind not in (float, tuple):
        return value
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        return value
    return numbers[0] if len(numbers) == 1 and not described.several else numbers


def show_value(editor: Any, name: str, parameters: Parameters) -> None:
    """Write a value into its editor, unless it stands there already in another spelling.

    A kernel of one's own joins the names to choose from, until another one does.
    """
    value = getattr(parameters, name)
    if parse(name, editor.value) != value:
        if isinstance(value, Kernel):
            names = Parameters.describe(name).choices
            editor.choices = [*((each, each) for each in names), (value.name, value)]
        value = "" if value is None else value
        text = ", ".join(f"{part:.10g}" for part in value) if isinstance(value, tuple) else value
        editor.value = f"{text:.10g}" if isinstance(text, float) else text
