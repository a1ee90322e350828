"""The widgets in which parameters are edited, made by what parameters say of themselves."""

from __future__ import annotations

from typing import Any

from magicgui import widgets

from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters


def make_editor(name: str) -> Any:
    """Make the widget of one parameter; its tooltip says what it does, and its unit."""
    described = Parameters.describe(name)
    common: dict[str, Any] = {"name": name, "label": name.upper(), "tooltip": _describe(name)}
    if described.choices:
        choices: list[Any] = [("none", "")] if described.optional else []
        choices += [(each, each) for each in described.choices]
        return widgets.ComboBox(choices=choices, value=described.default or "", **common)
    if described.kind is bool:
        box = widgets.CheckBox(name=name, tooltip=common["tooltip"])
        box.text = name.upper()  # which keeps the underscores
        return box
    if described.kind is int:
        limits: dict[str, Any] = {"min": described.low, "max": described.high}
        return widgets.SpinBox(**limits, **common)
    return widgets.LineEdit(**common)


def _describe(name: str) -> str:
    """Return what a parameter does, and its unit."""
    described = Parameters.describe(name)
    return f"{described.about} [{described.unit}]" if described.unit else described.about


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
        is_text = isinstance(value, tuple | float) or value is None
        editor.value = spell_value(value) if is_text else value


def spell_value(value: Any) -> str:
    """Write a value as its editor shows it.

    Examples
    --------
    >>> spell_value((2.0, 3.5)), spell_value(0.005), spell_value(True), spell_value(None)
    ('2, 3.5', '0.005', 'yes', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(f"{part:.10g}" for part in value)
    if isinstance(value, Kernel):
        return value.name
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def mark_change(editor: Any, name: str, of_set: str) -> None:
    """Mark an editor whose value is not that of the chosen set, and say that one.

    Parameters
    ----------
    editor : magicgui widget
        The editor.
    name : str
        The parameter.
    of_set : str
        The set and its value; empty where the editor holds it.
    """
    label = f"{name.upper()}{' *' if of_set else ''}"
    about = _describe(name)
    tooltip = f"{about} ({of_set})" if of_set else about
    if editor.tooltip != tooltip:
        editor.tooltip = tooltip
    if isinstance(editor, widgets.CheckBox):
        if editor.text != label:
            editor.text = label
    elif editor.label != label:
        editor.label = label
