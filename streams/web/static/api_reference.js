// The reference of the API: finds operations, and sends what a person fills in to this service. Answers are shown as text.
"use strict";

const SHOWN_CHARACTERS = 200000; // of an answer: more than a person reads, and than a page should hold
const CHANGED_NOTHING = ["GET", "HEAD"];
const tools = document.getElementById("api-tools");
const found = document.getElementById("api-count");
const filter = document.getElementById("api-filter");
const dialog = document.getElementById("api-confirm");
const operations = [...document.querySelectorAll(".api-operation")];
let confirmed = null;

function element(name, content = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = content;
  if (kind) made.className = kind;
  return made;
}

// --- finding

function show() {
  const wanted = filter.value.trim().toLowerCase();
  let shown = 0;
  for (const one of operations) {
    const heading = one.querySelector("summary").textContent.toLowerCase();
    one.hidden = Boolean(wanted) && !one.id.toLowerCase().includes(wanted) && !heading.includes(wanted);
    if (!one.hidden) shown += 1;
  }
  for (const section of document.querySelectorAll(".api-tag")) section.hidden = !section.querySelector(".api-operation:not([hidden])");
  found.textContent = wanted ? `${shown} of ${operations.length}` : "";
}

function open(all) {
  for (const one of operations) if (!one.hidden) one.open = all;
}

function openNamed() {
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    named.scrollIntoView();
  }
}

// --- asking first

function ask(what) {
  document.getElementById("api-confirm-what").textContent = what;
  dialog.showModal();
  return new Promise((resolve) => { confirmed = resolve; });
}

function answerWith(value) {
  dialog.close();
  if (confirmed) confirmed(value);
  confirmed = null;
}

// --- sending

// What a form asks for: the address, and what fetch is given.
function requestOf(form) {
  const query = new URLSearchParams();
  const headers = { Accept: "*/*" };
  const given = { method: form.dataset.method, headers, credentials: "same-origin" };
  let path = form.dataset.path;
  for (const field of form.querySelectorAll("[data-in]")) {
    const value = field.value;
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    else if (field.dataset.in === "body") {
      headers["Content-Type"] = "application/json";
      given.body = value;
    } else if (field.dataset.in === "form") {
      given.body = given.body || new FormData();
      if (field.type === "file") given.body.append(field.name, field.files[0]);
      else if (value) given.body.append(field.name, value);
    } else if (value && field.dataset.in === "query") query.append(field.name, value);
    else if (value) headers[field.name] = value;
  }
  const rest = query.toString();
  return { address: rest ? `${path}?${rest}` : path, given };
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// The same as a command: a token is never written into it.
function commandOf(address, given) {
  const parts = ["curl", "-X", given.method, quoted(location.origin + address), "-H", '"Authorization: Bearer $MEDIADNA_TOKEN"'];
  for (const [name, value] of Object.entries(given.headers)) if (name !== "Accept") parts.push("-H", quoted(`${name}: ${value}`));
  if (typeof given.body === "string") parts.push("-d", quoted(given.body));
  else if (given.body) for (const [name, value] of given.body) parts.push("-F", quoted(`${name}=${value instanceof File ? `@${value.name}` : value}`));
  return parts.join(" ");
}

function pretty(text, kind) {
  if (!/\bjson\b/.test(kind)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// Reads an answer as it comes: some have no end, and are read until they are stopped.
async function readInto(answer, place) {
  const kind = answer.headers.get("content-type") || "";
  if (/octet-stream/.test(kind)) {
    place.textContent = `${(await answer.arrayBuffer()).byteLength} bytes of ${kind}`;
    return;
  }
  if (!/event-stream/.test(kind)) {
    place.textContent = pretty(await answer.text(), kind).slice(0, SHOWN_CHARACTERS);
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    place.textContent = (place.textContent + part.value).slice(-SHOWN_CHARACTERS);
  }
}

function headersOf(answer) {
  const all = document.createElement("details");
  all.append(element("summary", "Headers"), element("pre", [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n")));
  return all;
}

async function send(form) {
  const { address, given } = requestOf(form);
  if (!CHANGED_NOTHING.includes(given.method) && !(await ask(`${given.method} ${address}`))) return;
  const result = form.querySelector(".api-result");
  const button = form.querySelector("[type=submit]");
  const stop = form.querySelector(".api-stop");
  const ending = new AbortController();
  stop.onclick = () => ending.abort();
  button.disabled = true;
  stop.hidden = false;
  result.replaceChildren(element("p", "…"));
  const began = performance.now();
  try {
    const answer = await fetch(address, { ...given, signal: ending.signal });
    const body = element("pre");
    const took = Math.round(performance.now() - began);
    const status = element("p", `${answer.status} ${answer.statusText} · ${took} ms`, `api-status ${answer.ok ? "good" : "bad"}`);
    result.replaceChildren(element("pre", commandOf(address, given), "api-command"), status, headersOf(answer), body);
    await readInto(answer, body);
  } catch (error) {
    if (ending.signal.aborted) result.append(element("p", "Stopped."));
    else result.replaceChildren(element("p", `The request did not get through: ${error.message}`, "api-status bad"));
  }
  button.disabled = false;
  stop.hidden = true;
}

for (const form of document.querySelectorAll(".api-try")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
if (dialog) {
  document.getElementById("api-confirm-send").addEventListener("click", () => answerWith(true));
  document.getElementById("api-confirm-cancel").addEventListener("click", () => answerWith(false));
  dialog.addEventListener("cancel", () => answerWith(false));
}
if (tools) {
  tools.hidden = false;
  tools.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("input", show);
  document.getElementById("api-open").addEventListener("click", () => open(true));
  document.getElementById("api-close").addEventListener("click", () => open(false));
  addEventListener("beforeprint", () => open(true));
}
addEventListener("hashchange", openNamed);
openNamed();
