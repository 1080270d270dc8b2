// One of the two players: a preview of a part of a media item, and where it is on that item's own clock.
import { clock, positionBy, undoing } from "./sync.js";

const FRESH_MS = 250; // a picture that was shown longer ago says nothing about now
const USUAL_FRAME_S = 1 / 25; // until two pictures were seen
const LEAST_FRAME_S = 1 / 240;
const LONGEST_FRAME_S = 0.2;
const INSIDE_S = 0.001; // behind a picture's own time, so that rounding shows it and not the one before
const PATIENCE_MS = 5000; // for a jump that the browser never says is done
const RETRIES = 5;
const LONGEST_PAUSE_S = 10;

function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Resolves when one of the events has come, or after a while: a player that says nothing must not stop the page.
function heard(target, names, patience = PATIENCE_MS) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const name of names) target.removeEventListener(name, done);
      resolve();
    };
    const timer = setTimeout(done, patience);
    for (const name of names) target.addEventListener(name, done);
  });
}

export class Side {
  constructor(root) {
    this.root = root;
    this.job = root.dataset.job;
    this.video = root.querySelector("video");
    this.card = root.querySelector("[data-card]");
    this.words = root.querySelector("[data-words]");
    this.again = root.querySelector("[data-again]");
    this.clock = root.querySelector("[data-clock]");
    this.offset = 0; // the media's second that is the preview's second 0
    this.loaded = false;
    this.playing = false;
    this.frame = USUAL_FRAME_S;
    this.picture = null; // that was shown last
    this.loading = null;
    this.transforms = { flip: false, turn: 0, negative: false };
    this.again.addEventListener("click", () => this.onAgain?.());
    this.video.addEventListener("error", () => {
      if (this.video.getAttribute("src")) this.#say("The browser cannot play this preview.", true);
    });
    new ResizeObserver(() => this.#fit()).observe(this.video);
    this.#watch();
  }

  get exists() {
    return this.job !== "";
  }

  // Loads a part of the media; resolves to whether there is something to play.
  async load(start, end) {
    if (!this.exists) return false;
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    this.loaded = false;
    this.pause();
    this.#say("Making a preview…");
    const path = `/api/v1/jobs/${encodeURIComponent(this.job)}/preview?start=${Math.max(0, start).toFixed(3)}&end=${Math.max(0, end).toFixed(3)}`;
    try {
      this.offset = await this.#made(path, loading.signal);
      this.picture = null;
      this.video.src = path;
      await heard(this.video, ["loadedmetadata", "error"], 60_000);
      if (loading.signal.aborted) return false;
      if (this.video.readyState < HTMLMediaElement.HAVE_METADATA) throw new Error("The browser cannot play this preview.");
    } catch (problem) {
      if (loading.signal.aborted) return false;
      this.#say(problem.message, true);
      return false;
    }
    this.loaded = true;
    this.#say(this.video.videoWidth ? "" : "Sound only: there is no picture to show.");
    this.#fit();
    return true;
  }

  // Waits until the service has made the preview; resolves to the second at which it begins. One byte is asked for, so
  // that an answer that is a problem comes with its words.
  async #made(path, signal) {
    for (let attempt = 1; ; attempt += 1) {
      let answer;
      try {
        answer = await fetch(path, { headers: { Range: "bytes=0-0" }, signal });
      } catch (problem) {
        if (signal.aborted) throw problem;
        throw new Error("The service does not answer.");
      }
      if (answer.ok) return Number(answer.headers.get("MediaDNA-Start") ?? 0);
      if (answer.status === 503 && attempt < RETRIES) {
        this.#say("Others are being made first…");
        await pause(Math.min(Number(answer.headers.get("Retry-After")) || attempt, LONGEST_PAUSE_S));
        if (signal.aborted) throw new Error("another part is wanted");
        continue;
      }
      const problem = await answer.json().catch(() => ({}));
      const detail = String(problem.detail ?? `The service answered with ${answer.status}`);
      throw new Error(`${detail[0].toUpperCase()}${detail.slice(1)}${/[.!?]$/.test(detail) ? "" : "."}`);
    }
  }

