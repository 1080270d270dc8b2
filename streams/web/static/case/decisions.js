// What a person decides, and who has the case. The part of the page that shows it is refreshed, and may be another one
// each time: everything is looked up when it is needed.
import { offerKeys } from "../desk/keys.js";
import { onSwap, refreshWhole } from "../desk/live.js";
import { notify } from "../desk/notices.js";
import { Refusal, call } from "../desk/rest.js";

const MADE = "case.made"; // what was decided last, for the page that comes next
const PAST = { copy: "a copy", not_a_match: "not a match", allow: "allowed", escalate: "escalated", reopen: "taken back" };

const root = document.querySelector(".case");
const subject = root.dataset.case;
let busy = false;

function panel() {
  return document.querySelector(".decide");
}

function path(caseId, what) {
  return `/api/v1/cases/${encodeURIComponent(caseId)}/${what}`;
}

function refuse(problem) {
  if (!(problem instanceof Refusal)) throw problem;
  notify(problem.message[0].toUpperCase() + problem.message.slice(1), { bad: true });
}

function hold(on) {
  busy = on;
  panel().setAttribute("aria-busy", String(on));
  for (const button of panel().querySelectorAll("button")) button.disabled = on;
}

function title() {
  return [...root.querySelectorAll("h1 .name")].slice(0, 2).map((one) => one.textContent).join(" / ");
}

// Whether somebody goes through a list: one that the address names, or the one that they came from. Others came for this
// one case, and stay.
function comesFromQueue() {
  const before = document.referrer ? new URL(document.referrer) : null;
  return location.search !== "" || (before?.origin === location.origin && /^\/cases(\/|$)/.test(before.pathname));
}

// Where to go on: asked for when somebody decides, since others decide meanwhile, and before the decision is made, since
// that can give the case another place in its list, such as the last one when it is allowed.
async function nextCase() {
  const address = new URL(location.href);
  address.searchParams.set("rows", "");
  let answer;
  try {
    answer = await fetch(address, { headers: { Accept: "text/html" } });
  } catch {
    return ""; // the decision itself says that nobody answers
  }
  if (!answer.ok) return "";
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text(); // the server's own page, with every name escaped
  return holder.content.querySelector("[data-next]")?.dataset.next ?? "";
}

async function undo({ caseId, version, address }) {
  try {
    await call("POST", path(caseId, "decisions"), { decision: "reopen" }, { "If-Match": String(version) });
  } catch (problem) {
    refuse(problem);
    return;
  }
  if (caseId === subject) refreshWhole();
  else location.assign(address);
}

function tell(made) {
  notify(`${made.title}: ${PAST[made.decision]}`, made.decision === "reopen" ? {} : { action: { label: "Undo", run: () => undo(made) } });
}

async function decide(decision) {
  const note = document.getElementById("note");
  const version = Number(panel().dataset.version);
  if (busy) return;
  hold(true);
  try {
    const next = comesFromQueue() && decision !== "reopen" ? await nextCase() : "";
    const { body } = await call("POST", path(subject, "decisions"), { decision, note: note?.value ?? "" }, { "If-Match": String(version) });
    const made = { caseId: subject, decision, version: body.version, address: location.pathname + location.search, title: title() };
    if (note) note.value = "";
    if (next) {
      sessionStorage.setItem(MADE, JSON.stringify(made));
      location.assign(next);
      return;
    }
    tell(made);
  } catch (problem) {
    refuse(problem);
  }
  hold(false);
  refreshWhole();
}

async function assign(assignee) {
  if (busy) return;
  hold(true);
  try {
    await call("PUT", path(subject, "assignee"), { assignee: assignee || null });
    const field = document.getElementById("assignee");
    if (field) field.value = assignee; // a refresh keeps what is typed
    notify(assignee ? `Assigned to ${assignee}` : "Assigned to nobody");
  } catch (problem) {
    refuse(problem);
  }
  hold(false);
  refreshWhole();
}

function pressed(id) {
  document.getElementById(id)?.click();
}

function follow(id) {
  const link = document.getElementById(id);
  if (link) location.assign(link.href);
}

// A newer match is no reason to stop what somebody watches: it is offered.
function offerNewer() {
  const shown = document.getElementById("watch").dataset.match;
  const newest = document.querySelector(".headline").dataset.match;
  document.getElementById("newer").hidden = shown === newest;
}

export function setUpDecisions() {
  document.addEventListener("click", (event) => {
    const decision = event.target.closest("[data-decide]");
    const assignment = event.target.closest("[data-assign]");
    if (decision) decide(decision.dataset.decide);
    else if (assignment) assign(assignment.dataset.assign);
    else if (event.target.closest("[data-reload]")) location.reload();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-assign-form]")) return;
    event.preventDefault();
    assign(event.target.elements.assignee.value.trim());
  });
  onSwap(offerNewer);
  offerKeys([
    { key: "j", label: "next case", run: () => follow("to-next") },
    { key: "k", label: "previous case", run: () => follow("to-previous") },
  ]);
  if (document.querySelector(".assign")) {
    offerKeys([
      { key: "a", label: "it is a copy", run: () => pressed("decide-copy") },
      { key: "x", label: "it is not a match", run: () => pressed("decide-not_a_match") },
      { key: "w", label: "it is a copy, and allowed", run: () => pressed("decide-allow") },
      { key: "e", label: "escalate it", run: () => pressed("decide-escalate") },
      { key: "u", label: "undo the last decision", run: () => pressed("decide-reopen") },
      { key: "n", label: "write a note (Escape leaves it)", run: () => document.getElementById("note")?.focus() },
    ]);
  }
  const made = sessionStorage.getItem(MADE);
  sessionStorage.removeItem(MADE);
  if (made) tell(JSON.parse(made));
}
