// Decides on cases, says of each what became of it, and takes back what was decided here.
import { refreshRows } from "../desk/live.js";
import { ask, notify } from "../desk/notices.js";
import { call } from "../desk/rest.js";
import { chooseUndecided, chosenRow, untick } from "./rows.js";
import { askForName, askForNote, report } from "./sheets.js";

const MOST_AT_ONCE = 500; // cases that one call may decide on
const CONFIRMED_ABOVE = 20; // cases: more than one sees at a glance
const SIDE_BY_SIDE = 6; // calls: as many as a browser opens connections
const MOST_UNDONE = 50; // steps that can be taken back
const UNDO = "mediadna-undo";
const DONE = { copy: "marked as a copy", not_a_match: "marked as no match", allow: "allowed", escalate: "escalated", reopen: "taken back" };

const part = document.getElementById("queue");
let busy = false; // one thing at a time: what is ticked is what is being decided on

// Of a row: what it takes to decide on it, and to say what became of that.
function caseOf(row) {
  return {
    case_id: row.id.slice("row-".length),
    version: row.dataset.version,
    input: row.querySelector(".input").textContent,
    reference: row.querySelector(".reference").textContent,
  };
}

// What was decided here, newest last; kept while the tab is, since one opens cases and comes back.
function steps() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(UNDO) ?? "{}");
    return kept.who === part.dataset.me && Array.isArray(kept.steps) ? kept.steps : [];
  } catch {
    return [];
  }
}

function keepSteps(kept) {
  try {
    sessionStorage.setItem(UNDO, JSON.stringify({ who: part.dataset.me, steps: kept.slice(-MOST_UNDONE) }));
  } catch {
    // without a store there is nothing to take back after the page is left
  }
}

export function undoable() {
  return steps().length > 0;
}

// Resolves to what became of each case, in the order given: { status, detail, version }.
async function send(cases, decision, note) {
  const results = [];
  for (let from = 0; from < cases.length; from += MOST_AT_ONCE) {
    const some = cases.slice(from, from + MOST_AT_ONCE);
    const decisions = some.map((one) => ({ case_id: one.case_id, decision, note, if_match: String(one.version) }));
    try {
      const { body } = await call("POST", "/api/v1/decisions", { decisions });
      results.push(...body.results.map((one) => ({ status: one.status, detail: one.detail, version: one.case?.version })));
    } catch (refusal) {
      results.push(...some.map(() => ({ status: refusal.status ?? 0, detail: refusal.message })));
    }
  }
  return cases.map((one, place) => ({ ...one, ...results[place], before: one.version, version: results[place].version }));
}

function isMade(one) {
  return one.status === 200;
}

// Says what became of cases: a line for one, a list for many.
function tell(outcomes, done, again) {
  const [made, others] = [outcomes.filter(isMade), outcomes.filter((one) => !isMade(one))];
  const action = made.length && again ? again : null;
  if (outcomes.length > 1) report(outcomes, done, made, action);
  else if (others.length) notify(`${others[0].input}: ${others[0].detail}`, { bad: true });
  else notify(`${made[0].input}: ${done}`, { action });
}

async function run(rows, doing) {
  if (busy || !rows.length) return;
  busy = true;
  for (const bar of document.querySelectorAll(".acts")) bar.setAttribute("aria-busy", "true");
  for (const row of rows) row.classList.add("busy");
  try {
    await doing();
  } finally {
    busy = false;
    for (const bar of document.querySelectorAll(".acts")) bar.removeAttribute("aria-busy");
    for (const row of rows) row.classList.remove("busy");
    refreshRows(rows.map((row) => caseOf(row).case_id));
  }
}

export async function decide(decision, rows) {
  if (!rows.length || busy) return;
  const cases = rows.map(caseOf);
  if (cases.length > CONFIRMED_ABOVE && !(await ask(`${cases.length} cases are to be ${DONE[decision]}.`, `Yes, all ${cases.length}`))) return;
  const note = decision === "escalate" ? await askForNote(cases.length) : "";
  if (note === null) return;
  await run(rows, async () => {
    const chosen = chosenRow();
    untick();
    chooseUndecided(rows.includes(chosen) ? chosen : rows.at(-1), rows);
    const outcomes = await send(cases, decision, note);
    const made = outcomes.filter(isMade).map(({ case_id, version, input, reference }) => ({ case_id, version, input, reference }));
    if (made.length && decision !== "reopen") keepSteps([...steps(), made]);
    tell(outcomes, DONE[decision], decision === "reopen" ? null : { label: "Undo", run: undo });
  });
}

// Takes back the last step: each case of it that nobody has decided on since.
export async function undo() {
  const kept = steps();
  const last = kept.pop();
  if (!last || busy) return;
  busy = true;
  keepSteps(kept);
  try {
    const outcomes = await send(last, "reopen", "");
    const unanswered = outcomes.filter((one) => one.status === 0 || one.status >= 500).map((one) => ({ ...one, version: one.before }));
    if (unanswered.length) keepSteps([...kept, unanswered]);
    tell(outcomes, DONE.reopen, null);
  } finally {
    busy = false;
    refreshRows(last.map((one) => one.case_id));
  }
}

async function give(one, assignee) {
  try {
    await call("PUT", `/api/v1/cases/${encodeURIComponent(one.case_id)}/assignee`, { assignee: assignee || null });
    return { ...one, status: 200 };
  } catch (refusal) {
    return { ...one, status: refusal.status ?? 0, detail: refusal.message };
  }
}

// Gives cases to somebody; with no name it is asked for.
export async function assign(rows, name = undefined) {
  if (!rows.length || busy) return;
  const cases = rows.map(caseOf);
  const assignee = name ?? (await askForName(cases.length));
  if (assignee === null) return;
  if (cases.length > CONFIRMED_ABOVE && !(await ask(`Give ${cases.length} cases to ${assignee || "nobody"}?`, `Yes, all ${cases.length}`))) return;
  await run(rows, async () => {
    const outcomes = [];
    for (let from = 0; from < cases.length; from += SIDE_BY_SIDE) {
      outcomes.push(...(await Promise.all(cases.slice(from, from + SIDE_BY_SIDE).map((one) => give(one, assignee)))));
    }
    if (outcomes.every(isMade)) untick();
    tell(outcomes, assignee ? `given to ${assignee}` : "given to nobody", null);
  });
}
