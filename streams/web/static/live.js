// Keeps the page live: on every change that concerns it, the server's own page is fetched and its live part swapped in.
"use strict";

const part = document.querySelector("[data-live]");
const state = document.getElementById("connection");
const DEBOUNCE_MS = 250; // a busy service changes many times a second; a person reads a few
const AGAIN_MS = 2000; // after a page that was not answered, and a connection that the browser has given up
let timer = 0;
let busy = false;
let stale = false;

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`the page was answered with ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!fresh || fresh.innerHTML === part.innerHTML) return;
  const focused = document.activeElement && part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  part.replaceChildren(...fresh.childNodes);
  if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

// One page at a time: an answer that comes late would put what was before in the place of what is. One that does not
// come is asked for again, since no further change may ever say that the page is stale.
async function refreshStale() {
  timer = 0;
  if (busy) return;
  busy = true;
  stale = false;
  let pause = DEBOUNCE_MS;
  try {
    await refresh();
  } catch {
    stale = true;
    pause = AGAIN_MS;
  }
  busy = false;
  if (stale) refreshSoon(pause);
}

function refreshSoon(pause = DEBOUNCE_MS) {
  stale = true;
  if (!timer && !busy) timer = setTimeout(refreshStale, pause);
}

function onChange(event) {
  const job = part.dataset.job;
  if (!job || JSON.parse(event.data).job_id === job) refreshSoon();
}

// The browser comes back by itself after a connection that broke, with the id of the last event; not after an answer
// that is an error, such as that of a proxy whose worker starts anew. A connection that is opened begins with a refresh.
function follow() {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => { state.textContent = "live"; state.className = "on"; refreshSoon(); });
  source.addEventListener("error", () => {
    state.textContent = "reconnecting…";
    state.className = "off";
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN_MS);
  });
  for (const kind of ["job", "match", "library", "item", "letter"]) source.addEventListener(kind, onChange);
  source.addEventListener("reset", () => refreshSoon());
}

if (part) {
  follow();
} else {
  state.textContent = "";
}
