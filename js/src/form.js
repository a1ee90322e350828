// Controls that are each tied to one trait of a model.

function labelled(first, second, parent, title) {
  const label = document.createElement("label");
  if (title) label.title = title;
  label.append(first, second);
  parent.append(label);
  return label;
}

export class Form {
  // `set` is told a trait and its new value.
  constructor(model, set) {
    this.model = model;
    this.set = set;
    this.bound = [];
  }

  follow(traits, update) {
    const names = traits
      .split(" ")
      .map((trait) => `change:${trait}`)
      .join(" ");
    this.model.on(names, update);
    this.bound.push([names, update]);
    update();
  }

  select(parent, text, trait, title) {
    const input = document.createElement("select");
    input.addEventListener("change", () => this.set(trait, input.value));
    const label = labelled(text, input, parent, title);
    this.follow(`_options ${trait}`, () => {
      const options = this.model.get("_options")[trait] ?? [];
      input.replaceChildren(...options.map(([value, name]) => new Option(name, value)));
      input.value = this.model.get(trait);
      label.hidden = options.length < 2;
    });
  }

  limit(parent, text, index, title) {
    const input = document.createElement("input");
    input.type = "number";
    input.step = "any";
    const show = () => {
      input.value = Number(this.model.get("limits")[index].toPrecision(4));
    };
    input.addEventListener("change", () => {
      const limits = [...this.model.get("limits")];
      limits[index] = input.valueAsNumber;
      if (Number.isNaN(limits[index])) show();
      else this.set("limits", limits);
    });
    labelled(text, input, parent, title);
    // what was refused is put back, too
    this.follow("limits _refused", show);
  }

  range(parent, text, trait, title) {
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: 0, max: 1, step: 0.05 });
    input.addEventListener("input", () => this.set(trait, input.valueAsNumber));
    labelled(text, input, parent, title);
    this.follow(trait, () => {
      input.value = this.model.get(trait);
    });
  }

  check(parent, text, trait, title) {
    const input = document.createElement("input");
    input.type = "checkbox";
    input.addEventListener("change", () => this.set(trait, input.checked));
    labelled(input, text, parent, title);
    this.follow(trait, () => {
      input.checked = this.model.get(trait);
    });
  }

  group(parent, text = "") {
    const group = document.createElement("span");
    group.className = "skyseg-group";
    group.append(text);
    parent.append(group);
    return group;
  }

  button(parent, text, label, action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", action);
    parent.append(button);
    return button;
  }

  close() {
    for (const [names, update] of this.bound) this.model.off(names, update);
  }
}
