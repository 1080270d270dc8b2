// Policies: what they are set to, in which order they stand, and what they would do.
import { refreshWhole, whileLeaving } from "./desk/live.js";
import { ask, notify } from "./desk/notices.js";
import { call, Refusal } from "./desk/rest.js";
import { element, fault, isolated, named, onPress, onSubmit } from "./desk/forms.js";

const API = "/api/v1/policies";
const MOST_CASES = 50; // links that a person would go through
const CHANGED = 412;
const GONE = 404;
const at = (name) => `${API}/${encodeURIComponent(name)}`;

function bodyOf(form) {
  const value = (name) => form.elements.namedItem(name).value;
  const [kind, ...rest] = value("library").split(":");
  const number = (name) => Number(value(name));
  return {
    [kind]: rest.join(":"),
    action: value("action"),
    mode: value("mode"),
    position: number("position"),
    when: {
      similarity: number("similarity"),
      matched_seconds: number("matched_seconds"),
      input_coverage: number("input_coverage"),
      reference_coverage: number("reference_coverage"),
      track: value("track"),
    },
  };
}

// ---- what a policy does, as the service has counted it

function cells(row, kind, ...contents) {
  for (const content of contents) {
    const cell = element(kind);
    if (kind === "th") cell.scope = "col";
    cell.append(content);
    row.append(cell);
  }
  return row;
}

function table(heads, rows, className = "") {
  const made = element("table", "", className);
  const head = element("thead");
  head.append(cells(element("tr"), "th", ...heads));
  const body = element("tbody");
  body.append(...rows);
  made.append(head, body);
  return made;
}

const actionOf = (word) => element("span", word, `action ${word}`);

function counts(effect) {
  const rows = Object.keys(effect.now).map((action) => {
    const [now, then] = [effect.now[action], effect.then[action]];
    const difference = then - now;
    const row = cells(element("tr"), "td", actionOf(action), now.toLocaleString(), then.toLocaleString());
    const change = difference > 0 ? `+${difference.toLocaleString()}` : difference.toLocaleString();
    const cell = element("td", change, difference > 0 ? "up" : difference < 0 ? "down" : "quiet");
    row.append(cell);
    return row;
  });
  return table(["Matches that lead to", "Now", "With it", "Change"], rows);
}

function examples(effect) {
  const rows = effect.examples.map((one) => {
    const media = named(one.media_id, `/jobs/${encodeURIComponent(one.job_id)}`);
    const reference = element("span", "", "pair");
    reference.append(named(one.reference, `/media/${encodeURIComponent(one.reference)}`), " in ", named(one.library, `/libraries/${encodeURIComponent(one.library)}`));
    const becomes = element("span");
    becomes.append(actionOf(one.before), " → ", actionOf(one.after));
    const why = element("small");
    why.append(one.before_policy ? named(one.before_policy) : "no policy", " → ", one.after_policy ? named(one.after_policy) : "no policy");
    becomes.append(why);
    const link = element("a", "case");
    link.href = `/cases/${encodeURIComponent(one.case_id)}`;
    const isCase = [one.before, one.after].some((action) => action === "block" || action === "review");
    return cells(element("tr"), "td", media, reference, `${Math.floor(one.similarity * 100)} %`, `${one.seconds.toFixed(1)} s`, becomes, isCase ? link : "");
  });
  return table(["Media", "Copies", "Sure", "Copied", "What changes", ""], rows, "stack");
}

function cases(effect) {
  const all = element("details");
  all.append(element("summary", `The cases that change: ${effect.cases_changed.toLocaleString()}`));
  const list = element("ul");
  for (const id of effect.cases.slice(0, MOST_CASES)) {
    const link = element("a", id);
    link.href = `/cases/${encodeURIComponent(id)}`;
    const item = element("li");
    item.append(link);
    list.append(item);
  }
  all.append(list);
  if (effect.cases_changed > MOST_CASES) all.append(element("p", `The first ${MOST_CASES} of them.`, "quiet"));
  return all;
}

const plural = (number, one, more) => `${number.toLocaleString()} ${number === 1 ? one : more}`;

function show(place, effect) {
  const parts = [];
  if (effect.examined === 0) {
    const empty = element("section", "", "empty");
    empty.append(element("h2", "No matches"), element("p", `There were none in the last ${plural(effect.days, "day", "days")} that it could decide on.`));
    place.replaceChildren(empty);
    return;
  }
  const of = `${plural(effect.examined, "match", "matches")} of ${plural(effect.media, "media item", "media items")} in the last ${plural(effect.days, "day", "days")}`;
  parts.push(element("p", `Of ${of}, ${effect.matches_changed.toLocaleString()} would lead to something else, and ${plural(effect.media_changed, "media item", "media items")} would come to something else.`));
  parts.push(counts(effect));
  if (effect.cases_changed) parts.push(cases(effect));
  if (effect.examples.length) parts.push(element("h3", "Examples"), examples(effect));
  if (effect.note) parts.push(element("p", `${effect.note[0].toUpperCase()}${effect.note.slice(1)}.`, "quiet"));
  place.replaceChildren(...parts);
}

