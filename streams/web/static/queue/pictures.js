// Thumbnails of the queue: what must not be seen at once stays veiled until it is asked for.
import { onSwap } from "../desk/live.js";
import { showThumbnails } from "../thumbnails.js";

const part = document.getElementById("queue");
const unveil = document.getElementById("unveil");

function look() {
  if (unveil) unveil.hidden = !part.querySelector(".veiled");
}

export function setUpPictures() {
  unveil?.addEventListener("click", () => {
    const seen = part.classList.toggle("unveiled");
    unveil.setAttribute("aria-pressed", String(seen));
  });
  onSwap(look);
  look();
  showThumbnails();
}
