// Keeps live parts up to date: what has changed is asked for, and nothing else is moved.
//
//   <div data-live="job match">                 the kinds of changes that concern the part
//     <tbody data-rows>                         where rows that are new are put: on top
//       <tr id="row-j1">                        a row of what is called "j1": asked for when that changes
//   <div data-live="case" data-subject="c1">    a part about one thing: asked for as a whole when that changes
//     data-also="policy"                        kinds that concern it whatever they are about
//
// A page's address with "rows=j1,j2" answers with the rows that these have now, and with other elements that have an id
// and may have changed, such as counts: each takes the place of the element of its id. With "rows=" and no name, the whole
// live part is answered. `data-arrivals="hold"` keeps new rows back until they are asked for, so that nothing moves.
import { localise } from "./times.js";

const DEBOUNCE_MS = 250; // a busy service changes many times a second; a person reads a few
const AGAIN_MS = 2000; // after an answer that did not come, and a connection that the browser has given up
const MOST_ROWS = 100; // as many as the server gives at a time
const SUBJECT = { library: "library", item: "library", letter: "letter_id", policy: "policy", case: "case_id", outcome: "media_id" };

const part = document.querySelector("[data-live]");
const state = document.getElementById("connection");
const kinds = part ? part.dataset.live.split(" ") : [];
const also = part?.dataset.also?.split(" ") ?? [];
let changed = new Set(); // subjects that have changed since they were asked for
let whole = false; // whether the whole part is stale
let held = new Set(); // subjects of rows that are new and kept back
let timer = 0;
let busy = false;

// What others of the page do after a change, such as a player that keeps its place.
const listeners = [];
export function onSwap(listener) {
  listeners.push(listener);
}

function addressOf(rows) {
  const address = new URL(location.href);
  address.searchParams.set("rows", rows.join(","));
  address.hash = "";
  return address;
}

async function fragment(rows) {
  const answer = await fetch(addressOf(rows), { headers: { Accept: "text/html" } });
  if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
  if (!answer.ok) throw new Error(`the page was answered with ${answer.status}`);
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text(); // the server's own page, with every name escaped
  localise(holder.content);
  return holder.content;
}

// What a person has done with what is swapped: where the focus is, what is ticked, what is open.
function memory(node) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  const key = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.getAttribute("href") ? `a[href="${CSS.escape(focused.getAttribute("href"))}"]` : focused.name ? `[name="${CSS.escape(focused.name)}"]` : null);
  const ticked = [...node.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value);
  const open = [...node.querySelectorAll("details[open][id]")].map((one) => one.id);
  const typed = [...node.querySelectorAll("textarea[id], input[id]:not([type=checkbox])")].map((one) => [one.id, one.value]);
  return (fresh) => {
    for (const box of fresh.querySelectorAll("input[type=checkbox]")) if (ticked.includes(box.value)) box.checked = true;
    for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    for (const [id, value] of typed) {
      const field = fresh.querySelector(`#${CSS.escape(id)}`);
      if (field) field.value = value;
    }
    if (key) (fresh.matches?.(key) ? fresh : fresh.querySelector(key))?.focus({ preventScroll: true });
  };
}

function swap(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const recall = memory(old);
  fresh.classList.toggle("chosen", old.classList.contains("chosen"));
  old.replaceWith(fresh);
  recall(fresh);
}

function swapWhole(content) {
  const fresh = part.cloneNode(false);
  fresh.append(content);
  if (fresh.isEqualNode(part)) return;
  const recall = memory(part);
  part.replaceChildren(...fresh.childNodes);
  recall(part);
}

function arrive(rows) {
  const list = part.querySelector("[data-rows]");
  if (!list || rows.length === 0) return true;
  if (list.dataset.arrivals === "hold") {
    for (const row of rows) held.add(row.id.slice("row-".length));
    offerHeld();
  } else if (!new URL(location.href).searchParams.has("cursor")) {
    list.prepend(...rows);
  }
  return true;
}

function offerHeld() {
  const button = document.getElementById("arrivals");
  if (!button) return;
  button.hidden = held.size === 0;
  button.textContent = `${held.size} new: show`;
}

// Takes over what the server says of the subjects that were asked for.
function take(content, asked) {
  const fresh = new Map([...content.querySelectorAll("[id]")].filter((one) => one.parentNode === content).map((one) => [one.id, one]));
  const arrivals = [];
  for (const [id, element] of fresh) {
    const old = document.getElementById(id);
    if (old) swap(old, element);
    else if (id.startsWith("row-")) arrivals.push(element);
  }
  for (const subject of asked) {
    const id = `row-${subject}`;
    if (!fresh.has(id)) {
      document.getElementById(id)?.remove(); // it is no longer what this list shows
      held.delete(subject);
    }
  }
  offerHeld();
  arrive(arrivals);
}

// One answer at a time: one that comes late would put what was before in the place of what is. What is not answered is
// asked for again, since no further change may ever say that it is stale.
async function refresh() {
  timer = 0;
  if (busy) return;
  busy = true;
  const [all, asked] = [whole || changed.size > MOST_ROWS, [...changed]];
  [whole, changed] = [false, new Set()];
  let pause = DEBOUNCE_MS;
  try {
    if (all) swapWhole(await fragment([]));
    else take(await fragment(asked), asked);
    for (const listener of listeners) listener(part);
  } catch {
    pause = AGAIN_MS;
    whole = whole || all;
    for (const subject of asked) changed.add(subject);
  }
  busy = false;
  if (whole || changed.size) refreshSoon(pause);
}

function refreshSoon(pause = DEBOUNCE_MS) {
  if (!timer && !busy) timer = setTimeout(refresh, pause);
}

export function refreshWhole() {
  whole = true;
  refreshSoon();
}

function onChange(kind, event) {
  const subject = JSON.parse(event.data)[SUBJECT[kind] ?? "job_id"];
  if (part.dataset.subject !== undefined) {
    if (part.dataset.subject === subject || !part.dataset.subject || also.includes(kind)) refreshWhole();
    return;
  }
  if (part.querySelector("[data-rows]")) {
    changed.add(subject);
    refreshSoon();
  } else {
    refreshWhole();
  }
}

// The browser comes back by itself after a connection that broke, with the id of the last event; not after an answer
// that is an error, such as that of a proxy whose worker starts anew. A connection that is opened begins with a refresh.
function follow() {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => {
    state.textContent = "live";
    state.className = "on";
    refreshWhole();
  });
  source.addEventListener("error", () => {
    state.textContent = "reconnecting…";
    state.className = "off";
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN_MS);
  });
  for (const kind of [...kinds, ...also]) source.addEventListener(kind, (event) => onChange(kind, event));
  source.addEventListener("reset", refreshWhole);
}

export function followChanges() {
  if (!part) return;
  state.textContent = "connecting…";
  document.getElementById("arrivals")?.addEventListener("click", () => {
    held = new Set();
    offerHeld();
    refreshWhole();
  });
  follow();
}
