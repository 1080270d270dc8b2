// Thumbnails: what cannot be had shows as a calm place, and what must not be seen at once stays veiled until it is asked for.
import { onSwap } from "../desk/live.js";

const part = document.getElementById("queue");
const unveil = document.getElementById("unveil");

function lacks(picture) {
  picture.parentElement.classList.add("none");
  picture.remove();
}

function look() {
  for (const picture of part.querySelectorAll(".frame img")) if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) lacks(picture);
  if (unveil) unveil.hidden = !part.querySelector(".veiled");
}

export function setUpPictures() {
  part.addEventListener("error", (event) => event.target.matches?.(".frame img") && lacks(event.target), true); // it does not bubble
  unveil?.addEventListener("click", () => {
    const seen = part.classList.toggle("unveiled");
    unveil.setAttribute("aria-pressed", String(seen));
  });
  onSwap(look);
  look();
}
