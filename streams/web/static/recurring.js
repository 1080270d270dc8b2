// What is done with content that recurs: it is named, or put aside, and either is taken back.
import { refreshWhole } from "./desk/live.js";
import { notify } from "./desk/notices.js";
import { call, Refusal } from "./desk/rest.js";
import { isolated, onPress, press } from "./desk/forms.js";
import { showThumbnails, unveil } from "./thumbnails.js";

const placeOf = (one) => `/api/v1/recurring/${encodeURIComponent(one.dataset.id)}`;

async function decide(button, act, words, back) {
  const place = placeOf(button);
  await call("POST", `${place}/${act}`);
  refreshWhole();
  const undo = async () => {
    try {
      await call("POST", `${place}/${back}`);
      refreshWhole();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      notify(error.message, { bad: true });
    }
  };
  notify(words, back ? { action: { label: "Undo", run: undo } } : {});
}

async function promote(form) {
  const { library, media_id: name } = form.elements;
  const wanted = { library: library.value, ...(name.value ? { media_id: name.value } : {}) };
  const { body } = await call("POST", `${placeOf(form)}/promote`, wanted);
  refreshWhole();
  notify(`${isolated(body.decision.media_id)} is being stored in ${isolated(body.decision.library)}.`);
}

// A form may be swapped for a fresh one at any time, so the page listens and not the form.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset?.script !== "promote") return;
  event.preventDefault();
  press(form.querySelector("button"), () => promote(form));
});

onPress({
  unveil,
  dismiss: (button) => decide(button, "dismiss", "It is proposed no more.", "reopen"),
  reopen: (button) => decide(button, "reopen", "It is proposed again.", null),
});

showThumbnails();
