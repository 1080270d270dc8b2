// Where a moment of the input lies in the reference, and what to do when two players drift apart. Nothing here touches
// the page. Times are seconds on each item's own clock; a pair is what an interval says of both.

export const SEEK_S = 0.5; // further apart than this, a jump is less disturbing than a long chase
export const MOST_NUDGE = 0.06; // a change of speed that is neither seen nor heard; reached at a drift of as many seconds
export const IN_STEP_S = 0.015; // closer than this, players are left alone: less than half a picture
const BRAKE_PER_S = 4; // beyond what a nudge mends, the one that is ahead waits for one that cannot keep up
const MOST_BRAKE = 0.5;
const SPEED_TOLERANCE = 0.01; // between the speed that an interval says and that of its ends
const LONG_S = 10; // from which length on the ends, exact to a millisecond, say the speed better than its four digits

// The reference's seconds that pass in one of the input's. The copy's speed over the reference's: 2 plays twice as fast.
export function speedOf(pair) {
  const length = pair.input_end - pair.input_start;
  const byEnds = (pair.reference_end - pair.reference_start) / length;
  if (length >= LONG_S && Math.abs(byEnds / pair.speed - 1) < SPEED_TOLERANCE) return byEnds;
  return pair.speed > 0 ? pair.speed : 1;
}

export function referenceTime(pair, inputTime) {
  return pair.reference_start + (inputTime - pair.input_start) * speedOf(pair);
}

export function inputTime(pair, referenceTime) {
  return pair.input_start + (referenceTime - pair.reference_start) / speedOf(pair);
}

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

// What is done about a reference that is ahead of the input by so many seconds of the input (behind: less than 0):
// whether it jumps, and by which factors both play faster or slower than they should. On a machine that plays one of
// them slower than it is told to, no nudge helps: then the other one is braked.
export function correction(drift) {
  const apart = Math.abs(drift);
  if (apart > SEEK_S) return { seek: true, input: 1, reference: 1 };
  if (apart <= IN_STEP_S) return { seek: false, input: 1, reference: 1 };
  const nudge = clamp(drift, -MOST_NUDGE, MOST_NUDGE);
  const brake = clamp((apart - MOST_NUDGE) * BRAKE_PER_S, 0, MOST_BRAKE);
  return { seek: false, input: drift < 0 ? 1 - brake : 1, reference: 1 - nudge - (drift > 0 ? brake : 0) };
}

// The one in the middle: a single moment at which the browser was late says nothing.
export function median(values) {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

// The second that is to be seen now, by the picture that was shown last: { mediaTime, shownAt (ms), rate }.
export function positionBy(picture, now) {
  return picture.mediaTime + ((now - picture.shownAt) / 1000) * picture.rate;
}

// The part of a span that is asked for at once: making a preview takes time, and the service has a limit.
export function windowAround(span, at, most) {
  if (span.end - span.start <= most) return { start: span.start, end: span.end };
  const start = clamp(at - most / 10, span.start, span.end - most);
  return { start, end: start + most };
}

// What is done to the input's picture so that it looks like the reference's: { flip, turn (degrees clockwise), negative }.
// "rotated:90" is a picture that was turned counterclockwise; it was mirrored after that, if it was.
export function undoing(transforms) {
  const rotated = transforms.find((one) => /^rotated:\d+$/.test(one));
  return {
    flip: transforms.includes("mirrored"),
    turn: rotated ? Number(rotated.slice("rotated:".length)) % 360 : 0,
    negative: transforms.includes("negative"),
  };
}

// As the server writes times: 1:02:03.4
export function clock(seconds) {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  const minutes = Math.floor(tenths / 600);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
