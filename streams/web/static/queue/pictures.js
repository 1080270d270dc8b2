// Thumbnails: what cannot be had shows as a calm place, and what must not be seen at once stays veiled until it is asked for.
import { onSwap } from "../desk/live.js";

const part = document.getElementById("queue");
const unveil = document.getElementById("unveil");

const missing = new Set(); // addresses: a row that is made anew does not ask for them again

function lacks(picture) {
  missing.add(picture.currentSrc || picture.src);
  picture.parentElement.classList.add("none");
  picture.remove();
}

function look() {
  for (const picture of part.querySelectorAll(".frame img")) {
    const failed = picture.complete && picture.naturalWidth === 0 && picture.currentSrc; // before anybody listened
    if (failed || missing.has(picture.src)) lacks(picture);
  }
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
