// Input and reference, playing in step: the input leads, and the reference is where the interval says that it belongs.
import { correction, inputTime, median, referenceTime, speedOf, windowAround } from "./sync.js";

const PAD_S = 3; // shown before and after an interval: what a copy begins and ends with tells most
const TICK_MS = 100;
const WINDOW_S = 120; // of the input, made at a time: about ten seconds of making
const LONGEST_S = 590; // of either side: the service makes no more than 600 s at once
const DRIFTS = 3; // moments that are heeded together
const BETWEEN_JUMPS_MS = 1500; // a jump takes a moment, in which the other side goes on

export class Pair extends EventTarget {
  constructor(input, reference, intervals) {
    super();
    this.input = input;
    this.reference = reference;
    this.intervals = intervals;
    this.number = 0;
    this.playing = false;
    this.looping = false;
    this.rate = 1;
    this.busy = false; // while previews are made or both sides jump
    this.jumped = 0;
    this.drifts = []; // of the last moments
    this.turn = 0; // of what was asked for last: what comes late for an earlier one is left
    this.wanted = null; // the second that is jumped to
    for (const side of [input, reference]) side.onAgain = () => this.#loadAt(this.position);
    setInterval(() => this.#tick(), TICK_MS);
  }

  get interval() {
    return this.intervals[this.number];
  }

  get span() {
    return { start: Math.max(0, this.interval.input_start - PAD_S), end: this.interval.input_end + PAD_S };
  }

  // The side that says what time it is: the input, unless there is none.
  get #leader() {
    return this.input.loaded || !this.reference.loaded ? this.input : this.reference;
  }

  // The input's second that is shown.
  get position() {
    if (this.wanted !== null) return this.wanted;
    return this.#leader === this.input ? this.input.position() : inputTime(this.interval, this.reference.position());
  }

  // How far the reference is ahead of the input, seconds of the input; NaN where the two are not both there. Both are
  // asked in the same way: pictures are shown a little behind the clock.
  get drift() {
    if (!this.input.loaded || !this.reference.loaded) return NaN;
    const now = performance.now();
    const seen = [this.input, this.reference].map((side) => side.positionByPicture(now));
    const [input, reference] = seen.includes(null) ? [this.input.positionByClock(), this.reference.positionByClock()] : seen;
    return inputTime(this.interval, reference) - input;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  async choose(number, at = null) {
    if (number < 0 || number >= this.intervals.length) return;
    this.number = number;
    this.#changed();
    await this.seek(at ?? this.interval.input_start);
  }

  // Shows a second of the input, and what it is in the reference.
  async seek(second) {
    const at = Math.min(Math.max(second, this.span.start), this.span.end);
    const missing = [
      [this.input, at],
      [this.reference, referenceTime(this.interval, at)],
    ].some(([side, time]) => side.exists && !side.covers(time) && !this.#isBeyond(side, time));
    if (missing) await this.#loadAt(at);
    else await this.#jump(at);
  }

  // Whether a side has no such second at all, so that nothing is gained by asking for it.
  #isBeyond(side, second) {
    return side.loaded && (second < 0 || (side.asked && second >= side.asked.start && second <= side.asked.end));
  }

  async #loadAt(at) {
    const turn = (this.turn += 1);
    const resumes = this.playing;
    const speed = speedOf(this.interval);
    const part = windowAround(this.span, at, Math.min(WINDOW_S, LONGEST_S / speed));
    this.wanted = at;
    this.busy = true;
    this.#hold();
    this.#changed();
    await Promise.all(
      [
        [this.input, part.start, part.end],
        [this.reference, referenceTime(this.interval, part.start), referenceTime(this.interval, part.end)],
      ].map(async ([side, start, end]) => {
        if (side.loaded && side.begin <= Math.max(0, start) && side.end >= end) return; // the whole media is here
        side.asked = { start: Math.max(0, start), end };
        await side.load(start, end);
      }),
    );
    if (turn !== this.turn) return;
    this.playing = resumes;
    await this.#jump(at);
  }

