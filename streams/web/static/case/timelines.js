// The drawing of both timelines: what is played now, and pressing it goes there.
import { inputTime, referenceTime } from "./sync.js";

const WIDTH = 1000; // units of the drawing

// The interval that a second lies in, by the ends of one side; else the one that is shown.
function intervalAt(pair, side, second) {
  const found = pair.intervals.findIndex((one) => second >= one[`${side}_start`] && second <= one[`${side}_end`]);
  return found < 0 ? pair.number : found;
}

export function setUpTimelines(pair) {
  const drawing = document.querySelector("#timelines svg");
  if (!drawing) return;
  const durations = { input: Number(drawing.dataset.inputDuration), reference: Number(drawing.dataset.referenceDuration) };
  const heads = { input: drawing.querySelector("[data-playhead=input]"), reference: drawing.querySelector("[data-playhead=reference]") };

  function put(side, second) {
    const x = Math.min(WIDTH, Math.max(0, (second / durations[side]) * WIDTH)).toFixed(2);
    heads[side].setAttribute("x1", x);
    heads[side].setAttribute("x2", x);
    heads[side].setAttribute("visibility", "visible");
  }

  function show() {
    const at = pair.position;
    put("input", at);
    put("reference", referenceTime(pair.interval, at));
    for (const one of document.querySelectorAll("[data-interval].chosen")) one.classList.remove("chosen");
    for (const one of document.querySelectorAll(`[data-interval="${pair.number}"]`)) one.classList.add("chosen");
  }

  drawing.addEventListener("click", (event) => {
    const box = drawing.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const height = (event.clientY - box.top) / box.height;
    const band = event.target.closest(".band");
    if (height > 0.25 && height < 0.75) {
      if (band) pair.choose(Number(band.dataset.interval)); // between the bars a place means nothing but its band
      return;
    }
    const side = height <= 0.25 ? "input" : "reference";
    const second = share * durations[side];
    const number = band ? Number(band.dataset.interval) : intervalAt(pair, side, second);
    const interval = pair.intervals[number];
    pair.choose(number, side === "input" ? second : inputTime(interval, second));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    if (button) pair.choose(Number(button.dataset.choose));
  });
  pair.addEventListener("change", show);
  const turn = () => {
    if (pair.playing) show();
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
}
