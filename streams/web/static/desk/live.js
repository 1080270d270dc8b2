// Keeps live parts up to date: what has changed is asked for, and nothing else is moved.
//
//   <div data-live="job match">                 the kinds of changes that concern the part
//     <tbody data-rows>                         where rows that are new are put: on top
//       <tr id="row-j1">                        a row of what is called "j1": asked for when that changes
//   <div data-live="case" data-subject="c1">    a part about one thing: asked for as a whole when that changes
//     data-subject-outcome="v1"                 what it is called in changes of another kind, here outcomes
//     data-also="policy"                        kinds that concern it whatever they are about
//     data-pause="2000"                         milliseconds between a change and what is asked for because of it
//
// A page's address with "rows=j1,j2" answers with the rows that these have now, and with other elements that have an id
// and may have changed, such as counts: each takes the place of the element of its id. With "rows=" and no name, the whole
// live part is answered.
//
// A list with data-arrivals="hold" never moves what a person looks at: rows that are new are kept back until they are asked
// for with the button #arrivals, and a row that the list has no more is answered by the server all the same, with
// data-left="gone" and what has become of it (data-left="elsewhere": it is on another page of the list now), and stays
// where it stands until then. Its data-until is the cursor of the page that follows, so that the server can tell what is
// on this one.
import { localise } from "./times.js";

const DEBOUNCE_MS = 250; // a busy service changes many times a second; a person reads a few
const AGAIN_MS = 2000; // after an answer that did not come, and a connection that the browser has given up
const MOST_ROWS = 100; // as many as the server gives at a time
const SUBJECT = { library: "library", item: "library", letter: "letter_id", policy: "policy", case: "case_id", outcome: "media_id", recurring: "id", boilerplate: "ruling_id" };

const part = document.querySelector("[data-live]");
const PAUSE_MS = Number(part?.dataset.pause) || DEBOUNCE_MS; // a part that sums up what happens says for how long it may wait
const state = document.getElementById("connection");
const kinds = part ? part.dataset.live.split(" ") : [];
const also = part?.dataset.also?.split(" ") ?? [];
let changed = new Set(); // subjects that have changed since they were asked for
let whole = false; // whether the whole part is stale
let asked = false; // whether a person has asked for the list as it is now, with what was kept back
let held = new Set(); // subjects of rows that are new and kept back
let timer = 0;
let busy = false;
let leaving = false; // whether what the page is about is being deleted: it would be asked for and be gone

// What others of the page do after a change, such as a player that keeps its place.
const listeners = [];
export function onSwap(listener) {
  listeners.push(listener);
}

function addressOf(rows) {
  const address = new URL(location.href);
  address.searchParams.set("rows", rows.join(","));
  const until = part.querySelector("[data-until]")?.dataset.until;
  if (until) address.searchParams.set("until", until);
  address.hash = "";
  return address;
}

