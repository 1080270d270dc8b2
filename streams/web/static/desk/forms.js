// Forms and buttons that change something over REST: what the service says of it stands beside what it is about.
import { notify } from "./notices.js";
import { Refusal } from "./rest.js";

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// A name comes from strangers: it stands in an element of its own, isolated from the text around it.
export function named(text, address = null) {
  const name = element("bdi", text, "name");
  if (!address) return name;
  const link = element("a");
  link.href = address;
  link.append(name);
  return link;
}

// The same in a text without elements, such as a notice or a question.
export const isolated = (text) => `\u2068${text}\u2069`;

function clear(form) {
  for (const fault of form.querySelectorAll(".fault")) fault.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

// The parts of a key such as "when.similarity", or "data.match_threshold", name a field by the last one.
function fieldOf(form, key) {
  const name = String(key ?? "").split(".").at(-1);
  return name ? form.elements.namedItem(name) : null;
}

export function fault(form, text, field = null) {
  const words = element("p", text, "fault");
  words.setAttribute("role", "alert");
  if (field instanceof HTMLElement) {
    words.id = `fault-${field.id || field.name}`;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", words.id);
    field.closest("label").append(words);
  } else {
    (form.querySelector(".toolbar") ?? form.lastElementChild).before(words);
  }
  return words;
}

export function showRefusal(form, refusal) {
  const errors = Array.isArray(refusal.problem.errors) ? refusal.problem.errors : [];
  const placed = errors.filter((one) => one?.message && fieldOf(form, one.key));
  for (const one of placed) fault(form, one.message, fieldOf(form, one.key));
  if (placed.length === 0) fault(form, [refusal.message, ...errors.map((one) => one?.message ?? "")].filter(Boolean).join(": "));
  form.querySelector("[aria-invalid]")?.focus();
}

// Runs what a form is for when it is sent, once at a time; what is refused is said in the form.
export function onSubmit(form, send) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    clear(form);
    form.setAttribute("aria-busy", "true");
    try {
      await send(event.submitter);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      showRefusal(form, error);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

// Runs what a button is for, once at a time; what is refused is said in a notice. Resolves to whether it went well.
export async function press(button, act) {
  if (button.getAttribute("aria-busy") === "true") return false;
  button.setAttribute("aria-busy", "true");
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notify(error.message, { bad: true });
    return false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// Presses of buttons with data-do="..." wherever they come to stand: { disable: (button) => ... }.
export function onPress(actions) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-do]");
    const act = button && actions[button.dataset.do];
    if (act) press(button, () => act(button));
  });
}

// Asks for a name to be typed before something that cannot be taken back; resolves to whether it was.
export function askTyped(question, wanted, yes) {
  const sheet = element("dialog");
  const form = element("form", "", "stacked");
  const label = element("label", "Type its name: ");
  const field = element("input");
  field.autocomplete = "off";
  field.name = "typed";
  label.append(named(wanted), field);
  const buttons = element("div", "", "toolbar");
  const [go, no] = [element("button", yes, "danger"), element("button", "Cancel")];
  no.type = "button";
  no.addEventListener("click", () => sheet.close());
  buttons.append(go, no);
  form.append(label, buttons);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clear(form);
    if (field.value === wanted) sheet.close("yes");
    else fault(form, "this is not its name: nothing was done", field);
  });
  const words = element("p", question);
  words.id = "question";
  sheet.setAttribute("aria-labelledby", words.id);
  sheet.append(words, form);
  document.body.append(sheet);
  sheet.showModal();
  field.focus();
  return new Promise((resolve) => {
    sheet.addEventListener("close", () => {
      resolve(sheet.returnValue === "yes");
      sheet.remove();
    });
  });
}
