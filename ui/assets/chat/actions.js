/* What the buttons of the chat do: `data-act` names it.  Conversations, ratings, copies, scopes and exports. */
import { ask, edit } from "./asking.js";
import * as chat from "./talk.js";

const at = (id) => document.getElementById(id);
const row = (target) => target.closest("[data-conversation]")?.dataset.conversation;
const exchange = (target) => Number(target.closest("[data-exchange]")?.dataset.exchange ?? 0);

const acts = {
  new: () => {
    chat.open(null);
    closeSide();
    at("cw-box").focus();
  },
  open: (link) => {
    chat.open(row(link));
    closeSide();
  },
  rename,
  delete: (button) => {
    const gone = row(button);
    if (gone === chat.state.conversation) chat.open(null);
    chat.send("delete", { conversation: gone });
  },
  restore: async (button) => {
    const gone = row(button);
    await chat.send("restore", { conversation: gone });
    if (chat.state.conversation === null && !chat.isBusy()) chat.open(gone);
  },
  side: () => shut(!document.body.classList.contains("cw-side-shut")),
  retry: (button) => ask(button.closest("[data-exchange]").dataset.question, exchange(button)),
  edit: (button) => edit(button.closest("[data-exchange]")),
  "take-back": (button) => chat.send("back", { exchange: exchange(button) }),
  suggest: (button) => ask(button.textContent),
  copy,
  rate,
  export: menu,
  scope: (button) => {
    const form = at("cw-scope-form");
    form.hidden = !form.hidden;
    button.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("input")?.focus();
  },
  narrow: (button) => chat.narrow(JSON.parse(button.dataset.scope)),
  widen: () => chat.narrow({}),
  paper: (button) => chat.showPaper(button.dataset.paper),
};

const narrow = window.matchMedia("(max-width: 900px)");

/* On a phone the list is a drawer, shut at first; beside a wide conversation it stays as it was left. */
function shut(is) {
  document.body.classList.toggle("cw-side-shut", is);
  document.body.classList.toggle("cw-side-open", !is);
  document.querySelector("[data-act=side]")?.setAttribute("aria-expanded", String(!is));
  if (!narrow.matches) localStorage.setItem("citewell-side", is ? "shut" : "open");
}

/* This and the others that shut something tell whether it was open. */
function closeSide() {
  const open = narrow.matches && !document.body.classList.contains("cw-side-shut");
  if (open) shut(true);
  return open;
}

function rename(button) {
  const item = button.closest("li");
  const link = item.querySelector("a");
  const input = Object.assign(document.createElement("input"), { value: link.textContent, maxLength: 200 });
  input.setAttribute("aria-label", "Title");
  let over = false;
  const end = (keep) => {
    if (over) return;
    over = true; // at once: what is taken away loses the focus, which ends it too
    const title = input.value.trim();
    input.replaceWith(link);
    if (keep && title && title !== link.textContent) return retitle(link, title);
  };
  input.addEventListener("keydown", async (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return; // composing: the key is the keyboard's own
    event.preventDefault();
    const conversation = row(input);
    const told = end(event.key === "Enter");
    focusOn(conversation);
    await told;
    if (document.activeElement === document.body) focusOn(conversation); // the list is a new one
  });
  input.addEventListener("blur", () => end(true));
  link.replaceWith(input);
  input.select();
}

function retitle(link, title) {
  link.textContent = title;
  if (row(link) === chat.state.conversation) at("cw-title").textContent = title;
  return chat.send("rename", { text: title, conversation: row(link) });
}

function focusOn(conversation) {
  document.querySelector(`#cw-list [data-conversation="${CSS.escape(conversation)}"] a`)?.focus();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const area = document.body.appendChild(
      Object.assign(document.createElement("textarea"), { value: button.dataset.copy }),
    );
    area.select();
    document.execCommand("copy"); // a page that is not served securely has no other way
    area.remove();
  }
  button.classList.add("cw-done");
  at("cw-spoken").textContent = "Copied.";
  setTimeout(() => button.classList.remove("cw-done"), 1500);
}

function rate(button) {
  chat.send("rate", { exchange: exchange(button), rating: Number(button.dataset.rating) });
  const was = button.getAttribute("aria-pressed") === "true";
  for (const other of button.parentElement.querySelectorAll("[data-act=rate]")) {
    const pressed = other === button && !was;
    other.setAttribute("aria-pressed", String(pressed));
    const own = other.getAttribute("aria-label") === "Good answer" ? "1" : "-1";
    other.dataset.rating = pressed ? "0" : own;
  }
}

function menu(button) {
  const list = at("cw-export-menu");
  const open = list.hidden || list.button !== button;
  shutMenu();
  if (!open) return;
  list.button = button;
  list.hidden = false;
  const place = button.getBoundingClientRect();
  const down = place.bottom + list.offsetHeight + 8 < window.innerHeight;
  list.style.top = `${down ? place.bottom + 4 : place.top - list.offsetHeight - 4}px`;
  list.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - list.offsetWidth - 8))}px`;
  list.querySelector("button").focus();
}

function shutMenu(refocus = false) {
  const list = at("cw-export-menu");
  if (!list || list.hidden) return false;
  list.hidden = true;
  if (refocus) list.button?.focus();
  return true;
}

function choose(item) {
  const button = at("cw-export-menu").button;
  chat.send("export", { text: item.dataset.format, exchange: button ? exchange(button) : 0 });
  shutMenu(true);
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const item = target?.closest("#cw-export-menu button");
  if (item) return choose(item);
  const button = target?.closest("[data-act]");
  if (!button || button.dataset.act !== "export") shutMenu();
  if (!target?.closest("#cw-side, [data-act=side]")) closeSide();
  if (!target?.closest("#cw-scope-bar")) hideForm();
  if (!button || !acts[button.dataset.act]) return;
  if (button.tagName === "A" && (event.ctrlKey || event.metaKey || event.shiftKey || event.button)) return;
  event.preventDefault();
  acts[button.dataset.act](button);
});

function hideForm() {
  const form = at("cw-scope-form");
  if (!form || form.hidden) return false;
  const button = document.querySelector("[data-act=scope]");
  if (form.contains(document.activeElement)) button?.focus();
  form.hidden = true;
  button?.setAttribute("aria-expanded", "false");
  return true;
}

document.addEventListener("keydown", (event) => {
  const list = at("cw-export-menu");
  if (event.key === "Escape" && !event.defaultPrevented) {
    const shut = [shutMenu(true), hideForm(), closeSide()];
    if (shut.includes(true)) event.preventDefault();
  }
  if (!list || list.hidden || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  const items = [...list.querySelectorAll("button")];
  const step = event.key === "ArrowDown" ? 1 : items.length - 1;
  items[(items.indexOf(document.activeElement) + step) % items.length].focus();
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "cw-scope-form") return;
  event.preventDefault();
  const data = new FormData(event.target);
  const year = (name) => (data.get(name) ? Number(data.get(name)) : null);
  const papers = JSON.parse(event.target.dataset.papers);
  const scope = {
    collections: data.getAll("collection"),
    paper_ids: papers,
    first_year: year("from"),
    last_year: year("to"),
  };
  chat.narrow(scope);
});

let typing = 0;
document.addEventListener("input", (event) => {
  if (event.target.id !== "cw-find") return;
  clearTimeout(typing);
  typing = setTimeout(() => chat.send("find"), 200);
});

window.addEventListener(
  "citewell-started",
  () => shut(narrow.matches || localStorage.getItem("citewell-side") === "shut"),
  { once: true },
);
