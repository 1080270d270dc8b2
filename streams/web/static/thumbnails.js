// Pictures of media beside their names: drawn by the service on demand, so few are asked for at a time, and only those in sight.
//
//   <span class="thumb" data-frame="/api/v1/jobs/j1/frame?at=3.0">            a picture
//   <span class="thumb" data-frame="..." data-alt="first picture">            one that says something of its own
//   <button class="thumb veiled" data-frame="..." data-do="unveil">           one that is blurred until it is pressed
//
// A picture that is there already is moved to where it belongs after a part of the page was swapped: nothing flickers.
// One that others are made before is asked for again; the place of one that there is not is "missing".
import { onSwap } from "./desk/live.js";

// Each is a decoder of the service, which has jobs to do; and one of the six connections that a browser makes to a host,
// of which changes, players and decisions need one each while pictures take their time.
const MOST_AT_ONCE = 2;
const TRIES = 6;
const LONGEST_PAUSE_S = 10;
const pictures = new Map(); // address -> img, as it came
const missing = new Set(); // addresses without a picture
const refusals = new Map(); // address -> how often others were made first
const unveiled = new Set(); // addresses that somebody wanted to see
const waiting = [];
let busy = 0;

function place(holder) {
  const address = holder.dataset.frame;
  if (unveiled.has(address)) holder.classList.remove("veiled");
  if (missing.has(address)) holder.classList.add("missing");
  else if (pictures.has(address)) {
    const picture = pictures.get(address);
    const shown = picture.isConnected && !holder.contains(picture) ? picture.cloneNode() : picture; // it is at two places
    shown.alt = holder.dataset.alt ?? "";
    holder.replaceChildren(shown);
  }
  return pictures.has(address) || missing.has(address);
}

function asText(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

// Asks for a picture. Resolves to the seconds after which it is to be asked for again, since others are made before it,
// or to null where it is there or is not to be had. An image asks by itself, but does not say why it has nothing.
async function draw(address) {
  try {
    const answer = await fetch(address);
    if (answer.status === 503) {
      const refused = (refusals.get(address) ?? 0) + 1;
      refusals.set(address, refused);
      if (refused < TRIES) return Math.min(Number(answer.headers.get("Retry-After")) || refused, LONGEST_PAUSE_S);
    }
    if (!answer.ok) throw new Error(`there is no picture: ${answer.status}`);
    const picture = new Image();
    picture.src = await asText(await answer.blob());
    await picture.decode();
    pictures.set(address, picture);
  } catch {
    missing.add(address);
  }
  return null;
}

function next() {
  while (busy < MOST_AT_ONCE && waiting.length) {
    const holder = waiting.shift();
    if (!holder.isConnected || place(holder)) continue;
    const address = holder.dataset.frame;
    busy += 1;
    draw(address).then((pause) => {
      busy -= 1;
      if (pause !== null) setTimeout(() => (waiting.push(holder), next()), pause * 1000 * (1 + Math.random()));
      else for (const one of document.querySelectorAll("[data-frame]")) if (one.dataset.frame === address) place(one);
      next();
    });
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
