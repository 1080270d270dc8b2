// The page of a case: two players in step, what they are compared by, and what is decided.
import { setUpControls } from "./case/controls.js";
import { setUpDecisions } from "./case/decisions.js";
import { setUpLazyParts } from "./case/lazy.js";
import { Pair } from "./case/pair.js";
import { Side } from "./case/side.js";
import { setUpTimelines } from "./case/timelines.js";
import { showThumbnails } from "./thumbnails.js";

function setUpPlayers() {
  const root = document.getElementById("watch");
  const [input, reference] = ["input", "reference"].map((name) => root.querySelector(`[data-side=${name}]`));
  const intervals = JSON.parse(root.dataset.intervals);
  if (!input || !reference || intervals.length === 0) return;
  const pair = new Pair(new Side(input), new Side(reference), intervals);
  setUpControls(root, pair);
  setUpTimelines(pair);
  pair.choose(0);
}

setUpDecisions();
setUpPlayers();
setUpLazyParts();
showThumbnails();
