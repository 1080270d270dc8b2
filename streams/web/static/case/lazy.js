// What is not needed at once: the evidence, and thumbnails that may not be there.

const TRIES = 6;
const LONGEST_PAUSE_S = 10;

async function fill(holder) {
  holder.setAttribute("aria-busy", "true");
  let text = null;
  try {
    const answer = await fetch(holder.dataset.lazy, { headers: { Accept: "text/html" } });
    if (answer.ok) text = await answer.text();
  } catch {
    text = null; // the service does not answer: said below
  }
  holder.setAttribute("aria-busy", "false");
  if (text !== null) {
    holder.innerHTML = text; // the server's own page, with every name escaped
    return;
  }
  const words = document.createElement("p");
  words.textContent = "Could not be worked out just now. ";
  const again = document.createElement("button");
  again.textContent = "Try again";
  again.addEventListener("click", () => fill(holder));
  words.append(again);
  holder.replaceChildren(words);
}

function replace(image) {
  const none = document.createElement("span");
  none.className = "thumbnail none";
  none.textContent = "no picture";
  image.replaceWith(none);
}

// A picture that others are made before is asked for again; one that there is not leaves a calm place.
async function retry(image, attempt = 1) {
  const address = image.src;
  const answer = await fetch(address).catch(() => null);
  if (answer?.ok) {
    image.src = address;
  } else if (answer?.status === 503 && attempt < TRIES) {
    const pause = Math.min(Number(answer.headers.get("Retry-After")) || attempt, LONGEST_PAUSE_S);
    setTimeout(() => retry(image, attempt + 1), pause * 1000 * (1 + Math.random()));
  } else {
    replace(image);
  }
}

export function setUpLazyParts() {
  for (const holder of document.querySelectorAll("[data-lazy]")) fill(holder);
  for (const image of document.querySelectorAll("img.thumbnail")) {
    image.addEventListener("error", () => retry(image), { once: true });
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) retry(image);
  }
}
