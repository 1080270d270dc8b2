// Comes back to where one was: the row that was chosen, at its height in the window.
import { allRows, choose, chosenPlace } from "./rows.js";

const KEPT = "mediadna-queue-place";

function address() {
  return location.pathname + location.search;
}

function keep() {
  const chosen = chosenPlace();
  const row = chosen && document.getElementById(chosen.id);
  history.scrollRestoration = row ? "manual" : "auto"; // rows above it may have left by then: the browser would miss it
  if (!row) return;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ address: address(), ...chosen, top: row.getBoundingClientRect().top }));
  } catch {
    // without a store one comes back to the beginning
  }
}

function kept() {
  try {
    const place = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return place?.address === address() ? place : null;
  } catch {
    return null;
  }
}

export function keepPlace() {
  window.addEventListener("pagehide", keep);
  const named = location.hash.startsWith("#row-") ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (named) return choose(named);
  const came = performance.getEntriesByType("navigation")[0]?.type;
  const place = came === "back_forward" || came === "reload" || location.hash.startsWith("#row-") ? kept() : null;
  if (!place) return;
  const rows = allRows();
  const row = document.getElementById(place.id) ?? rows[Math.min(place.index, rows.length - 1)];
  if (!row) return;
  choose(row);
  window.scrollBy(0, row.getBoundingClientRect().top - place.top);
}
