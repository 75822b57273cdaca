/* Light or dark: as the system has it, or as the user chose on this device.  Gradio sets the class too, so we watch. */
(() => {
  "use strict";

  const KEY = "citewell-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem(KEY) ?? "";

  function apply() {
    const dark = chosen() ? chosen() === "dark" : system.matches;
    if (document.body.classList.contains("dark") !== dark) document.body.classList.toggle("dark", dark);
    const field = document.getElementById("cw-theme");
    if (field && field.value !== chosen()) field.value = chosen();
  }

  document.addEventListener("change", (event) => {
    if (event.target.id !== "cw-theme") return;
    if (event.target.value) localStorage.setItem(KEY, event.target.value);
    else localStorage.removeItem(KEY);
    apply();
  });
  document.addEventListener("focusin", (event) => event.target.id === "cw-theme" && apply());
  window.addEventListener("storage", apply);
  system.addEventListener("change", apply);

  function start() {
    apply();
    new MutationObserver(apply).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    const waiting = new MutationObserver(() => {
      if (!document.getElementById("cw-theme")) return;
      waiting.disconnect();
      apply();
    });
    waiting.observe(document.body, { childList: true, subtree: true });
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
})();
