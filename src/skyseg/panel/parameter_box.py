"""The part of the panel with the parameters: the set, what differs from it, each value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from magicgui import widgets

from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError, SkysegError
from skyseg.methods import parameter_sets
from skyseg.panel.parameter_editors import make_editor, mark_change, parse, show_value, spell_value
from skyseg.panel.session import Session
from skyseg.panel.stacking import Backend, make_check, make_combo, show, silence, stack, use_backend
from skyseg.panel.wording import worded

_CHANGED: Final = "\n"  # no set has such a name


class ParameterBox:
    """Chooses a parameter set, says what differs from it, and saves values under a name.

    Parameters
    ----------
    session : Session
        Whose parameters they are.
    kind : {"qt", "ipynb"}
        What its widgets are for, as for `skyseg.panel.controls.Panel`.
    say : callable
        Told in one line what was saved.
    complain : callable
        Told why a value or a set is not taken; an empty text where that is mended.

    Attributes
    ----------
    choice : magicgui.widgets.ComboBox
        The sets; one whose values are changed is called so, and can be chosen again.
    changes : magicgui.widgets.Label
        The changed values and what they are in the set; hidden where there are none.
    show_all : magicgui.widgets.CheckBox
        Whether every value is shown.
    editors : dict of str to widget
        An editor for each parameter.
    name, save : magicgui.widgets.LineEdit, magicgui.widgets.PushButton
        Where a name for the values is typed, and what saves them.
    parts, all : magicgui.widgets.Container
        What is always shown, but the choice; and what only `show_all` shows.
    """

    def __init__(
        self,
        session: Session,
        kind: Backend,
        *,
        say: Callable[[str], None],
        complain: Callable[[str], None],
    ) -> None:
        self._session, self._kind, self._say, self._complain = session, kind, say, complain
        about = "A named set of extraction parameters; chosen again it gives its values back"
        self.choice = make_combo("Parameters", about, self._list_sets)
        self.changes = widgets.Label(
            value="", visible=False, tooltip="The values that differ from those of the set"
        )
        self.show_all = make_check("All parameters", "Show every value, open to change")
        self.editors = {name: make_editor(name) for name in Parameters.names()}
        self.name = widgets.LineEdit(label="Save as", tooltip=_about_saving())
        self.save = widgets.PushButton(text="Save set", tooltip=_about_saving())
        self.all = stack([*self.editors.values(), self.name, self.save])
        self.all.visible = False
        self._listen()

    def refresh(self) -> None:
        """Show the session's set and values."""
        session = self._session
        try:
            changed = session.find_changed_parameters()
            chosen = parameter_sets.load(session.parameter_set)[1]
        except ParameterError as error:  # its file is gone, or was changed
            self._complain(worded(error))
            changed, chosen = (), session.parameters
        # a label that changes is measured by the kind of window that is in use
        with use_backend(self._kind), silence((self.choice, *self.editors.values())):
            show(self.choice, _CHANGED if changed else session.parameter_set)
            for name, editor in self.editors.items():
                show_value(editor, name, session.parameters)
                of_set = f"{session.parameter_set}: {spell_value(getattr(chosen, name))}"
                mark_change(editor, name, of_set if name in changed else "")
        self.changes.value = "\n".join(
            f"{name.upper()} {spell_value(getattr(session.parameters, name))} "
            f"({session.parameter_set}: {spell_value(getattr(chosen, name))})"
            for name in changed
        )
        self.changes.visible = bool(changed)

    def _listen(self) -> None:
        self.choice.changed.connect(self._choose)
        self.show_all.changed.connect(self._show_all)
        self.save.changed.connect(self._save)
        for name, editor in self.editors.items():
            editor.changed.connect(self._make_writer(name))

    def _make_writer(self, name: str) -> Callable[[Any], None]:
        def write(value: Any) -> None:
            try:
                changed = self._session.parameters.replace(**{name: parse(name, value)})
            except ParameterError as error:
                self._complain(worded(error))
                return
            self._session.parameters = changed
            self._complain("")

        return write

    def _choose(self, name: str) -> None:
        if name == _CHANGED:
            return
        try:
            self._session.use_parameter_set(name)
        except ParameterError as error:
            self.refresh()
            self._complain(worded(error))

    def _save(self) -> None:
        try:
            path = self._session.save_parameter_set(self.name.value)
        except SkysegError as error:
            self._complain(worded(error))
            return
        self._say(f"the parameter set {self.name.value} is saved in {path}")
        self.name.value = ""

    def _show_all(self, shown: bool) -> None:
        self.all.visible = shown

    def _list_sets(self, _: Any) -> list[tuple[str, str]]:
        name = self._session.parameter_set
        known = (*parameter_sets.names(), *parameter_sets.TWO_PASSES)
        names = known if name in known else (*known, name)
        try:
            changed = bool(self._session.find_changed_parameters())
        except ParameterError:
            changed = False
        first = [(f"{name}, changed", _CHANGED)] if changed else []
        return [*first, *((each, each) for each in names)]


def _about_saving() -> str:
    return (
        "Save these values as a parameter set of your own: a TOML file in "
        f"{parameter_sets.own_directory()}, which Python and the shell know by its name too"
    )
