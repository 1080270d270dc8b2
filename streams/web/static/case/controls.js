// The players' buttons and keys.
import { offerKeys } from "../desk/keys.js";
import { clock } from "./sync.js";

const SOUNDS = ["input", "reference", "both", "none"];

// A button that a mouse has pressed gives the focus back: Space plays, whatever was pressed before.
function pressable(button, run) {
  button?.addEventListener("click", (event) => {
    if (event.detail > 0) button.blur();
    run();
  });
}

export function setUpControls(root, pair) {
  const part = (id) => root.querySelector(`#${id}`);
  const { input, reference } = pair;
  const stage = root.querySelector(".stage");
  const [scrub, sound, volume, speed, opacity] = ["scrub", "sound", "volume", "speed", "opacity"].map(part);
  const [playing, loop, overlay, difference, undo, reveal] = ["play", "loop", "overlay", "difference", "undo-edits", "reveal"].map(part);
  let undoes = false;

  function press(button, on) {
    button.setAttribute("aria-pressed", String(on));
  }

  function heard() {
    const hidden = root.classList.contains("concealed");
    input.video.muted = hidden || !["input", "both"].includes(sound.value);
    reference.video.muted = hidden || !["reference", "both"].includes(sound.value);
    for (const side of [input, reference]) side.video.volume = Number(volume.value);
    root.dataset.sound = hidden ? "none" : sound.value;
  }

  function view(name) {
    stage.dataset.view = stage.dataset.view === name ? "side" : name;
    press(overlay, stage.dataset.view === "overlay");
    press(difference, stage.dataset.view === "difference");
    root.querySelector("[data-opacity]").hidden = stage.dataset.view !== "overlay";
    reference.root.style.opacity = stage.dataset.view === "overlay" ? opacity.value : "";
  }

  function undoEdits(on) {
    undoes = on;
    press(undo, on);
    input.undo(on ? pair.interval.transforms : []);
  }

  function canBeUndone() {
    return pair.interval.transforms.some((one) => one === "mirrored" || one === "negative" || one.startsWith("rotated:"));
  }

  function show() {
    const { start, end } = pair.span;
    scrub.min = start;
    scrub.max = end;
    press(playing, pair.playing);
    playing.firstChild.textContent = pair.playing ? "Pause " : "Play ";
    press(loop, pair.looping);
    root.querySelector("[data-interval]").textContent = `${pair.number + 1} of ${pair.intervals.length}`;
    root.querySelector("[data-span-end]").textContent = clock(end);
    part("interval-back").disabled = pair.number === 0;
    part("interval-on").disabled = pair.number === pair.intervals.length - 1;
    undo.hidden = !canBeUndone();
    root.dataset.state = pair.busy ? "busy" : pair.playing ? "playing" : "paused";
    follow();
  }

  function follow() {
    const at = pair.position;
    if (document.activeElement !== scrub || !scrub.matches(":active")) scrub.value = at;
    scrub.setAttribute("aria-valuetext", clock(at));
    root.querySelector("[data-position]").textContent = clock(at);
    for (const side of [input, reference]) side.showClock();
  }

  function chooseSound(value) {
    sound.value = value;
    heard();
  }

  function revealAll() {
    if (!root.classList.contains("concealed")) return;
    for (const one of document.querySelectorAll(".concealed")) one.classList.remove("concealed");
    reveal.hidden = true;
    heard();
    playing.focus();
  }

  const by = (number) => pair.choose(pair.number + number);
  const onStep = (frames) => pair.step(frames);
  pressable(playing, () => pair.toggle());
  pressable(part("frame-back"), () => onStep(-1));
  pressable(part("frame-on"), () => onStep(1));
  pressable(loop, () => pair.setLooping(!pair.looping));
  pressable(part("interval-back"), () => by(-1));
  pressable(part("interval-on"), () => by(1));
  pressable(overlay, () => view("overlay"));
  pressable(difference, () => view("difference"));
  pressable(undo, () => undoEdits(!undoes));
  pressable(reveal, revealAll);
  speed.addEventListener("change", () => pair.setRate(Number(speed.value)));
  sound.addEventListener("change", heard);
  volume.addEventListener("input", heard);
  opacity.addEventListener("input", () => {
    reference.root.style.opacity = opacity.value;
  });
  scrub.addEventListener("input", () => pair.seek(Number(scrub.value)));
  scrub.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    pair.toggle();
  });
  // Another interval may have other edits.
  pair.addEventListener("change", () => {
    show();
    if (undoes) input.undo(pair.interval.transforms);
  });
  const turn = () => {
    if (pair.playing) follow();
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);

  offerKeys([
    { key: " ", shows: "Space", label: "play or pause both", run: () => pair.toggle() },
    { key: "[", label: "previous interval", run: () => by(-1) },
    { key: "]", label: "next interval", run: () => by(1) },
    { key: ",", label: "one frame back", run: () => onStep(-1) },
    { key: ".", label: "one frame on", run: () => onStep(1) },
    { key: "l", label: "loop over the interval", run: () => pair.setLooping(!pair.looping) },
    { key: "s", label: "hear the other side, both, none", run: () => chooseSound(SOUNDS[(SOUNDS.indexOf(sound.value) + 1) % SOUNDS.length]) },
    { key: "o", label: "lay the reference over the input", run: () => view("overlay") },
    { key: "d", label: "show the difference", run: () => view("difference") },
    { key: "m", label: "undo what edits have mirrored or turned", run: () => canBeUndone() && undoEdits(!undoes) },
  ]);
  if (reveal) offerKeys([{ key: "r", label: "show and hear what is on the blocklist", run: revealAll }]);
  heard();
  show();
}
