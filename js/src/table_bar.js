// What stands over a table: its filter, how many rows there are, and which parts are shown.

function element(tag, className, parent, properties = {}) {
  const made = Object.assign(document.createElement(tag), { className, ...properties });
  parent.append(made);
  return made;
}

export class TableBar {
  constructor(root, model, kernel) {
    this.model = model;
    this.kernel = kernel;
    this.bound = [];
    this.bar = element("div", "skyseg-controls skyseg-table-bar", root);
    this.makeFilter();
    this.status = element("span", "skyseg-table-status", this.bar, { role: "status" });
    this.follow("_status", (text) => {
      this.status.textContent = text;
    });
    this.makeChooser(root);
    this.error = element("p", "skyseg-note", root, { role: "alert" });
    this.follow("_error", (text) => {
      this.error.textContent = text;
      this.error.hidden = !text;
      this.filter.setAttribute("aria-invalid", String(Boolean(text)));
      if (!text) this.filter.value = this.model.get("_filter");
    });
  }

  follow(trait, update) {
    const act = () => update(this.model.get(trait));
    this.model.on(`change:${trait}`, act);
    this.bound.push([`change:${trait}`, act]);
    act();
  }

  makeFilter() {
    const label = element("label", "skyseg-table-filter", this.bar, {
      textContent: "Filter",
      hidden: !this.model.get("_example"), // where an example is there is a filter
    });
    this.filter = element("input", "", label, { type: "search", spellcheck: false });
    this.filter.placeholder = this.model.get("_example");
    this.filter.title = `Enter applies it: comparisons such as ${this.model.get("_example")}`;
    const apply = () => this.kernel.tell("filter", { text: this.filter.value });
    this.filter.addEventListener("change", apply);
    this.filter.addEventListener("keydown", ({ key }) => key === "Enter" && apply());
    this.filter.addEventListener("search", () => this.filter.value === "" && apply());
    this.follow("_filter", (text) => {
      this.filter.value = text;
    });
  }

  // It stays open while several are chosen, and pushes the table down: hosts cut off what
  // reaches out of the view.
  makeChooser(root) {
    this.chooser = element("button", "", this.bar, { type: "button" });
    this.groups = element("div", "skyseg-choices", root, { hidden: true });
    this.chooser.addEventListener("click", () => this.open(this.groups.hidden));
    this.groups.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.open(false);
      this.chooser.focus();
      event.stopPropagation();
    });
    this.follow("_choice_name", (what) => {
      this.chooser.title = `${what} that are shown`;
      this.open(false);
    });
    this.follow("_groups", (groups) => {
      this.chooser.hidden = groups.length === 0;
      this.drawGroups(groups);
    });
  }

  open(shown) {
    this.groups.hidden = !shown;
    this.chooser.setAttribute("aria-expanded", String(shown));
    this.chooser.textContent = `${this.model.get("_choice_name")} ${shown ? "▴" : "▾"}`;
  }

  drawGroups(groups) {
    const names = JSON.stringify(groups.map(({ name, parts }) => [name, ...parts.map((each) => each.name)]));
    if (names !== this.names) {
      this.names = names;
      this.boxes = new Map();
      this.groups.replaceChildren();
      for (const { name, parts } of groups) this.drawGroup(name, parts);
    }
    for (const { parts } of groups) {
      for (const { name, shown } of parts) this.boxes.get(name).checked = shown;
    }
  }

  drawGroup(name, parts) {
    const set = element("fieldset", "", this.groups);
    element("legend", "", set, { textContent: name });
    for (const each of parts) {
      const label = element("label", "", set, { title: each.help });
      const box = element("input", "", label, { type: "checkbox" });
      label.append(each.name);
      box.addEventListener("change", () =>
        this.kernel.tell("part", { name: each.name, shown: box.checked }),
      );
      this.boxes.set(each.name, box);
    }
  }

  close() {
    for (const [event, act] of this.bound) this.model.off(event, act);
  }
}
