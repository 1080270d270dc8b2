// Overrules what is boilerplate, on the pages of a job and of a media item, and takes that back.
import { refreshWhole } from "./desk/live.js";
import { notify } from "./desk/notices.js";
import { call } from "./desk/rest.js";
import { onPress, onSubmit } from "./desk/forms.js";

const API = "/api/v1/boilerplate";

const form = document.getElementById("say-boilerplate");
const seconds = (field) => (field.value.trim() === "" ? null : Number(field.value));
onSubmit(form, async () => {
  const { library, start, end, boilerplate, note } = form.elements;
  await call("PUT", API, {
    library: library.value,
    media_id: form.dataset.media,
    start: seconds(start),
    end: seconds(end),
    boilerplate: boilerplate.value === "true",
    note: note.value,
  });
  refreshWhole();
  notify("Saved: results say so from now on.");
});

onPress({
  overrule: async (button) => {
    const { library, media, start, end } = button.dataset;
    await call("PUT", API, { library, media_id: media, start: Number(start), end: Number(end), boilerplate: false });
    refreshWhole();
    notify("It links: verdicts follow at once.");
  },
  withdraw: async (button) => {
    await call("DELETE", `${API}/${encodeURIComponent(button.dataset.ruling)}`);
    refreshWhole();
    notify("Taken back: the number of references decides again.");
  },
});
