// A job's page: ends the job, or asks for it once more.
import { call } from "./desk/rest.js";
import { ask, notify } from "./desk/notices.js";

const part = document.querySelector("[data-live]");

async function act(action) {
  const job = encodeURIComponent(part.dataset.subject);
  if (action === "cancel" && !(await ask("End this job? What it has found so far is not kept.", "End it"))) return;
  try {
    const { body } = await call("POST", `/api/v1/jobs/${job}/${action}`, {});
    if (action === "rerun") location.assign(`/jobs/${encodeURIComponent(body.job_id)}`);
    else notify("The job is being ended.");
  } catch (refusal) {
    notify(refusal.message, { bad: true });
  }
}

part.addEventListener("click", (event) => {
  const button = event.target.closest("[data-job-action]");
  if (button) act(button.dataset.jobAction);
});
