// What is not needed at once: the evidence.

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

export function setUpLazyParts() {
  for (const holder of document.querySelectorAll("[data-lazy]")) fill(holder);
}