  async #jump(at) {
    const turn = (this.turn += 1);
    this.wanted = at;
    this.busy = true;
    this.#hold();
    this.#changed();
    const there = [];
    if (this.input.loaded) there.push(this.input.seek(at));
    if (this.reference.loaded) there.push(this.reference.seek(referenceTime(this.interval, at)));
    await Promise.all(there);
    if (turn !== this.turn) return;
    this.busy = false;
    this.wanted = null;
    if (this.playing) await this.#start();
    this.#changed();
  }

  #hold() {
    this.input.pause();
    this.reference.pause();
  }

  async #start() {
    const speed = speedOf(this.interval);
    this.drifts = [];
    this.input.rate = this.rate;
    this.reference.rate = this.rate * speed;
    const at = this.position;
    const sides = [];
    if (this.input.covers(at)) sides.push(this.input);
    if (this.reference.covers(referenceTime(this.interval, at))) sides.push(this.reference);
    await Promise.all(sides.map((side) => side.play()));
  }

  async play() {
    if (!this.input.loaded && !this.reference.loaded) return;
    this.playing = true;
    this.#changed();
    if (this.busy) return;
    const at = this.position;
    if (at >= this.#end - this.#leader.frame) await this.#jump(this.span.start);
    else if (Math.abs(this.drift) > this.reference.frame) await this.#jump(at);
    else await this.#start();
  }

  pause() {
    this.playing = false;
    this.#hold();
    this.#changed();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  // One picture of the input on, or back.
  async step(by) {
    this.pause();
    await this.seek(this.position + by * this.input.frame);
  }

  setRate(rate) {
    this.rate = rate;
    this.input.rate = rate;
    this.reference.rate = rate * speedOf(this.interval);
    this.#changed();
  }

  setLooping(looping) {
    this.looping = looping;
    this.#changed();
  }

  // Where playing ends: at the end of the span, or of the media.
  get #end() {
    const end = this.looping ? this.interval.input_end : this.span.end;
    const { begin } = this.input;
    const known = this.input.loaded && this.input.asked && this.input.asked.end >= this.span.end - 0.001;
    return known && this.input.end > begin ? Math.min(end, this.input.end - this.input.frame) : end;
  }

  #tick() {
    if (!this.playing || this.busy) return;
    const at = this.position;
    if (at >= this.#end) {
      this.#finish();
      return;
    }
    const leader = this.#leader;
    const onLeader = (second) => (leader === this.input ? second : referenceTime(this.interval, second));
    if (leader.loaded && onLeader(at) >= leader.end - 2 * leader.frame) {
      if (this.#isBeyond(leader, onLeader(Math.min(at + 1, this.span.end)))) this.#finish();
      else this.#loadAt(at); // the next part of a long interval
      return;
    }
    this.#keepInStep(at);
  }

  #finish() {
    if (this.looping) this.seek(this.interval.input_start);
    else this.pause();
  }

  #keepInStep(at) {
    const { input, reference } = this;
    if (!input.loaded || !reference.loaded) return;
    const place = referenceTime(this.interval, at);
    if (!reference.covers(place)) {
      reference.pause(); // it begins later, or has ended
      return;
    }
    if (input.starved && input.playing) {
      reference.pause();
      return;
    }
    if (reference.starved && reference.playing && !reference.video.seeking) {
      input.pause();
      return;
    }
    if (!input.isRunning) input.play();
    if (!reference.isRunning) {
      this.#moveReference(place).then(() => {
        if (this.playing && !this.busy) reference.play();
      });
      return;
    }
    this.drifts = [...this.drifts, this.drift].slice(-DRIFTS);
    const found = correction(median(this.drifts));
    if (found.seek) {
      this.#moveReference(place);
    } else if (!reference.video.seeking) {
      input.rate = this.rate * found.input;
      reference.rate = this.rate * speedOf(this.interval) * found.reference;
    }
  }

  async #moveReference(place) {
    const now = performance.now();
    if (this.reference.video.seeking || now - this.jumped < BETWEEN_JUMPS_MS) return;
    this.jumped = now;
    this.drifts = [];
    this.input.rate = this.rate;
    this.reference.rate = this.rate * speedOf(this.interval);
    await this.reference.seek(place);
  }
}
