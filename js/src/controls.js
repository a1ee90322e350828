// The row of controls over the canvas; each is tied to one trait.

const STRETCHES = ["linear", "asinh", "sqrt", "log"];
const STYLES = { filled: "filled", contour: "contour", off: "off" };

function labelled(first, second, parent) {
  const label = document.createElement("label");
  label.append(first, second);
  parent.append(label);
  return label;
}

export class Controls {
  constructor(parent, model, actions) {
    this.model = model;
    this.bound = [];
    this.bar = document.createElement("div");
    this.bar.className = "skyseg-controls";
    this.bar.setAttribute("role", "toolbar");
    this.bar.setAttribute("aria-label", "View");
    parent.append(this.bar);
    this.select("Stretch", "stretch", Object.fromEntries(STRETCHES.map((name) => [name, name])));
    this.limit("Low", 0);
    this.limit("High", 1);
    this.select("Labels", "label_style", STYLES);
    this.range("Opacity", "opacity");
    const zoom = this.group("Zoom");
    this.button("−", "Zoom out (−)", () => actions.zoom(-1), zoom);
    this.button("+", "Zoom in (+)", () => actions.zoom(1), zoom);
    this.button("Fit", "Show the whole image (0)", actions.fit, zoom);
    const source = this.group("Source");
    this.button("‹", "Previous source (p)", () => actions.step("source", -1), source);
    this.button("›", "Next source (n)", () => actions.step("source", 1), source);
    this.difference = this.group("");
    this.check("Difference", "difference_shown", this.difference);
    this.check("Blink", "blink", this.difference);
    const change = this.group("Change", this.difference);
    this.button("‹", "Previous change ([)", () => actions.step("change", -1), change);
    this.button("›", "Next change (])", () => actions.step("change", 1), change);
    this.follow("_layers", () => {
      this.difference.hidden = this.model.get("_layers").difference === undefined;
    });
  }

  follow(trait, update) {
    this.model.on(`change:${trait}`, update);
    this.bound.push([trait, update]);
    update();
  }

  set(trait, value) {
    this.model.set(trait, value);
    this.model.save_changes();
  }

  select(text, trait, options) {
    const input = document.createElement("select");
    for (const [value, name] of Object.entries(options)) input.add(new Option(name, value));
    input.addEventListener("change", () => this.set(trait, input.value));
    labelled(text, input, this.bar);
    this.follow(trait, () => {
      input.value = this.model.get(trait);
    });
  }

  limit(text, index) {
    const input = document.createElement("input");
    input.type = "number";
    input.step = "any";
    input.addEventListener("change", () => {
      const limits = [...this.model.get("limits")];
      limits[index] = input.valueAsNumber;
      if (limits[0] < limits[1]) this.set("limits", limits);
      else input.value = this.text(index);
    });
    labelled(text, input, this.bar);
    this.follow("limits", () => {
      input.value = this.text(index);
    });
  }

  text(index) {
    return Number(this.model.get("limits")[index].toPrecision(4));
  }

  range(text, trait) {
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: 0, max: 1, step: 0.05 });
    input.addEventListener("input", () => this.set(trait, input.valueAsNumber));
    labelled(text, input, this.bar);
    this.follow(trait, () => {
      input.value = this.model.get(trait);
    });
  }

  check(text, trait, parent) {
    const input = document.createElement("input");
    input.type = "checkbox";
    input.addEventListener("change", () => this.set(trait, input.checked));
    labelled(input, text, parent);
    this.follow(trait, () => {
      input.checked = this.model.get(trait);
    });
  }

  group(text, parent = this.bar) {
    const group = document.createElement("span");
    group.className = "skyseg-group";
    group.append(text);
    parent.append(group);
    return group;
  }

  button(text, label, action, parent) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", action);
    parent.append(button);
  }

  close() {
    for (const [trait, update] of this.bound) this.model.off(`change:${trait}`, update);
  }
}
