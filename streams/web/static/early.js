// What is pressed or sent before the page's modules have come is kept, and done as soon as they have: without them a form
// would be sent to a page that takes none, with all that was typed, and a button would do nothing.
//
//   <form data-script>     a form that a module sends over REST, or whose fields it looks at as they are typed
//
// No module itself: it runs where it stands, before anything that can be pressed.
(() => {
  const kept = [];

  const concerned = (event) => (event.type === "submit" ? event.target.closest("form[data-script]") : event.target.closest?.("button[type=button], button[data-do]"));

  function keep(event) {
    const element = concerned(event);
    if (!element) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!kept.some((one) => one.element === element)) kept.push({ element, submitter: event.submitter });
  }

  const kinds = ["submit", "click"];
  for (const kind of kinds) document.addEventListener(kind, keep, true);
  // All modules of the page have run by then.
  document.addEventListener("DOMContentLoaded", () => {
    for (const kind of kinds) document.removeEventListener(kind, keep, true);
    for (const { element, submitter } of kept) {
      if (element.matches("form")) element.requestSubmit(submitter);
      else element.click();
    }
  });
})();
