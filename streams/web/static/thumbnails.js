// Pictures of media beside their names: drawn by the service on demand, so few are asked for at a time, and only those in sight.
//
//   <span class="thumb" data-frame="/api/v1/jobs/j1/frame?at=3.0">            a picture
//   <button class="thumb veiled" data-frame="..." data-do="unveil">           one that is blurred until it is pressed
//
// A picture that is there already is moved to where it belongs after a part of the page was swapped: nothing flickers.
import { onSwap } from "./desk/live.js";

const MOST_AT_ONCE = 2; // each is a decoder of the service, which has jobs to do
const pictures = new Map(); // address -> img, as it came
const missing = new Set(); // addresses without a picture
const unveiled = new Set(); // addresses that somebody wanted to see
const waiting = [];
let busy = 0;

function place(holder) {
  const address = holder.dataset.frame;
  if (unveiled.has(address)) holder.classList.remove("veiled");
  if (missing.has(address)) holder.classList.add("missing");
  else if (pictures.has(address)) holder.replaceChildren(pictures.get(address));
  return pictures.has(address) || missing.has(address);
}

function next() {
  while (busy < MOST_AT_ONCE && waiting.length) {
    const holder = waiting.shift();
    if (!holder.isConnected || place(holder)) continue;
    const address = holder.dataset.frame;
    const picture = new Image();
    picture.alt = "";
    busy += 1;
    const ended = (came) => {
      busy -= 1;
      if (came) pictures.set(address, picture);
      else missing.add(address);
      for (const one of document.querySelectorAll("[data-frame]")) if (one.dataset.frame === address) place(one);
      next();
    };
    picture.addEventListener("load", () => ended(true));
    picture.addEventListener("error", () => ended(false));
    picture.src = address;
  }
}

const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    sight.unobserve(entry.target);
    waiting.push(entry.target);
  }
  next();
});

function show(root) {
  for (const holder of root.querySelectorAll("[data-frame]")) if (!place(holder)) sight.observe(holder);
}

export function unveil(button) {
  const address = button.dataset.frame;
  const veiled = button.classList.toggle("veiled");
  if (veiled) unveiled.delete(address);
  else unveiled.add(address);
  button.setAttribute("aria-pressed", String(!veiled));
}

export function showThumbnails() {
  show(document);
  onSwap(show);
}
