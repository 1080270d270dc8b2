// What became of something that a person did. A notice that goes well leaves after a while; one that does not, when it is closed.
const STAYS_MS = 8000; // long enough to read two lines and to press "Undo"

export function notify(text, { bad = false, action = null } = {}) {
  const notice = document.createElement("p");
  notice.className = bad ? "notice bad" : "notice";
  const words = document.createElement("span");
  words.textContent = text;
  notice.append(words);
  if (action) {
    const button = document.createElement("button");
    button.textContent = action.label;
    button.addEventListener("click", () => {
      notice.remove();
      action.run();
    });
    notice.append(button);
  }
  const close = document.createElement("button");
  close.textContent = "Close";
  close.className = "plain";
  close.addEventListener("click", () => notice.remove());
  notice.append(close);
  document.getElementById("notices").append(notice);
  if (!bad) setTimeout(() => notice.remove(), STAYS_MS);
  return notice;
}

// Asks before something that is hard to take back; resolves to whether it is wanted.
export function ask(question, yes = "Yes") {
  const sheet = document.createElement("dialog");
  const text = document.createElement("p");
  text.textContent = question;
  const form = document.createElement("form");
  form.method = "dialog";
  for (const [value, label] of [["yes", yes], ["no", "Cancel"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = label;
    if (value === "yes") button.className = "primary";
    form.append(button);
  }
  sheet.append(text, form);
  document.body.append(sheet);
  sheet.showModal();
  return new Promise((resolve) => {
    sheet.addEventListener("close", () => {
      resolve(sheet.returnValue === "yes");
      sheet.remove();
    });
  });
}
