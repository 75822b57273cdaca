/* What the page does without the server: a click on a marker shows the paper's card; names for screen readers. */
(() => {
  "use strict";

  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  function show(card) {
    document.querySelectorAll(".cw-card.cw-shown").forEach((other) => other.classList.remove("cw-shown"));
    card.classList.add("cw-shown");
    const target = card.querySelector("mark") ?? card;
    card.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "nearest" });
    target.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "nearest" });
    card.focus({ preventScroll: true });
  }

  /* The panel holds the newest answer's cards; those of an older answer are asked for, then shown. */
  function fetchCard(id) {
    const panel = document.querySelector("#cw-panel .html-container > div");
    const [, turn] = id.match(/^source-(\d+)-\d+$/) ?? [];
    if (!panel || !turn) return;
    const watcher = new MutationObserver(() => {
      const card = document.getElementById(id);
      if (!card) return;
      watcher.disconnect();
      show(card);
    });
    watcher.observe(document.getElementById("cw-panel"), { childList: true, subtree: true });
    panel.dispatchEvent(new CustomEvent("citewell-open", { detail: { turn: Number(turn) } }));
  }

  document.addEventListener("click", (event) => {
    const marker = event.target instanceof Element && event.target.closest("a.cw-marker");
    if (!marker) return;
    event.preventDefault();
    const id = marker.getAttribute("href").split("#").pop();
    const card = document.getElementById(id);
    if (card) show(card);
    else fetchCard(id);
  });

  /* While an answer arrives, Enter waits: a second question at the same time would take the first one's place. */
  const asking = (event) => event.key === "Enter" && !event.shiftKey && event.target.closest?.("#cw-box");
  document.addEventListener(
    "keydown",
    (event) => {
      if (asking(event) && document.querySelector("#cw-box .stop-button")) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );

  /* Gradio names each message by its markup; without that name a screen reader reads the words themselves.  And it
     calls the example questions a list, which may not hold buttons. */
  const naming = new MutationObserver(() => {
    document.querySelector("#cw-log .examples[role='list']")?.setAttribute("role", "group");
    document.querySelectorAll("#cw-log [data-testid][aria-label*='<']").forEach((message) => {
      message.removeAttribute("aria-label");
    });
  });
  naming.observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["aria-label"],
  });
})();
