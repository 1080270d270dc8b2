// Keeps the page live: on every change that concerns it, the server's own page is fetched and its live part swapped in.
"use strict";

const part = document.querySelector("[data-live]");
const state = document.getElementById("connection");
const DEBOUNCE_MS = 250; // a busy service changes many times a second; a person reads a few
let timer = 0;

async function refresh() {
  timer = 0;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!fresh || fresh.innerHTML === part.innerHTML) return;
  const focused = document.activeElement && part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  part.replaceChildren(...fresh.childNodes);
  if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function refreshSoon() {
  if (!timer) timer = setTimeout(() => refresh().catch(() => {}), DEBOUNCE_MS);
}

function onChange(event) {
  const job = part.dataset.job;
  if (!job || JSON.parse(event.data).job_id === job) refreshSoon();
}

if (part) {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => { state.textContent = "live"; state.className = "on"; refreshSoon(); });
  source.addEventListener("error", () => { state.textContent = "reconnecting…"; state.className = "off"; });
  for (const kind of ["job", "match", "library", "item", "letter"]) source.addEventListener(kind, onChange);
  source.addEventListener("reset", refreshSoon);
} else {
  state.textContent = "";
}