  #say(words, again = false) {
    this.card.hidden = words === "";
    this.words.textContent = words;
    this.again.hidden = !again;
    this.root.classList.toggle("unplayable", again);
  }

  // What of the media is here, in its own seconds.
  get begin() {
    return this.offset;
  }

  get end() {
    return this.offset + (this.video.duration || 0);
  }

  covers(second) {
    return this.loaded && second >= this.begin - this.frame && second <= this.end - this.frame;
  }

  // Where the player is, in the media's own seconds: by the picture that was shown last, where that is of now.
  position(now = performance.now()) {
    return this.positionByPicture(now) ?? this.positionByClock();
  }

  positionByPicture(now) {
    const { picture, video } = this;
    const fresh = picture && !video.paused && !video.seeking && now - picture.shownAt < FRESH_MS;
    return fresh ? this.offset + positionBy(picture, now) : null;
  }

  positionByClock() {
    return this.offset + this.video.currentTime;
  }

  get starved() {
    return this.video.seeking || this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  get isRunning() {
    return this.playing && !this.video.paused; // browsers pause by themselves what nobody sees
  }

  async play() {
    if (this.isRunning) return;
    this.playing = true;
    try {
      await this.video.play();
    } catch {
      this.playing = false; // a pause or another preview came first, or there is nothing to play
    }
  }

  pause() {
    this.playing = false;
    this.video.pause();
  }

  set rate(rate) {
    const allowed = Math.min(16, Math.max(0.0625, rate));
    if (Math.abs(this.video.playbackRate - allowed) > 0.002) this.video.playbackRate = allowed;
  }

  // Jumps; resolves when the picture of that second is there.
  async seek(second) {
    const wanted = Math.min(Math.max(0, second - this.offset + INSIDE_S), Math.max(0, this.video.duration - INSIDE_S));
    this.picture = null;
    if (Math.abs(this.video.currentTime - wanted) < INSIDE_S && !this.video.seeking) return;
    this.video.currentTime = wanted;
    await heard(this.video, ["seeked", "error", "emptied"]);
  }

  // Follows the pictures as they are shown, where the browser tells of them; else its clock has to do.
  #watch() {
    if (!("requestVideoFrameCallback" in HTMLVideoElement.prototype)) return;
    let last = null;
    const shown = (now, { mediaTime, expectedDisplayTime }) => {
      const step = last === null ? 0 : mediaTime - last;
      if (step > LEAST_FRAME_S && step < LONGEST_FRAME_S) this.frame = Math.min(step, this.frameSeen ?? LONGEST_FRAME_S);
      if (step > LEAST_FRAME_S && step < LONGEST_FRAME_S) this.frameSeen = this.frame;
      last = mediaTime;
      this.picture = { mediaTime, shownAt: expectedDisplayTime, rate: this.video.playbackRate };
      this.video.requestVideoFrameCallback(shown);
    };
    this.video.requestVideoFrameCallback(shown);
  }

  // Shows the picture as it was before the edits, or as it is.
  undo(transforms) {
    this.transforms = undoing(transforms);
    this.#fit();
  }

  #fit() {
    const { flip, turn, negative } = this.transforms;
    const [width, height] = [this.video.clientWidth, this.video.clientHeight];
    const shown = Math.min(width / (this.video.videoWidth || 1), height / (this.video.videoHeight || 1));
    const [across, along] = [shown * this.video.videoWidth, shown * this.video.videoHeight];
    const scale = turn % 180 === 90 && across && along ? Math.min(width / along, height / across) : 1;
    this.video.classList.toggle("mirrored", flip);
    this.video.classList.toggle("negative", negative);
    this.video.style.transform = turn || flip ? `scale(${scale}) rotate(${turn}deg) scaleX(${flip ? -1 : 1})` : "";
  }

  showClock() {
    this.clock.textContent = this.loaded ? clock(this.position()) : "";
  }
}
