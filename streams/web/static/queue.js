// The queue: cases are chosen, ticked and decided where they stand, by keyboard or by pointer.
import { offerKeys } from "./desk/keys.js";
import { onSwap, showList } from "./desk/live.js";
import { assign, decide, undo, undoable } from "./queue/decisions.js";
import { setUpPictures } from "./queue/pictures.js";
import { keepPlace } from "./queue/place.js";
import { chooseNext, choosePrevious, chosenRow, concerned, onTicks, openChosen, setUpRows, tickAll, tickChosen, untick } from "./queue/rows.js";
import { setUpViews } from "./queue/views.js";

const toolbars = document.querySelectorAll(".acts");

const ACTS = {
  "tick-all": () => tickAll(),
  undo: () => undo(),
  assign: () => assign(concerned()),
};

function act(name) {
  if (ACTS[name]) ACTS[name]();
  else decide(name, concerned());
}

// What the buttons and the keys act on is said beside the buttons.
function tell() {
  const [rows, chosen] = [concerned(), chosenRow()];
  for (const bar of toolbars) {
    bar.querySelector("[data-ticked]").textContent = rows.length === 0 ? "none ticked" : rows[0] === chosen && rows.length === 1 ? "the chosen one" : `${rows.length} ticked`;
    for (const button of bar.querySelectorAll("[data-act]")) {
      if (button.dataset.act === "undo") button.disabled = !undoable();
      else if (button.dataset.act !== "tick-all") button.disabled = rows.length === 0;
    }
  }
}

for (const bar of toolbars) {
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) act(button.dataset.act);
  });
}

offerKeys([
  { key: "j", label: "next case", run: chooseNext },
  { key: "k", label: "previous case", run: choosePrevious },
  { key: "Enter", shows: "Enter", label: "open the chosen case", run: openChosen },
  { key: "g", label: "show what is new, and put away what is decided", run: showList },
]);
if (toolbars.length) {
  offerKeys([
    { key: "t", label: "tick the chosen case; with Shift all from the last ticked one to it", run: (event) => tickChosen(event.shiftKey) },
    { key: "Escape", shows: "Esc", label: "untick all", run: untick },
    { key: "a", label: "copy", run: () => act("copy") },
    { key: "x", label: "not a match", run: () => act("not_a_match") },
    { key: "w", label: "allow: a copy, and permitted", run: () => act("allow") },
    { key: "e", label: "escalate, with a note", run: () => act("escalate") },
    { key: "i", label: "give it to me", run: () => assign(concerned(), document.getElementById("queue").dataset.me) },
    { key: "u", label: "undo what was decided here last", run: () => act("undo") },
  ]);
}

setUpRows();
setUpPictures();
setUpViews();
keepPlace();
onTicks(tell);
onSwap(tell);
tell();
