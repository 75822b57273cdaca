/* The Library tab: follows the work on the library, whoever started it, while the tab is seen and to the end of what was
   under way then; and passes on clicks. */
(() => {
  "use strict";

  const WORKING = 700; // ms between looks while work is under way
  const IDLE = 3000;

  const follower = { revision: -1, busy: false, seen: false, timer: 0 };

  const inside = (id) =>
    document.querySelector(`#${id} .html-container > div, #${id} .prose`) ?? document.getElementById(id);

  function tell(id, name, detail) {
    inside(id)?.dispatchEvent(new CustomEvent(`citewell-${name}`, { detail, bubbles: true }));
  }

  async function look() {
    clearTimeout(follower.timer);
    const place = document.getElementById("cw-run");
    if (!place || !(follower.seen || follower.busy)) return; // the header tells what a run has brought, on every tab
    try {
      const answer = await fetch(`/library/run?have=${follower.revision}`);
      if (answer.ok) take(await answer.json());
    } catch {
      /* the server is away; the next look tells */
    }
    follower.timer = setTimeout(look, follower.busy ? WORKING : IDLE);
  }

  function take(state) {
    const over = follower.busy && !state.busy;
    follower.busy = state.busy;
    follower.revision = state.revision;
    document.querySelectorAll("#cw-add, #cw-care button:not(:first-child)").forEach((button) => {
      button.disabled = state.busy;
    });
    if (state.html !== undefined) paint(state.html);
    if (over) tell("cw-run", "over");
  }

  /* What a screen reader hears: each stage once, not each number. */
  function paint(html) {
    const place = board();
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.run : null;
    place.innerHTML = html;
    if (focused) place.querySelector(`[data-run='${focused}']`)?.focus();
    const said = place.querySelector("h2")?.textContent ?? "";
    const live = document.getElementById("cw-run-live");
    if (live.textContent !== said) live.textContent = said;
  }

  function board() {
    const place = inside("cw-run");
    let found = place.querySelector(".cw-run-board");
    if (!found) {
      place.innerHTML = '<p id="cw-run-live" class="cw-sr" role="status"></p><div class="cw-run-board"></div>';
      found = place.querySelector(".cw-run-board");
    }
    return found;
  }

  /* Papers that are gone from their files: remove them, keep them, bring them back. */
  async function settle(button) {
    button.disabled = true;
    const options = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ do: button.dataset.run }),
    };
    let trouble = "";
    try {
      const reply = await fetch("/library/gone", options);
      if (!reply.ok) trouble = await window.citewellFailure(reply);
    } catch {
      trouble = "Citewell does not answer. Is it still running?";
    }
    if (trouble) {
      button.disabled = false;
      const said = document.createElement("p");
      said.className = "cw-warning";
      said.role = "alert";
      said.textContent = trouble;
      button.parentElement.append(said);
      return;
    }
    await look();
    board().querySelector("[data-run='undo'], [data-run='remove']")?.focus();
    tell("cw-run", "over");
  }

  function manage(button) {
    const row = button.closest("[data-collection]");
    const detail = { do: button.dataset.do, name: row.dataset.collection, to: row.querySelector("input").value };
    tell("cw-contents", "collection", detail);
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button) return;
    if (button.dataset.run === "stop") {
      button.disabled = true;
      tell("cw-run", "stop");
    }
    if (["remove", "keep", "undo"].includes(button.dataset.run)) settle(button);
    if (button.dataset.do && button.closest("#cw-contents")) manage(button);
    if (button.closest("#cw-add, #cw-care")) setTimeout(look, 300);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("#cw-contents .cw-manage input")) {
      manage(event.target.parentElement.querySelector("[data-do='rename']"));
    }
  });

  const watched = new WeakSet();
  new MutationObserver(() => {
    const tab = document.getElementById("cw-library");
    if (!tab || watched.has(tab)) return;
    watched.add(tab);
    document.querySelector("#cw-into :is(input, textarea)")?.setAttribute("list", "cw-collection-names");
    new IntersectionObserver((entries) => {
      follower.seen = entries.at(-1).isIntersecting;
      if (follower.seen) look();
    }).observe(tab);
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
