/* Markers and doubtful sentences: their words in a bubble on hover and focus, the paper's card on click. */
import * as chat from "./talk.js";

const at = (id) => document.getElementById(id);
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const WITH_TIP = ".cw-marker[title], .cw-doubt[title], [data-tip]";
let bubble = null;
let owner = null;
let wanted = null;

/* The browser's own tooltip would stand beside ours, and does not come on focus. */
function own(target) {
  if (target.title) {
    target.dataset.tip = target.title;
    target.removeAttribute("title");
  }
  return target.dataset.tip;
}

function show(target) {
  if (target === owner) return;
  hide();
  bubble ??= document.body.appendChild(Object.assign(document.createElement("div"), { id: "cw-tip" }));
  bubble.setAttribute("role", "tooltip");
  bubble.textContent = own(target);
  bubble.hidden = false;
  owner = target;
  owner.setAttribute("aria-describedby", "cw-tip");
  place();
}

function place() {
  const [line] = owner.getClientRects();
  const above = line.bottom + bubble.offsetHeight + 16 > window.innerHeight;
  bubble.style.top = `${above ? line.top - bubble.offsetHeight - 8 : line.bottom + 8}px`;
  const middle = line.left + line.width / 2 - bubble.offsetWidth / 2;
  bubble.style.left = `${Math.max(8, Math.min(middle, window.innerWidth - bubble.offsetWidth - 8))}px`;
}

function hide() {
  if (bubble) bubble.hidden = true;
  owner?.removeAttribute("aria-describedby");
  owner = null;
}

const tipped = (event) => (event.target instanceof Element ? event.target.closest(WITH_TIP) : null);
for (const kind of ["mouseover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const target = tipped(event);
    if (target) show(target);
    else if (!event.target.closest?.("#cw-tip")) hide();
  });
}
document.addEventListener("focusout", hide);
/* What has the focus may have been scrolled into view for it; what the pointer was on has gone. */
document.addEventListener("scroll", () => (owner && owner === document.activeElement ? place() : hide()), true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !owner) return;
  event.preventDefault();
  hide();
});

function reveal(card) {
  document.querySelectorAll(".cw-card.cw-shown").forEach((other) => other.classList.remove("cw-shown"));
  card.classList.add("cw-shown");
  const target = card.querySelector("mark") ?? card;
  const behavior = calm.matches ? "auto" : "smooth";
  card.scrollIntoView({ behavior, block: "nearest" });
  target.scrollIntoView({ behavior, block: "nearest" });
  card.focus({ preventScroll: true });
}

/* The panel holds the cards of one answer; those of another are asked for, then shown. */
window.addEventListener("citewell-sources", ({ detail }) => {
  at("cw-papers").innerHTML = detail.html;
  const card = wanted && at(wanted);
  if (card) reveal(card);
  wanted = null;
});

document.addEventListener("click", (event) => {
  const marker = event.target instanceof Element && event.target.closest("a.cw-marker");
  if (!marker) return;
  event.preventDefault();
  const id = marker.getAttribute("href").split("#").pop();
  const card = at(id);
  if (card) return reveal(card);
  wanted = id;
  chat.send("sources", { exchange: Number(id.split("-")[1]) });
});
