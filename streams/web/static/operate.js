// What those do who run the service: send again what was put aside or given up, take the log along, find a setting.
import { onSwap, refreshWhole } from "./desk/live.js";
import { ask, notify } from "./desk/notices.js";
import { call, Refusal } from "./desk/rest.js";
import { onPress } from "./desk/forms.js";

const replay = (letter) => call("POST", `/api/v1/dead-letters/${encodeURIComponent(letter)}/replay`);

const boxes = () => [...document.querySelectorAll("input[name=letter]")];

function sayChosen() {
  const said = document.getElementById("chosen");
  const number = boxes().filter((box) => box.checked).length;
  if (said) said.textContent = number ? `${number} chosen` : "";
}

// One after another, each with what became of it: one that is refused stops no other.
async function replayChosen() {
  const chosen = boxes().filter((box) => box.checked).map((box) => box.value);
  if (chosen.length === 0) return notify("Choose letters first.", { bad: true });
  const refused = [];
  for (const letter of chosen) {
    try {
      await replay(letter);
      const box = boxes().find((one) => one.value === letter);
      if (box) box.checked = false;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push([letter, error.message]);
    }
  }
  const sent = chosen.length - refused.length;
  refreshWhole();
  sayChosen();
  notify(`${sent} of ${chosen.length} sent again${refused.length ? `, ${refused.length} refused: each says why` : "."}`, { bad: refused.length > 0 });
  for (const [letter, why] of refused) refusals.set(letter, why);
  return showRefusals();
}

// What was said of a letter stays with it when the list is swapped.
const refusals = new Map();
function showRefusals() {
  for (const [letter, why] of refusals) {
    const place = document.getElementById(`result-${letter}`);
    if (!place) continue;
    place.textContent = why;
    place.hidden = false;
  }
}

async function download(button) {
  const { from, name } = button.dataset;
  let answer;
  try {
    answer = await fetch(from, { headers: { Accept: "text/csv" } });
  } catch {
    throw new Refusal(0, { detail: "the service does not answer: it is tried again when you ask once more" });
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Refusal(answer.status, said);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the press
}

onSwap(showRefusals);

onPress({
  download,
  replayChosen,
  chooseAll: () => {
    const all = boxes();
    const every = all.every((box) => box.checked);
    for (const box of all) box.checked = !every;
    sayChosen();
  },
  replayOne: async (button) => {
    await replay(button.dataset.letter);
    notify("Sent again, as it came.");
    refreshWhole();
  },
  deliver: async (button) => {
    await call("POST", `/api/v1/deliveries/${encodeURIComponent(button.dataset.job)}/replay`);
    notify("It is delivered once more, under the id that it had.");
    refreshWhole();
  },
  deliverAll: async (button) => {
    const { media, failed } = button.dataset;
    const what = media ? "those of this media that were given up" : `${Number(failed).toLocaleString()} that were given up`;
    if (!(await ask(`Deliver ${what} once more?`, "Deliver"))) return;
    const { body } = await call("POST", `/api/v1/deliveries/replay${media ? `?media_id=${encodeURIComponent(media)}` : ""}`);
    notify(`${body.replayed} are delivered once more${body.more ? "; more are left: press again" : "."}`);
    refreshWhole();
  },
});
document.addEventListener("change", (event) => {
  if (event.target.name === "letter") sayChosen();
});

// ---- settings: all of them are on the page

const filter = document.getElementById("settings-filter");
function find() {
  const words = filter.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of document.querySelectorAll("#settings tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word)) || (filter.elements.set.checked && row.dataset.source === "default");
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById("nothing").hidden = shown > 0;
}
filter?.addEventListener("input", find);
filter?.addEventListener("submit", (event) => event.preventDefault());
if (filter) find(); // what was typed before this module came, or stands there again after a way back
