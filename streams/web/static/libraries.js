// What is done with libraries and their items.
import { refreshWhole, whileLeaving } from "./desk/live.js";
import { ask, notify } from "./desk/notices.js";
import { call, Refusal } from "./desk/rest.js";
import { askTyped, element, fault, isolated, named, onPress, onSubmit } from "./desk/forms.js";
import { showThumbnails, unveil } from "./thumbnails.js";

const API = "/api/v1/libraries";

// A part of a page that is swapped: asked for anew whenever it is needed.
function library() {
  const { name, items } = document.getElementById("library").dataset;
  return { name, items: Number(items), place: `${API}/${encodeURIComponent(name)}` };
}

const itemAt = (button) => `${library().place}/items/${encodeURIComponent(button.dataset.media)}`;
const many = (number) => `${number.toLocaleString()} ${number === 1 ? "item" : "items"}`;

function properties(form) {
  const backwards = form.elements.searches_backwards.value;
  return {
    purpose: form.elements.purpose.value,
    description: form.elements.description.value,
    match_threshold: Number(form.elements.match_threshold.value),
    minimum_match_length: Number(form.elements.minimum_match_length.value),
    searches_backwards: backwards === "" ? null : backwards === "true",
  };
}

const create = document.getElementById("create-library");
onSubmit(create, async () => {
  const name = create.elements.namedItem("name").value;
  await call("POST", API, { name, ...properties(create) });
  location.assign(`/libraries/${encodeURIComponent(name)}`);
});

// What a person has not touched is not sent: somebody else may have changed it meanwhile.
const change = document.getElementById("change-library");
let shown = change ? properties(change) : {};
onSubmit(change, async () => {
  const wanted = properties(change);
  const changes = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== shown[key]));
  if (Object.keys(changes).length === 0) return notify("Nothing was changed.");
  await call("PATCH", library().place, changes);
  shown = wanted;
  refreshWhole();
  return notify("Saved: it counts for the next match.");
});

function metadataIn(form) {
  const field = form.elements.namedItem("metadata");
  if (!field.value.trim()) return {};
  try {
    const value = JSON.parse(field.value);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  fault(form, 'write a JSON object, such as {"title": "A film"}', field);
  field.focus();
  return null;
}

const add = document.getElementById("add-item");
onSubmit(add, async () => {
  const metadata = metadataIn(add);
  if (metadata === null) return;
  const { url, media_id: mediaId, replace } = add.elements;
  const asked = { media_id: mediaId.value, url: url.value, metadata };
  const { body } = await call("POST", `${library().place}/items?replace=${replace.checked}`, asked);
  notify(`${isolated(asked.media_id)} is being fingerprinted, and shows here when it is stored.`, {
    action: { label: "Show the job", run: () => location.assign(`/jobs/${encodeURIComponent(body.job_id)}`) },
  });
  add.reset();
});
// A file's name without its ending is what most people call the media.
function suggestName() {
  const { url, media_id: mediaId } = add.elements;
  const name = url.value.split(/[?#]/)[0].split("/").at(-1).replace(/\.[^.]+$/, "");
  if (mediaId.value) return;
  try {
    mediaId.value = decodeURIComponent(name);
  } catch {
    mediaId.value = name;
  }
}
add?.elements.namedItem("url").addEventListener("change", suggestName);
if (add) suggestName(); // for what was typed before this module came

async function describe(button) {
  const place = itemAt(button);
  const { body } = await call("GET", place);
  const sheet = element("dialog");
  const form = element("form", "", "stacked");
  const label = element("label", "Metadata of ");
  const text = element("textarea");
  text.name = "metadata";
  text.rows = 10;
  text.spellcheck = false;
  text.value = JSON.stringify(body.metadata, null, 2);
  label.append(named(button.dataset.media), text);
  const buttons = element("div", "", "toolbar");
  const cancel = element("button", "Cancel");
  cancel.type = "button";
  cancel.addEventListener("click", () => sheet.close());
  buttons.append(element("button", "Save", "primary"), cancel);
  form.append(label, buttons);
  onSubmit(form, async () => {
    const metadata = metadataIn(form);
    if (metadata === null) return;
    await call("PATCH", place, { metadata });
    sheet.close();
    refreshWhole();
  });
  sheet.setAttribute("aria-label", "Metadata");
  sheet.append(form);
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}

async function purge() {
  const { name, items, place } = library();
  if (!(await ask(`Empty ${isolated(name)}? ${many(items)} would be removed for good, and jobs that store into it ended.`, `Remove ${many(items)}`))) return;
  await call("POST", `${place}/purge`);
  notify(`${isolated(name)} is empty.`);
  refreshWhole();
}

async function deleteAll() {
  const { name, items, place } = library();
  if (!(await askTyped(`Delete the library with ${many(items)} in it? This cannot be taken back.`, name, "Delete"))) return;
  await whileLeaving(() => call("DELETE", place));
  location.assign("/libraries");
}

// A change of an item, and the change that takes it back.
async function marked(button, marks, words, back = null) {
  const place = itemAt(button);
  await call("PATCH", place, marks);
  refreshWhole();
  const undo = async () => {
    try {
      await call("PATCH", place, back);
      refreshWhole();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      notify(error.message, { bad: true });
    }
  };
  notify(`${isolated(button.dataset.media)} ${words}`, back ? { action: { label: "Undo", run: undo } } : {});
}

onPress({
  unveil,
  describe,
  disable: (button) => marked(button, { disabled: true }, "is matched no more.", { disabled: false }),
  enable: (button) => marked(button, { disabled: false }, "is matched again.", { disabled: true }),
  lift: (button) => marked(button, { quarantined: false }, "is set aside no more."),
  backwards: async (button) => {
    const { name } = library();
    const media = encodeURIComponent(button.dataset.media);
    await call("POST", `/api/v1/media/${media}/search-backwards?library=${encodeURIComponent(name)}`);
    notify(`${isolated(button.dataset.media)} is being held against everything that is stored.`);
    refreshWhole();
  },
  cancel: async (button) => {
    await call("POST", `/api/v1/backward-searches/${encodeURIComponent(button.dataset.search)}/cancel`);
    refreshWhole();
  },
  pause: async () => {
    await call("POST", `${library().place}/pause`);
    notify("No job searches it until it is resumed; what it holds stays.");
    refreshWhole();
  },
  resume: async () => {
    await call("POST", `${library().place}/resume`);
    notify("Jobs search it again.");
    refreshWhole();
  },
  remove: async (button) => {
    const { name } = library();
    if (!(await ask(`Remove ${isolated(button.dataset.media)} from ${isolated(name)}? Other libraries keep it.`, "Remove"))) return;
    await call("DELETE", itemAt(button));
    notify(`${isolated(button.dataset.media)} was removed.`);
    refreshWhole();
  },
  purge,
  delete: deleteAll,
});

showThumbnails();
