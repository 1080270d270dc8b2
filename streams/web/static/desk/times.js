// Times are written by the server in UTC, and shown in the viewer's zone; pointing at one shows it in UTC again. One with
// data-age says how long ago it was.
const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const thisYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const otherYear = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function inWords(moment, now = new Date()) {
  if (moment.toDateString() === now.toDateString()) return today.format(moment);
  return (moment.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(moment);
}

const AGES = [["min", 60], ["h", 3600], ["d", 86400]]; // seconds; a person who decides what comes first wants no more

export function age(moment, now = new Date()) {
  const seconds = Math.max(0, (now - moment) / 1000);
  const [unit, length] = AGES.findLast(([, least]) => seconds >= least) ?? ["min", Infinity];
  return `${Math.floor(seconds / length)} ${unit}`;
}

export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = `${time.dateTime.slice(0, 19).replace("T", " ")} UTC`;
    time.textContent = time.dataset.age === undefined ? inWords(moment) : age(moment);
  }
}
