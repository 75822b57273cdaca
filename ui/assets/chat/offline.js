/* When the server is gone: a banner says so, what was typed stays, and the conversation is fetched when it is back. */
import * as chat from "./talk.js";

const CALM_MS = 5000;
const EAGER_MS = 1000;
let gone = false;

function banner() {
  const made = Object.assign(document.createElement("div"), { id: "cw-offline", hidden: true });
  made.setAttribute("role", "alert");
  return document.body.appendChild(made);
}

async function reachable() {
  try {
    const answer = await fetch("/look/favicon.svg", { method: "HEAD", cache: "no-store" });
    return answer.ok;
  } catch {
    return false;
  }
}

async function look() {
  if (document.hidden && !gone) return setTimeout(look, CALM_MS);
  const there = await reachable();
  if (!there !== gone) change(!there);
  return setTimeout(look, gone ? EAGER_MS : CALM_MS);
}

function change(is) {
  gone = is;
  const shown = document.getElementById("cw-offline") ?? banner();
  shown.hidden = !gone;
  shown.textContent = gone ? "Citewell does not answer. What you typed is kept; reconnecting…" : "";
  document.body.classList.toggle("cw-gone", gone);
  if (gone) window.dispatchEvent(new Event("citewell-unsent"));
  else chat.open(chat.state.conversation, { push: false, again: true });
}

window.addEventListener("citewell-started", () => setTimeout(look, CALM_MS), { once: true });
