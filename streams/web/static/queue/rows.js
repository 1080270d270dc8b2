// Which row is chosen, and which are ticked. What is done is done to the ticked ones, or else to the chosen one.
import { onSwap } from "../desk/live.js";

const part = document.getElementById("queue");
const listeners = [];
let place = { id: "", index: 0 }; // of the chosen row, for when its list is made anew
let lastTicked = ""; // where a range begins

// What is to be done when other rows are chosen or ticked.
export function onTicks(listener) {
  listeners.push(listener);
}

function changed() {
  for (const listener of listeners) listener();
}

export function allRows() {
  return [...part.querySelectorAll("[data-rows] > tr")];
}

export function chosenRow() {
  return part.querySelector("tr.chosen");
}

export function choose(row, { focus = true } = {}) {
  for (const one of part.querySelectorAll("tr.chosen")) if (one !== row) one.classList.remove("chosen");
  if (!row) return changed();
  row.classList.add("chosen");
  place = { id: row.id, index: allRows().indexOf(row) };
  if (focus) {
    row.querySelector("a.open").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  changed();
}

export function chosenPlace() {
  return chosenRow() ? place : null;
}

function step(by) {
  const [rows, chosen] = [allRows(), chosenRow()];
  if (!rows.length) return;
  const from = chosen ? rows.indexOf(chosen) : by > 0 ? -1 : rows.length;
  choose(rows[Math.min(rows.length - 1, Math.max(0, from + by))]);
}

export function chooseNext() {
  step(1);
}

export function choosePrevious() {
  step(-1);
}

// After a decision: the next case that nobody has decided, or the one before where there is none; else it stays.
export function chooseUndecided(after, done) {
  const rows = allRows();
  const from = rows.indexOf(after);
  const open = (row) => row.dataset.undecided !== undefined && row.dataset.left === undefined && !done.includes(row);
  const next = rows.slice(from + 1).find(open) ?? rows.slice(0, Math.max(from, 0)).findLast(open);
  if (next) choose(next);
}

export function openChosen() {
  chosenRow()?.querySelector("a.open").click();
}

function boxOf(row) {
  return row.querySelector("input[name=tick]");
}

function tickedRows() {
  return allRows().filter((row) => boxOf(row)?.checked);
}

export function concerned() {
  const ticked = tickedRows();
  const chosen = chosenRow();
  return ticked.length ? ticked : chosen ? [chosen] : [];
}

export function untick() {
  for (const row of tickedRows()) boxOf(row).checked = false;
  changed();
}

// Ticks all that are to be decided; unticks them when all of them are ticked.
export function tickAll() {
  const open = allRows().filter((row) => row.dataset.undecided !== undefined && row.dataset.left === undefined);
  const rows = open.length ? open : allRows();
  const to = !rows.every((row) => boxOf(row).checked);
  for (const row of rows) boxOf(row).checked = to;
  changed();
}

function tick(row, to, range) {
  const rows = allRows();
  const from = range ? rows.findIndex((one) => one.id === lastTicked) : -1;
  const at = rows.indexOf(row);
  const span = from < 0 ? [row] : rows.slice(Math.min(from, at), Math.max(from, at) + 1);
  for (const one of span) boxOf(one).checked = to;
  lastTicked = row.id;
  changed();
}

export function tickChosen(range) {
  const row = chosenRow();
  if (row && boxOf(row)) tick(row, range || !boxOf(row).checked, range);
}

function onClick(event) {
  const row = event.target.closest("[data-rows] > tr");
  if (!row) return;
  const box = event.target.closest("input[name=tick]");
  if (box) tick(row, box.checked, event.shiftKey);
  else if (!event.target.closest("a, button")) choose(row, { focus: false });
}

// A list that was made anew has no row that is chosen: the same case is, or the one in its place.
function chooseAgain() {
  if (!place.id || chosenRow()) return;
  const rows = allRows();
  const again = document.getElementById(place.id) ?? rows[Math.min(place.index, rows.length - 1)];
  if (again) choose(again, { focus: document.activeElement === document.body });
}

export function setUpRows() {
  part.addEventListener("click", onClick);
  part.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-rows] > tr");
    if (row && event.target.matches("a.open") && row !== chosenRow()) choose(row, { focus: false });
  });
  onSwap(chooseAgain);
}
