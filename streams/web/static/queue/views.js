// Views that somebody has saved: a name for a filter, kept in this browser. Each is an address like any other.
import { askForTitle } from "./sheets.js";

const KEPT = "mediadna-queue-views";
const KNOWN = ["state", "action", "library", "reference", "media_id", "assignee", "since", "similarity", "order"];
const bar = document.getElementById("saved");
const place = document.getElementById("saved-views");

// Only what the queue knows, in one order: two addresses of one filter are equal.
function filterOf(query) {
  const [given, kept] = [new URLSearchParams(query), new URLSearchParams()];
  for (const name of KNOWN) if (given.get(name)) kept.set(name, given.get(name));
  return kept.toString();
}

function views() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    if (!Array.isArray(kept)) return [];
    return kept.filter((one) => typeof one?.title === "string" && typeof one.query === "string");
  } catch {
    return [];
  }
}

function keep(kept) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

function show() {
  const here = filterOf(location.search);
  place.replaceChildren();
  for (const view of views()) {
    const link = document.createElement("a");
    const title = document.createElement("bdi");
    title.textContent = view.title;
    link.append(title);
    link.href = `/cases?${filterOf(view.query)}`;
    if (filterOf(view.query) === here) link.setAttribute("aria-current", "page");
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "plain drop";
    drop.textContent = "×";
    drop.setAttribute("aria-label", `Forget the view ${view.title}`);
    drop.addEventListener("click", () => {
      keep(views().filter((one) => one.title !== view.title));
      show();
    });
    const both = document.createElement("span");
    both.className = "view";
    both.append(link, drop);
    place.append(both);
  }
}

// In a narrow window the list comes first; a filter that is used shows what it says.
function foldFilters() {
  const fold = document.getElementById("fold");
  fold.open = !window.matchMedia("(max-width: 44rem)").matches || filterOf(location.search) !== "";
}

export function setUpViews() {
  foldFilters();
  // What is not asked for stays out of the address.
  document.getElementById("filters").addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value.trim()) event.formData.delete(name);
  });
  if (!keep(views())) return; // a browser that keeps nothing: every view is still an address
  bar.hidden = false;
  document.getElementById("save-view").addEventListener("click", async () => {
    const title = await askForTitle();
    if (title === null) return;
    keep([...views().filter((one) => one.title !== title), { title, query: filterOf(location.search) }]);
    show();
  });
  show();
}
