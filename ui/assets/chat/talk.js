/* The conversation on the page: what the server sends is put in its place, what is clicked is sent.

   `start.js` starts it; what the server replies is named in `ui/chat_routes.py`.  Which conversation is open stands in the
   address.  `view` counts what this tab has shown, so that what arrives late for a conversation it has left is dropped. */

const at = (id) => document.getElementById(id);
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
export const state = { conversation: null, view: 0, answering: 0, asked: null, loading: false };
export let showPaper = null;
let started = false;
let waiting = null;
let narrowing = null;
let stream = null;
let sent = 0;
const newest = { side: 0, bar: 0 }; // the turn of what is shown
const LONGEST_WAIT_MS = 4000;
const FOLLOW_AGAIN_MS = 1000;

const address = () => new URLSearchParams(window.location.search).get("c");
const bar = () => document.querySelector("#cw-scope-bar .cw-scope");
export const scope = () => JSON.parse(bar()?.dataset.scope ?? "{}");

/* Everything the server is told says what this tab shows; its reply is put in its places. */
export async function send(act, message = {}) {
  const { conversation, view } = state;
  const turn = (sent += 1);
  const body = JSON.stringify({ conversation, view, search: at("cw-find")?.value ?? "", ...message });
  let told;
  try {
    const answer = await fetch(`/chat/${act}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
    if (answer.status === 401) return window.location.reload(); // signed out meanwhile: the door asks who it is
    if (!answer.ok) throw new Error(await window.citewellFailure(answer));
    told = await answer.json();
  } catch (failure) {
    window.dispatchEvent(new Event("citewell-unsent"));
    if (!(failure instanceof TypeError)) say(failure.message); // the other kind is the network's: a banner tells it
    return;
  }
  if ("side" in told && turn > newest.side) {
    newest.side = turn;
    put(at("cw-listed"), told.side);
    mark();
  }
  if (told.reply) reply(told.reply);
  if (view !== state.view) return;
  if ("bar" in told && turn > newest.bar) {
    newest.bar = turn;
    showBar(told.bar);
  }
  if (told.welcome) put(at("cw-start"), told.welcome);
  if (told.full) full(told.full);
  if (told.live) {
    if (state.conversation !== null && told.live.conversation !== state.conversation) adopt();
    live(told.live);
  }
}

/* The conversation was deleted meanwhile, and the question has begun another: only that is shown. */
function adopt() {
  state.conversation = null;
  at("cw-exchanges").replaceChildren();
  say("That conversation is not here any more. Your question began a new one.");
}

/* What has not changed stays: it may be under the pointer. */
function put(place, html) {
  const fresh = Object.assign(document.createElement("template"), { innerHTML: html });
  if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(fresh.content);
}

/* A form that is being filled in stays where the scope is the same. */
function showBar(html) {
  const fresh = Object.assign(document.createElement("template"), { innerHTML: html }).content;
  const same = fresh.querySelector(".cw-scope").dataset.scope === bar()?.dataset.scope;
  if (!same || at("cw-scope-form").hidden) put(at("cw-scope-now"), html);
}

/* Talk to some papers only, of which the next question is asked. */
export function narrow(scope) {
  narrowing = send("narrow", { scope });
}

/* Gradio fills the places of the tab one after the other. */
export function start(opener) {
  if (!["cw-box", "cw-find", "cw-listed", "cw-title", "cw-scope-now", "cw-papers", "cw-export-menu"].every(at)) {
    requestAnimationFrame(() => start(opener));
    return;
  }
  showPaper = opener;
  started = true;
  // What is clicked before there is a script would be lost.
  for (const place of document.querySelectorAll("#cw-chat [inert]")) place.inert = false;
  window.dispatchEvent(new Event("citewell-started"));
  open(address(), { push: false });
  watch();
}

/* Where the tab is seen again, the library may have changed: by another tab, another user, or the command line. */
function watch() {
  let wasAway = false;
  new IntersectionObserver((entries) => {
    const { isIntersecting } = entries.at(-1);
    if (isIntersecting && wasAway) look();
    wasAway = !isIntersecting;
  }).observe(at("cw-chat"));
}

async function look() {
  await narrowing; // the tab may be shown because of it
  if (!state.loading) send("look", { scope: scope() });
}

/* Show a conversation, or with null an empty one. */
export function open(conversation, { push = true, again = false, follows = !again || near() } = {}) {
  state.view += 1;
  waiting = null;
  unfollow();
  Object.assign(state, { conversation, answering: 0, asked: null, loading: true, follows });
  if (push && conversation !== address()) go(conversation);
  for (const shown of at("cw-exchanges").children) shown.dataset.stale = "";
  if (!again) {
    at("cw-exchanges").replaceChildren();
    at("cw-start").hidden = conversation !== null;
    at("cw-title").textContent = "";
    at("cw-talk").classList.toggle("cw-loading", conversation !== null);
  }
  mark();
  window.dispatchEvent(new Event("citewell-opened"));
  busy(false);
  send("open");
}

/* Say in the list which conversation is open here. */
function mark() {
  for (const link of document.querySelectorAll("#cw-list a")) {
    const is = link.closest("li")?.dataset.conversation === state.conversation;
    if (is && !link.hasAttribute("aria-current")) link.setAttribute("aria-current", "page");
    else if (!is && link.hasAttribute("aria-current")) link.removeAttribute("aria-current");
  }
}

function go(conversation) {
  window.history.pushState(
    null,
    "",
    conversation ? `?c=${encodeURIComponent(conversation)}` : window.location.pathname,
  );
}

function full(value) {
  state.loading = false;
  queueMicrotask(proceed);
  at("cw-talk").classList.remove("cw-loading");
  if (value.lost && address() !== null) window.history.replaceState(null, "", window.location.pathname);
  if (value.lost) say("That conversation is not here any more.");
  const newer = [...at("cw-exchanges").children].filter((each) => !("stale" in each.dataset)); // asked meanwhile
  const known = new Set(newer.map((each) => Number(each.dataset.exchange)));
  const kept = value.exchanges.filter(([number]) => !known.has(number));
  const held = document.activeElement;
  at("cw-exchanges").replaceChildren(...kept.map(([number, html]) => edited(number) ?? element(html)), ...newer);
  if (held.isConnected) held.focus({ preventScroll: true }); // what is moved loses it
  if (value.welcome) put(at("cw-start"), value.welcome);
  at("cw-start").hidden = !value.welcome || newer.length > 0;
  if (state.follows) toEnd("instant");
  if (state.conversation !== null && value.conversation === null && !value.lost) return;
  state.conversation = value.conversation;
  name(value.title);
  if (!newer.length) at("cw-papers").innerHTML = value.panel;
  if (value.follow) follow(value.follow);
}

/* An exchange whose question is being edited stays as it is: its form holds what was typed. */
function edited(number) {
  return article(number)?.querySelector("form.cw-edit")?.closest("article");
}

/* Have an exchange shown as it is answered, until it is, or something else is shown. */
function follow(exchange) {
  unfollow();
  stream = Object.assign(new EventSource(`/chat/follow/${exchange}`), { exchange });
  stream.onmessage = ({ data }) => live(JSON.parse(data));
  stream.onerror = ({ target }) => {
    if (target.readyState !== EventSource.CLOSED || target !== stream) return; // else it connects again by itself
    setTimeout(() => target === stream && open(state.conversation, { push: false, again: true }), FOLLOW_AGAIN_MS);
  };
}

function unfollow() {
  stream?.close();
  stream = null;
}

function live(value) {
  const first = state.conversation === null;
  if (first) {
    state.conversation = value.conversation;
    go(value.conversation);
    name(state.asked ?? "");
    mark();
  }
  if (value.conversation !== state.conversation) return;
  const follows = placeholder() !== null || near(); // what was just asked may still be on its way into view
  placeholder()?.remove();
  if (value.replaces) dropFrom(value.replaces);
  if (!place(value)) return open(state.conversation, { push: false, again: true, follows });
  at("cw-start").hidden = true;
  state.asked = null;
  const done = value.state !== "answering";
  state.answering = done ? 0 : value.exchange;
  busy(!done);
  if ("panel" in value) at("cw-papers").innerHTML = value.panel;
  if (follows) toEnd("instant");
  if (!done && stream?.exchange !== value.exchange) follow(value.exchange);
  if (!done) return;
  unfollow();
  speak(value.words || "No answer.");
  window.dispatchEvent(new CustomEvent("citewell-cited", { detail: value.cited }));
}

/* Put an exchange where it belongs, unless another tab has asked meanwhile what must be fetched. */
function place(value) {
  const fresh = element(value.html);
  const old = article(value.exchange);
  const thought = old?.querySelector("details.cw-thought");
  if (thought?.open) fresh.querySelector("details.cw-thought")?.setAttribute("open", "");
  if (old) {
    delete old.dataset.stale;
    old.dataset.state = fresh.dataset.state;
    old.querySelector(".cw-said").replaceWith(fresh.querySelector(".cw-said"));
    return true;
  }
  const last = Number(at("cw-exchanges").lastElementChild?.dataset.exchange ?? 0);
  if (value.after && value.after !== last && !state.loading) return false;
  at("cw-exchanges").append(fresh);
  return true;
}

function reply(value) {
  if (value.kind === "panel") window.dispatchEvent(new CustomEvent("citewell-sources", { detail: value }));
  else if (value.kind === "file") download(value);
  if (value.text) {
    window.dispatchEvent(new Event("citewell-unsent"));
    say(value.text);
  }
  if (value.kind === "reload") open(state.conversation, { push: false, again: true });
}

/* A question put while a conversation is still being opened follows it, so that neither takes the other's place. */
function whenLoaded(act) {
  waiting = act;
  if (state.loading) setTimeout(proceed, LONGEST_WAIT_MS);
  else proceed();
}

function proceed() {
  const act = waiting;
  waiting = null;
  act?.();
}

/* Show a question at once; the server's own form of it takes its place. */
export function asked(question, exchange = 0) {
  if (exchange) dropFrom(exchange);
  const article = document.createElement("article");
  article.className = "cw-exchange cw-placeholder";
  article.innerHTML = '<div class="cw-asked"><div class="cw-question"></div></div><div class="cw-said">' +
    '<div class="cw-answer cw-waiting"><span class="cw-dots">Reading</span></div></div>';
  article.querySelector(".cw-question").textContent = question;
  at("cw-exchanges").append(article);
  at("cw-start").hidden = true;
  state.asked = question;
  busy(true);
  speak("Reading the papers.");
  whenLoaded(async () => {
    await narrowing;
    send("ask", { text: question, exchange, scope: scope() });
  });
  toEnd(calm.matches ? "instant" : "smooth");
}

export const placeholder = () => document.querySelector("#cw-exchanges .cw-placeholder");
export const article = (number) => document.querySelector(`#cw-exchanges [data-exchange="${number}"]`);
export const isBusy = () => state.asked !== null || state.answering !== 0;

function dropFrom(number) {
  const from = article(number);
  while (from?.nextElementSibling) from.nextElementSibling.remove();
  from?.remove();
}

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

export function busy(is) {
  at("cw-send").hidden = is;
  at("cw-stop").hidden = !is;
  at("cw-talk").classList.toggle("cw-busy", is);
}

function name(title) {
  at("cw-title").textContent = title;
  at("cw-export-all").hidden = !title;
}

const near = () => at("cw-log").scrollHeight - at("cw-log").scrollTop - at("cw-log").clientHeight < 120;

/* Show the end; of what is taller than the view its beginning, unless the reader has gone on from there. */
function toEnd(behavior) {
  const log = at("cw-log");
  const last = at("cw-exchanges").lastElementChild;
  const end = log.scrollHeight - log.clientHeight;
  const above = last ? last.getBoundingClientRect().top - log.getBoundingClientRect().top - 12 : end;
  const begin = Math.max(0, log.scrollTop + above);
  log.scrollTo({ top: log.scrollTop > begin + 4 ? end : Math.min(begin, end), behavior });
}

function speak(words) {
  at("cw-spoken").textContent = words.slice(0, 1500);
}

/* A short message at the foot of the page. */
export function say(text) {
  const note = at("cw-note") ??
    document.body.appendChild(Object.assign(document.createElement("p"), { id: "cw-note" }));
  note.setAttribute("role", "alert");
  note.textContent = text;
  note.hidden = false;
  clearTimeout(note.timer);
  note.timer = setTimeout(() => (note.hidden = true), 8000);
}

function download({ name: file, data }) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

window.addEventListener("popstate", () => {
  if (started && address() !== state.conversation) open(address(), { push: false });
});
