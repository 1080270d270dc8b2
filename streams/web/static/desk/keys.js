// Keys of a page: each has one meaning, and all of them are shown by "?".
const known = [];

// What a page offers: { key: "j", shows: "J", label: "next case", run: (event) => ... }. A letter is meant without Shift.
export function offerKeys(keys) {
  known.push(...keys);
  const help = document.getElementById("help");
  if (help) help.hidden = false;
}

function isTyping(target) {
  return target instanceof HTMLElement && target.closest("input:not([type=checkbox],[type=radio],[type=range]), textarea, select, [contenteditable]") !== null;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  // A pressed button or link does what it says with Space and Enter, whatever the page would do.
  if ((event.key === " " || event.key === "Enter") && event.target.closest?.("button, a, summary, input, [role=button]")) return;
  const chosen = known.find((one) => one.key === event.key.toLowerCase() || one.key === event.key);
  if (!chosen) return;
  event.preventDefault();
  chosen.run(event);
}

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

export function showHelp() {
  const sheet = element("dialog", "", "keys");
  sheet.setAttribute("aria-labelledby", "keys-title");
  const title = element("h2", "Keys");
  title.id = "keys-title";
  const list = element("dl");
  for (const one of known) {
    const row = element("div");
    const shown = element("dt");
    shown.append(element("kbd", one.shows ?? one.key.toUpperCase()));
    row.append(shown, element("dd", one.label));
    list.append(row);
  }
  const close = element("button", "Close");
  close.addEventListener("click", () => sheet.close());
  sheet.append(title, list, close);
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}

export function setUpKeys() {
  document.addEventListener("keydown", onKey);
  document.getElementById("help")?.addEventListener("click", showHelp);
  const search = document.querySelector("[data-search]");
  if (search) offerKeys([{ key: "/", label: "search", run: () => search.focus() }]);
  offerKeys([{ key: "?", label: "show these keys", run: showHelp }]);
}
