// Sheets over the queue: what a decision needs to be told, and what became of many.
const part = document.getElementById("queue");

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function button(label, value, className = "") {
  const made = element("button", label, className);
  made.value = value;
  return made;
}

// Shows a form; resolves to the value of the button that closed it, and to "" when it was left.
function shown(title, parts, buttons) {
  const sheet = element("dialog", "", "sheet");
  const heading = element("h2", title);
  heading.id = "sheet-title";
  sheet.setAttribute("aria-labelledby", heading.id);
  const form = element("form");
  form.method = "dialog";
  const row = element("div", "", "toolbar");
  row.append(...buttons);
  form.append(...parts, row);
  sheet.append(heading, form);
  document.body.append(sheet);
  sheet.showModal();
  return new Promise((resolve) => {
    sheet.addEventListener("close", () => {
      resolve(sheet.returnValue);
      sheet.remove();
    });
  });
}

function cancel() {
  const made = button("Cancel", "");
  made.formNoValidate = true;
  return made;
}

// Asks for what is written beside a decision; resolves to null when there is to be none.
export async function askForNote(cases) {
  const label = element("label", "Note: what is to be looked at, and why");
  const field = element("textarea");
  [field.id, field.rows, field.required, field.maxLength] = ["note", 4, true, Number(part.dataset.longestNote)];
  label.append(field);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) field.form.requestSubmit(field.form.querySelector("button.primary"));
  });
  const title = cases > 1 ? `Escalate ${cases} cases` : "Escalate";
  const chosen = await shown(title, [label], [button("Escalate", "yes", "primary"), cancel()]);
  return chosen === "yes" ? field.value.trim() : null;
}

// Asks who is to have cases; resolves to a name, to "" for nobody, and to null when nothing is to change.
export async function askForName(cases) {
  const label = element("label", "Name");
  const field = element("input");
  [field.id, field.required, field.autocomplete, field.maxLength] = ["assignee", true, "off", Number(part.dataset.longestName)];
  label.append(field);
  const nobody = button("To nobody", "nobody");
  nobody.formNoValidate = true;
  const me = button("To me", "me");
  me.formNoValidate = true;
  const title = cases > 1 ? `Give ${cases} cases to` : "Give the case to";
  const chosen = await shown(title, [label], [button("Give", "yes", "primary"), me, nobody, cancel()]);
  if (chosen === "me") return part.dataset.me;
  return { yes: field.value.trim(), nobody: "" }[chosen] ?? null;
}

function line(one, said) {
  const row = element("li");
  row.append(element("bdi", one.input, "name"), " → ", element("bdi", one.reference, "name"), `: ${said}`);
  return row;
}

// Says of each of many cases what became of it; what was not done comes first.
export async function report(outcomes, done, made, action) {
  const others = outcomes.filter((one) => !made.includes(one));
  const first = others.filter((one) => one.status === 412).length; // somebody else was first
  const counts = [`${made.length} ${done}`, first ? `${first} decided by others first` : "", others.length - first ? `${others.length - first} not done` : ""];
  const parts = [element("p", counts.filter(Boolean).join(" · "))];
  if (others.length) {
    const list = element("ul", "", "report");
    list.append(...others.map((one) => line(one, one.detail || `the service answered with ${one.status}`)));
    parts.push(list);
  }
  if (made.length) {
    const fold = element("details");
    const list = element("ul", "", "report");
    list.append(...made.map((one) => line(one, done)));
    fold.append(element("summary", `${made.length} ${done}`), list);
    parts.push(fold);
  }
  const buttons = [button("Close", "", "primary")];
  if (action) buttons.push(button(`Undo ${made.length}`, "undo"));
  const chosen = await shown(`${made.length} of ${outcomes.length} done`, parts, buttons);
  if (chosen === "undo") action.run();
}

// Asks for the name of a view; resolves to null when it is not to be kept.
export async function askForTitle() {
  const label = element("label", "Name of this view");
  const field = element("input");
  [field.id, field.required, field.autocomplete, field.maxLength] = ["view-title", true, "off", 60];
  label.append(field);
  const chosen = await shown("Save this view", [label, element("p", "It is kept in this browser; its address is in the address bar.", "quiet")], [button("Save", "yes", "primary"), cancel()]);
  return chosen === "yes" ? field.value.trim() || null : null;
}