// What was asked for last is what is shown, whichever answer comes last.
const newest = new WeakMap();
async function fill(place, ask_) {
  const mine = Symbol("question");
  newest.set(place, mine);
  place.replaceChildren(element("p", "Counting…", "quiet"));
  try {
    const { body } = await ask_();
    if (newest.get(place) === mine) show(place, body);
  } catch (error) {
    if (newest.get(place) === mine) place.replaceChildren();
    throw error;
  }
}

const preview = (form, name) =>
  fill(document.getElementById("effect"), () =>
    call("POST", `${API}/preview?days=${encodeURIComponent(form.elements.namedItem("days").value)}`, { name, ...bodyOf(form) }),
  );

for (const form of document.querySelectorAll("form[data-shadow]")) {
  onSubmit(form, () =>
    fill(form.nextElementSibling, () => call("GET", `${at(form.dataset.shadow)}/shadow?days=${encodeURIComponent(form.elements.namedItem("days").value)}`)),
  );
}

// ---- making and changing

const create = document.getElementById("create-policy");
onSubmit(create, async (pressed) => {
  const name = create.elements.namedItem("name").value;
  if (pressed?.value !== "create") return preview(create, name);
  await call("POST", API, { name, ...bodyOf(create) });
  notify(`${isolated(name)} is there: the next match is held against it.`);
  create.reset();
  document.getElementById("create").open = false;
  document.getElementById("effect").replaceChildren();
  return refreshWhole();
});

const change = document.getElementById("change-policy");

// A field of numbers may write one otherwise than the service does: 0.0 is 0.
const says = (field, value) => (field.type === "number" ? Number(field.value) === Number(value) : field.value === String(value));

// Says at each field what somebody else has set it to meanwhile; what is typed here stays until it is saved once more.
async function showNewest() {
  const name = change.dataset.name;
  let answer;
  try {
    answer = await call("GET", at(name));
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== GONE) throw error;
    fault(change, "somebody else has deleted this policy meanwhile");
    return;
  }
  const { body, etag } = answer;
  change.dataset.tag = etag;
  const now = { ...body, ...body.when, library: body.library === undefined ? `purpose:${body.purpose}` : `library:${body.library}` };
  const taken = [];
  for (const field of change.elements) {
    if (!(field.name in now) || says(field, now[field.name])) continue;
    field.closest("label").append(element("small", `now: ${now[field.name]}`, "now"));
    taken.push([field, String(now[field.name])]);
  }
  const words = fault(change, "somebody else has changed this policy meanwhile, to what stands beside the fields: save once more to put yours in its place");
  const take = element("button", "Take what is there");
  take.type = "button";
  take.addEventListener("click", () => {
    for (const [field, value] of taken) field.value = value;
    forgetNewest();
    words.remove();
  });
  words.append(" ", take);
}

function forgetNewest() {
  for (const hint of change.querySelectorAll("small.now")) hint.remove();
}

onSubmit(change, async (pressed) => {
  const { name, tag } = change.dataset;
  if (pressed?.value !== "save") return preview(change, name);
  forgetNewest();
  try {
    const { etag } = await call("PUT", at(name), bodyOf(change), { "If-Match": tag });
    change.dataset.tag = etag;
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== CHANGED) throw error;
    return showNewest();
  }
  notify("Saved: the next match is held against it.");
  return refreshWhole();
});

onPress({
  delete: async () => {
    const { name, tag } = change.dataset;
    if (!(await ask(`Delete the policy ${isolated(name)}? What it has led to stays as it is.`, "Delete"))) return;
    try {
      await whileLeaving(() => call("DELETE", at(name), undefined, { "If-Match": tag }));
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== CHANGED) throw error;
      await showNewest();
      return;
    }
    location.assign("/policies");
  },
  // Of all policies, so that those that are not shown here keep their places among them.
  move: async (button) => {
    const { name, before, after } = button.dataset;
    const { body } = await call("GET", API);
    const names = body.policies.map((one) => one.name).filter((one) => one !== name);
    const other = before ?? after;
    const place = names.indexOf(other);
    if (place < 0) throw new Refusal(GONE, { detail: `there is no policy ${isolated(other)} any more: look at the order again` });
    names.splice(before === undefined ? place + 1 : place, 0, name);
    await call("POST", `${API}/reorder`, { names });
    notify(`${isolated(name)} is looked at ${before === undefined ? "after" : "before"} ${isolated(other)}.`);
    refreshWhole();
  },
});
