// What is not needed at once: the evidence, and thumbnails that may not be there.

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

export function setUpLazyParts() {
  for (const holder of document.querySelectorAll("[data-lazy]")) fill(holder);
  for (const image of document.querySelectorAll("img.thumbnail")) {
    image.addEventListener("error", () => replace(image));
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) replace(image);
  }
}