async function fragment(rows) {
  const answer = await fetch(addressOf(rows), { headers: { Accept: "text/html" } });
  if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
  if (!answer.ok) throw new Error(`the page was answered with ${answer.status}`);
  const holder = document.createElement("template");
  const text = await answer.text(); // the server's own page, with every name escaped
  // Outside of a table a browser leaves out rows that follow anything else; in one it puts what is no row before it.
  holder.innerHTML = rows.length ? `<table><tbody>${text}</tbody></table>` : text;
  if (rows.length) {
    const table = [...holder.content.children].find((one) => one.tagName === "TABLE");
    holder.content.append(...table.rows);
    table.remove();
  }
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

// Whether a part says what it said before: pictures are drawn into their places after a page came, and are no change.
function saysTheSame(old, fresh) {
  const bare = old.cloneNode(true);
  for (const holder of bare.querySelectorAll("[data-frame]")) {
    holder.replaceChildren();
    holder.classList.remove("missing");
  }
  return bare.isEqualNode(fresh);
}

function swap(old, fresh) {
  if (saysTheSame(old, fresh)) return;
  const recall = memory(old);
  fresh.classList.toggle("chosen", old.classList.contains("chosen"));
  old.replaceWith(fresh);
  recall(fresh);
}

// What stands outside of the live part, such as counts above a form, takes its place by its id.
function swapOutside(content) {
  for (const one of [...content.children]) {
    const old = one.id ? document.getElementById(one.id) : null;
    if (!old || part.contains(old)) continue;
    swap(old, one);
    if (old.isConnected) one.remove(); // they are equal: it must not come into the part as a second one
  }
}

function swapWhole(content) {
  swapOutside(content);
  const fresh = part.cloneNode(false);
  fresh.append(content);
  if (saysTheSame(part, fresh)) return;
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
  const gone = part.querySelectorAll('[data-left="gone"]').length;
  const news = [held.size ? `${held.size} new` : "", gone ? `${gone} decided` : ""].filter(Boolean).join(", ");
  button.hidden = !news;
  button.textContent = `${news}: ${held.size ? "show" : "tidy up"}`;
}

// Brings a list that holds back up to date without moving it, from an answer that is the list as it would be now.
function settle(content) {
  const shown = [...part.querySelectorAll("[data-arrivals=hold] > [id]")].map((row) => row.id);
  const fresh = new Map([...content.querySelectorAll("[data-rows] > [id]")].map((row) => [row.id, row]));
  held = new Set();
  for (const [id, row] of fresh) {
    if (shown.includes(id)) swap(document.getElementById(id), row);
    else held.add(id.slice("row-".length));
  }
  for (const id of shown) if (!fresh.has(id)) changed.add(id.slice("row-".length)); // what has become of it is asked for
  for (const one of [...content.children]) {
    const old = one.id ? document.getElementById(one.id) : null;
    if (old) swap(old, one);
  }
  offerHeld();
}

// Takes over what the server says of the subjects that were asked for.
function take(content, subjects) {
  const fresh = new Map([...content.querySelectorAll("[id]")].filter((one) => one.parentNode === content).map((one) => [one.id, one]));
  const arrivals = [];
  for (const [id, element] of fresh) {
    const old = document.getElementById(id);
    if (old) swap(old, element);
    else if (id.startsWith("row-") && element.dataset.left === undefined) arrivals.push(element);
  }
  for (const subject of subjects) {
    const row = fresh.get(`row-${subject}`);
    if (!row) document.getElementById(`row-${subject}`)?.remove(); // it is no longer what this list shows
    if (!row || row.dataset.left !== undefined) held.delete(subject);
  }
  offerHeld();
  arrive(arrivals);
}

// One answer at a time: one that comes late would put what was before in the place of what is. What is not answered is
// asked for again, since no further change may ever say that it is stale.
async function refresh() {
  timer = 0;
  if (busy || leaving) return;
  busy = true;
  const [all, anew, subjects] = [whole || changed.size > MOST_ROWS, asked, [...changed]];
  [whole, asked, changed] = [false, false, new Set()];
  let pause = PAUSE_MS;
  try {
    const content = await fragment(all ? [] : subjects);
    if (!all) take(content, subjects);
    else if (!anew && part.querySelector("[data-arrivals=hold]")) settle(content);
    else swapWhole(content);
    if (anew) held = new Set();
    offerHeld();
    for (const listener of listeners) listener(part);
  } catch {
    pause = AGAIN_MS;
    [whole, asked] = [whole || all, asked || anew];
    for (const subject of subjects) changed.add(subject);
  }
  busy = false;
  if (whole || changed.size) refreshSoon(pause);
}

function refreshSoon(pause = PAUSE_MS) {
  if (!timer && !busy) timer = setTimeout(refresh, pause);
}

// Does what ends with the page being left, such as deleting what it is about; it goes on being live where that fails.
export async function whileLeaving(act) {
  leaving = true;
  try {
    await act();
  } catch (error) {
    leaving = false;
    refreshWhole();
    throw error;
  }
}

export function refreshWhole() {
  whole = true;
  refreshSoon();
}

// Asks for the rows of subjects of which the page itself knows that they have changed.
export function refreshRows(subjects) {
  for (const subject of subjects) changed.add(subject);
  refreshSoon(0);
}

// Asks for the list as it is now, with what was kept back and without what has left it.
export function showList() {
  asked = true;
  whole = true;
  refreshSoon(0);
}

function onChange(kind, event) {
  const subject = JSON.parse(event.data)[SUBJECT[kind] ?? "job_id"];
  if (part.dataset.subject !== undefined) {
    const own = part.getAttribute(`data-subject-${kind}`) ?? part.dataset.subject;
    if (own === subject || !own || also.includes(kind)) refreshWhole();
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
  document.getElementById("arrivals")?.addEventListener("click", showList);
  follow();
}
