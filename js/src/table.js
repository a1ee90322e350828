// A table whose rows are asked for as they come into view.

import { keepDownloads } from "./downloads.js";
import { keepKeys } from "./host.js";
import { Kernel } from "./kernel.js";
import { TableBar } from "./table_bar.js";
import { TableRows } from "./table_rows.js";

const HEIGHT = 24; // pixels of a row
const CAPITAL = 1.3; // width of a bold letter of a title, in digits
const MARK = 3; // width of a colour's mark, in digits
const SPARE = 8; // rows drawn above and below what is seen
const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: "page", PageUp: "-page", Home: "first", End: "last" };

let tables = 0;

function part(className, role, parent) {
  const made = document.createElement("div");
  made.className = className;
  if (role) made.setAttribute("role", role);
  parent?.append(made);
  return made;
}

function holds(runs, row) {
  return runs.some(([first, last]) => first <= row && row <= last);
}

class Table {
  constructor(root, model, kernel) {
    this.model = model;
    this.kernel = kernel;
    this.name = `skyseg-table-${tables++}`;
    this.bar = new TableBar(root, model, kernel);
    this.grid = part("skyseg-table", "grid", root);
    this.grid.tabIndex = 0;
    this.grid.setAttribute("aria-multiselectable", "true");
    this.grid.setAttribute("aria-label", model.get("label"));
    this.head = part("skyseg-table-head", "row", part("", "rowgroup", this.grid));
    this.head.setAttribute("aria-rowindex", 1);
    this.body = part("skyseg-table-body", "rowgroup", this.grid);
    this.rows = new TableRows(kernel, () => this.drawSoon());
    this.readChoice();
    this.listen();
    this.restart();
  }

