/* The box to ask in: keys, drafts that survive a reload, stopping, asking again, and editing a question in its place. */
import * as chat from "./talk.js";

const at = (id) => document.getElementById(id);
const draftName = () => `citewell-draft-${chat.state.conversation ?? "new"}`;

function grow() {
  const box = at("cw-box");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
}

function keep(text) {
  if (text) sessionStorage.setItem(draftName(), text);
  else sessionStorage.removeItem(draftName());
}

function fill(text) {
  at("cw-box").value = text;
  grow();
}

export function ask(question, exchange = 0) {
  if (!question.trim() || chat.isBusy()) return false;
  chat.asked(question.trim(), exchange);
  return true;
}

function submit() {
  if (!ask(at("cw-box").value)) return;
  fill("");
  keep("");
}

export function stop() {
  if (chat.state.answering) chat.send("stop", { exchange: chat.state.answering });
}

/* A question that did not reach the server goes back into the box. */
function unsent() {
  const question = chat.state.asked;
  if (question === null) return;
  chat.placeholder()?.remove();
  chat.state.asked = null;
  chat.busy(false);
  if (!at("cw-box").value) fill(question);
  keep(at("cw-box").value);
}

export function edit(article) {
  const asked = article.querySelector(".cw-asked");
  if (asked.querySelector("form") || chat.isBusy()) return;
  const form = document.createElement("form");
  form.className = "cw-edit";
  form.innerHTML = '<textarea aria-label="Edit the question" rows="2" maxlength="4000"></textarea><div>' +
    '<button type="button" class="cw-quiet">Cancel</button><button class="cw-primary">Ask again</button></div>';
  const box = form.querySelector("textarea");
  box.value = article.dataset.question;
  const close = () => {
    form.remove();
    asked.classList.remove("cw-editing");
    asked.querySelector("[data-act=edit]").focus();
  };
  form.querySelector("button[type=button]").addEventListener("click", close);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(box.value, Number(article.dataset.exchange));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (enters(event)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  asked.classList.add("cw-editing");
  asked.append(form);
  box.focus();
}

const enters = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing;
const types = (target) => target.closest?.("input, textarea, select, [contenteditable=true]");

function wire() {
  at("cw-box").disabled = false;
  at("cw-ask").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  at("cw-stop").addEventListener("click", stop);
  at("cw-box").addEventListener("input", () => {
    grow();
    keep(at("cw-box").value);
  });
  at("cw-box").addEventListener("keydown", (event) => {
    if (!enters(event)) return;
    event.preventDefault();
    submit();
  });
  if (window.matchMedia("(hover: hover)").matches) at("cw-box").focus();
}

/* On the window, which hears a key after the document: an Escape that has shut something else stops no answer. */
window.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !at("cw-chat")?.offsetParent) return;
  if (event.key === "Escape" && chat.state.answering && event.target.type !== "search") stop(); // there it clears the field
  if (event.key === "/" && !types(event.target)) {
    event.preventDefault();
    at("cw-box").focus();
  }
});

window.addEventListener("citewell-started", wire, { once: true });
window.addEventListener("citewell-opened", () => fill(sessionStorage.getItem(draftName()) ?? ""));
window.addEventListener("citewell-unsent", unsent);