  listen() {
    this.bound = [
      ["change:_version", () => this.restart()],
      ["change:_choice", () => this.followChoice()],
    ];
    for (const [event, act] of this.bound) this.model.on(event, act);
    this.grid.addEventListener("scroll", () => this.drawSoon());
    this.grid.addEventListener("keydown", (event) => this.press(event));
    this.body.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault());
    this.body.addEventListener("click", (event) => this.click(event));
    this.body.addEventListener("dblclick", (event) => this.activate(this.rowOf(event)));
    this.sizing = new ResizeObserver(() => this.drawSoon());
    this.sizing.observe(this.grid);
  }

  // Other rows, or in another order, or other columns.
  restart() {
    this.length = this.model.get("_length");
    this.columns = this.model.get("_columns");
    const titles = JSON.stringify(this.columns.map(({ title }) => title));
    if (titles !== this.titles) {
      this.titles = titles;
      this.widths = this.columns.map(({ title }) => Math.ceil(CAPITAL * title.length) + 2);
    }
    this.rows.restart(this.model.get("_version"), this.length);
    this.grid.setAttribute("aria-rowcount", this.length + 1);
    this.grid.setAttribute("aria-colcount", this.columns.length);
    this.body.style.height = `${this.length * HEIGHT}px`;
    this.drawHead();
    this.fitColumns();
    this.drawSoon();
  }

  drawHead() {
    const [sorted, rising] = this.model.get("_order");
    const focused = this.head.contains(document.activeElement) ? this.headFocus : -1;
    this.head.replaceChildren(
      ...this.columns.map(({ title, help, left }, column) => {
        const cell = part(left ? "skyseg-left" : "", "columnheader");
        const up = column !== sorted || rising;
        cell.textContent = column === sorted ? `${title} ${up ? "▲" : "▼"}` : title;
        cell.title = help || title;
        cell.tabIndex = column === Math.max(this.headFocus ?? 0, 0) ? 0 : -1;
        cell.setAttribute("aria-colindex", column + 1);
        cell.setAttribute("aria-sort", column !== sorted ? "none" : up ? "ascending" : "descending");
        cell.addEventListener("click", () => this.sort(column));
        cell.addEventListener("keydown", (event) => this.pressHead(event, column));
        return cell;
      }),
    );
    if (focused >= 0) this.head.children[focused]?.focus();
  }

  sort(column) {
    const [sorted, rising] = this.model.get("_order");
    this.headFocus = column;
    this.kernel.tell("sort", { column, rising: column === sorted ? !rising : true });
  }

  pressHead(event, column) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) this.focusHead(column + step);
    else if (event.key === "Enter" || event.key === " ") this.sort(column);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focusHead(column) {
    const cell = this.head.children[column];
    if (cell === undefined) return;
    for (const each of this.head.children) each.tabIndex = -1;
    cell.tabIndex = 0;
    this.headFocus = column;
    cell.focus();
  }

  fitColumns() {
    const widths = this.widths.map((width) => `calc(${width}ch + 14px)`);
    this.grid.style.setProperty("--skyseg-columns", widths.join(" "));
  }

  // A column becomes as wide as what it holds, once that is known.
  widen({ cells, mark }) {
    const length = (i) => (cells[i] ?? "").length + (mark && i === 0 ? MARK : 0);
    const wider = this.widths.map((width, i) => Math.max(width, length(i)));
    if (wider.every((width, i) => width === this.widths[i])) return;
    this.widths = wider;
    this.fitColumns();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    const first = Math.max(Math.floor(this.grid.scrollTop / HEIGHT) - SPARE, 0);
    const seen = Math.ceil(this.grid.clientHeight / HEIGHT) + 2 * SPARE;
    const last = Math.min(first + seen, this.length) - 1;
    this.rows.want(first, last);
    this.chosen = this.runs.filter(([from, to]) => from <= last && to >= first);
    const drawn = [];
    for (let row = first; row <= last; row++) drawn.push(this.drawRow(row));
    this.body.replaceChildren(...drawn);
    this.drawEmpty();
  }

  drawEmpty() {
    if (this.length > 0 || !this.model.get("_empty")) return;
    const cell = part("skyseg-table-empty", "gridcell", part("", "row"));
    cell.textContent = this.model.get("_empty");
    this.body.replaceChildren(cell.parentElement);
  }

  drawRow(row) {
    const drawn = part("skyseg-table-row", "row");
    drawn.id = `${this.name}-${row}`;
    drawn.style.top = `${row * HEIGHT}px`;
    drawn.setAttribute("aria-rowindex", row + 2);
    drawn.setAttribute("aria-selected", String(holds(this.chosen, row)));
    drawn.classList.toggle("skyseg-current", row === this.current);
    const found = this.rows.get(row);
    if (found) this.widen(found);
    this.columns.forEach(({ left }, column) => {
      const cell = part(left ? "skyseg-left" : "", "gridcell", drawn);
      cell.setAttribute("aria-colindex", column + 1);
      if (column === 0 && found?.mark) {
        part("skyseg-legend-colour", "", cell).style.background = found.mark;
      }
      cell.append(found ? found.cells[column] : "");
    });
    return drawn;
  }

  rowOf(event) {
    const drawn = event.target.closest(".skyseg-table-row");
    return drawn ? Number(drawn.getAttribute("aria-rowindex")) - 2 : -1;
  }

  readChoice() {
    const { edges, current } = this.model.get("_choice");
    this.runs = Array.from({ length: edges.length / 2 }, (_, i) => edges.slice(2 * i, 2 * i + 2));
    this.current = current;
  }

  followChoice() {
    this.readChoice();
    this.anchor = this.current;
    this.reveal(this.current);
    this.drawSoon();
  }

  choose(runs, current) {
    this.runs = runs;
    this.current = current;
    this.model.set("_choice", { edges: runs.flat(), current, version: this.model.get("_version") });
    this.model.save_changes();
    this.grid.setAttribute("aria-activedescendant", `${this.name}-${current}`);
    this.reveal(current);
    this.drawSoon();
  }

  click(event) {
    const row = this.rowOf(event);
    if (row >= 0) this.pick(row, event.shiftKey, event.ctrlKey || event.metaKey);
  }

  pick(row, extend, toggle) {
    const from = Math.max(this.anchor ?? row, 0);
    if (!extend) this.anchor = row;
    if (extend) this.choose([[Math.min(from, row), Math.max(from, row)]], row);
    else if (!toggle) this.choose([[row, row]], row);
    else if (holds(this.runs, row)) this.choose(this.without(row), row);
    else this.choose([...this.runs, [row, row]], row);
  }

  without(row) {
    return this.runs.flatMap(([first, last]) =>
      [[first, Math.min(last, row - 1)], [Math.max(first, row + 1), last]].filter(([a, b]) => a <= b),
    );
  }

  reveal(row) {
    if (row < 0) return;
    const top = row * HEIGHT;
    const room = this.grid.clientHeight - this.head.offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top + HEIGHT > this.grid.scrollTop + room) this.grid.scrollTop = top + HEIGHT - room;
  }

  press(event) {
    if (event.target !== this.grid || event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key === "a") this.choose(this.length ? [[0, this.length - 1]] : [], this.current);
    else if (event.key in MOVES) this.move(MOVES[event.key], event.shiftKey);
    else if (event.key === "Enter") this.activate(this.current);
    else if (event.key === " " && this.current >= 0) this.pick(this.current, false, true);
    else if (event.key === "Escape") this.choose([], -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(how, extend) {
    if (this.length === 0) return;
    const page = Math.max(Math.floor(this.grid.clientHeight / HEIGHT) - 2, 1);
    const here = this.current;
    const places = { page: here + page, "-page": here - page, first: 0, last: this.length - 1 };
    const row = places[how] ?? here + how;
    this.pick(Math.min(Math.max(row, 0), this.length - 1), extend, false);
  }

  activate(row) {
    if (row >= 0) this.kernel.tell("activate", { row, version: this.model.get("_version") });
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.sizing.disconnect();
    this.bar.close();
    for (const [event, act] of this.bound) this.model.off(event, act);
  }
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "skyseg-viewer skyseg-table-root";
  const free = keepKeys(root);
  el.classList.add("skyseg-cell");
  el.append(root);
  const kernel = new Kernel(model);
  const table = new Table(root, model, kernel);
  const keepNone = keepDownloads(model);
  return () => {
    keepNone();
    table.close();
    free();
    kernel.close();
  };
}

export default { render };
