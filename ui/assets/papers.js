/* The Papers tab: fetches pages of the list and single papers, keeps what is selected, follows the address. */
(() => {
  "use strict";

  const PATIENCE = 220; // ms without a key before a search begins
  const MOST_TO_ASK = 200; // papers that a conversation can be narrowed to
  let tab; // the one tab of the page
  let wish = ""; // the paper that another tab wants open before this one is there

  const named = () => new URLSearchParams(location.search).get("paper") ?? "";

  function address(paper) {
    const query = new URLSearchParams(location.search);
    if (paper) query.set("paper", paper);
    else query.delete("paper");
    return `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`;
  }

  class Papers {
    constructor(root, tell) {
      this.root = root;
      this.tell = tell;
      this.page = 1;
      this.chosen = new Set();
      this.asked = 0; // requests so far: an answer that was overtaken is dropped
      this.form = root.querySelector("form");
      this.list = root.querySelector(".cwp-list");
      this.one = root.querySelector(".cwp-one");
      root.addEventListener("click", (event) => this.clicked(event));
      root.addEventListener("change", (event) => this.changed(event));
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.form.text.addEventListener("input", () => this.later());
      this.turn(1);
      this.fillCollections();
      new IntersectionObserver((entries) => this.seen(entries.at(-1).isIntersecting)).observe(root);
    }

    /* Where the tab is seen again, the library may have changed: by another tab, another user, or the command line. */
    async seen(is) {
      const again = is && this.away;
      this.away = !is;
      if (!again) return;
      await this.fillCollections();
      if (this.shown) this.list.setAttribute("aria-busy", "true"); // `close` turns to the page
      else await this.turn(this.page);
      if (this.page > 1 && !this.shown && !this.boxes().length) this.turn(1);
    }

    /* The list */

    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.turn(1), PATIENCE);
    }

    async turn(page) {
      clearTimeout(this.timer);
      const mine = ++this.asked;
      this.page = page;
      this.list.setAttribute("aria-busy", "true");
      const query = new URLSearchParams({ page });
      for (const [name, value] of new FormData(this.form)) if (value) query.set(name, value);
      try {
        const html = await (await asked(`/papers/list?${query}`)).text();
        if (mine !== this.asked) return;
        this.list.innerHTML = html;
        this.mark();
        this.root.querySelector(".cwp-spoken").textContent = this.list.querySelector(".cwp-count")?.textContent ?? "";
      } catch (error) {
        if (mine === this.asked) this.list.replaceChildren(hint(error.message));
      } finally {
        if (mine === this.asked) this.list.setAttribute("aria-busy", "false");
      }
    }

    async fillCollections() {
      try {
        const found = await (await asked("/papers/collections")).json();
        const { value } = this.form.collection;
        const options = Object.entries(found).map(([name, count]) =>
          new Option(`${name} (${count})`, name, false, name === value)
        );
        this.form.collection.replaceChildren(new Option("All", ""), ...options);
      } catch {
        /* the list says what is wrong */
      }
    }

    /* What is selected, on this page and on the others */

    boxes() {
      return [...this.list.querySelectorAll("[data-do='choose']")];
    }

    mark() {
      for (const box of this.boxes()) box.checked = this.chosen.has(box.closest("tr").dataset.paper);
      const all = this.list.querySelector("[data-do='all']");
      const boxes = this.boxes();
      if (all) {
        all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
        all.indeterminate = !all.checked && boxes.some((box) => box.checked);
      }
      const bar = this.root.querySelector(".cwp-chosen");
      const count = this.chosen.size;
      bar.hidden = count === 0;
      bar.querySelector("b").textContent = `${count.toLocaleString("en")} selected`;
      const ask = bar.querySelector("[data-do='ask-chosen']");
      ask.disabled = count > MOST_TO_ASK;
      ask.title = ask.disabled ? `A conversation can be narrowed to ${MOST_TO_ASK} papers` : "";
      bar.querySelector("[data-do='merge']").hidden = count !== 2;
    }

    changed(event) {
      const box = event.target;
      if (box.dataset.do === "choose") this.choose([box], box.checked);
      else if (box.dataset.do === "all") this.choose(this.boxes(), box.checked);
      else if (box.form === this.form && box.name !== "text") this.turn(1);
    }

    choose(boxes, on) {
      for (const box of boxes) {
        const { paper } = box.closest("tr").dataset;
        if (on) this.chosen.add(paper);
        else this.chosen.delete(paper);
      }
      this.mark();
    }

    /* One paper */

    async open(paper, push) {
      if (this.shown === paper) return;
      this.cameFrom ??= paper;
      this.shown = paper;
      if (push) history.pushState(history.state, "", address(paper));
      this.say("");
      const mine = ++this.asked;
      try {
        const answer = await asked(`/papers/one?paper=${encodeURIComponent(paper)}`, {}, [404]);
        const html = await answer.text();
        if (mine !== this.asked) return;
        this.one.innerHTML = html;
        this.callByName();
      } catch (error) {
        if (mine !== this.asked) return;
        this.one.replaceChildren(button("back", "← All papers"), hint(error.message));
      }
      if (!this.root.querySelector(".cwp-all").hidden) this.height = scrollY;
      this.turnTo(this.one);
      this.one.querySelector("h2")?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }

    /* A paper that was asked for by a name from before it was merged goes on under the one it has now. */
    callByName() {
      const { paper } = this.one.querySelector("[data-paper]")?.dataset ?? {};
      if (!paper || paper === this.shown) return;
      if (named() === this.shown) history.replaceState(history.state, "", address(paper));
      this.shown = paper;
    }

    async close(push) {
      if (!this.shown) return;
      const left = this.cameFrom ?? this.shown;
      this.shown = this.cameFrom = undefined;
      if (push) history.pushState(history.state, "", address(""));
      this.turnTo(this.root.querySelector(".cwp-all"));
      if (this.list.getAttribute("aria-busy") === "true") await this.turn(this.page);
      if (this.shown) return; // another one was opened meanwhile
      const link = this.list.querySelector(`a[data-paper="${CSS.escape(left)}"]`);
      scrollTo(0, this.height ?? 0);
      (link ?? this.form.text).focus({ preventScroll: true });
    }

    turnTo(part) {
      const all = this.root.querySelector(".cwp-all");
      all.hidden = part !== all;
      this.one.hidden = part !== this.one;
    }

    /* Buttons */

    clicked(event) {
      const target = event.target.closest?.("[data-do]");
      if (!target || !this.root.contains(target)) {
        const row = event.target.closest?.("tr[data-paper]");
        if (row && !event.target.closest("td:first-child") && !getSelection().toString()) {
          this.open(row.dataset.paper, true);
        }
        return;
      }
      const act = this[`do_${target.dataset.do.replaceAll("-", "_")}`];
      if (act) act.call(this, target, event);
    }

    do_open(link, event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab of the browser
      event.preventDefault();
      this.open(link.dataset.paper, true);
    }

    do_back() {
      this.close(true);
    }

    do_sort(target) {
      this.form.order.value = target.dataset.order;
      this.turn(1).then(() => this.list.querySelector(`th[aria-sort]:not([aria-sort="none"]) button`)?.focus());
    }

    do_page(target) {
      this.turn(Number(target.dataset.page)).then(() => {
        this.root.querySelector(".cwp-all").scrollIntoView({ block: "start" });
        const usable = [...this.list.querySelectorAll("[data-do='page']:not(:disabled)")];
        const same = usable.find((each) => each.ariaLabel === target.ariaLabel);
        (same ?? usable[0])?.focus(); // there is no page after the last
      });
    }

    do_reset() {
      this.form.reset();
      this.turn(1).then(() => this.form.text.focus());
    }

    do_clear() {
      this.chosen.clear();
      this.mark();
      this.form.text.focus();
    }

    do_ask() {
      this.tell([this.shown]);
    }

    do_ask_chosen() {
      this.tell([...this.chosen]);
    }

    async do_export_chosen() {
      const format = this.root.querySelector("[name='format']").value;
      try {
        const answer = await posted("/papers/file", { papers: [...this.chosen], format });
        const [, name] = answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/) ?? [];
        save(await answer.blob(), name ?? "papers");
      } catch (error) {
        this.say(error.message);
      }
    }

    async do_copy(target) {
      const text = this.one.querySelector("pre").textContent;
      try {
        await navigator.clipboard.writeText(text);
        target.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(this.one.querySelector("pre code"));
        target.textContent = "Selected: press Ctrl+C";
      }
      setTimeout(() => (target.textContent = "Copy"), 2500);
    }

    do_remove(target) {
      const sure = this.one.querySelector(".cwp-sure");
      sure.hidden = false;
      target.hidden = true;
      sure.querySelector("[data-do='keep']").focus();
    }

    do_keep() {
      this.one.querySelector(".cwp-sure").hidden = true;
      const again = this.one.querySelector("[data-do='remove']");
      again.hidden = false;
      again.focus();
    }

    async do_remove_sure() {
      const paper = this.shown;
      const title = this.one.querySelector("h2").textContent;
      try {
        await posted("/papers/remove", { papers: [paper] });
      } catch (error) {
        this.say(error.message);
        return;
      }
      this.chosen.delete(paper);
      await this.turn(this.page);
      this.close(true);
      const undo = button("undo", "Undo");
      undo.dataset.paper = paper;
      this.say(`Removed “${title}”. `, undo);
      undo.focus();
    }

    /* Taking apart what was put together wrongly, and putting together what is one study */

    do_leaving() {
      const boxes = [...this.one.querySelectorAll("[data-do='leaving']")];
      const leaving = boxes.filter((box) => box.checked).length;
      this.one.querySelector("[data-do='part']").disabled = leaving === 0 || leaving === boxes.length;
    }

    do_part(target) {
      const chosen = [...this.one.querySelectorAll("[data-do='leaving']:checked")].map((box) => box.value);
      return this.part(target, chosen);
    }

    do_part_all(target) {
      return this.part(target, []);
    }

    async part(target, sources) {
      target.disabled = true;
      let done;
      try {
        done = await (await posted("/papers/split", { paper: this.shown, sources })).json();
      } catch (error) {
        target.disabled = false;
        this.say(error.message);
        return;
      }
      const others = (await this.openAgain(done.papers)).flatMap((paper) => [", ", linked(paper)]).slice(1);
      const undo = undoing(done.step);
      const count = done.papers.length === 2 ? "Two" : done.papers.length;
      this.say(`${count} papers now: this one and `, ...others, ". ", undo);
      undo.focus({ preventScroll: true });
    }

    async do_merge(target) {
      target.disabled = true;
      try {
        const done = await (await posted("/papers/merge", { papers: [...this.chosen] })).json();
        this.chosen.clear();
        await this.turn(this.page);
        await this.open(done.papers[0].id, true);
        const undo = undoing(done.step);
        this.say("They are one paper now: this one. ", undo);
        undo.focus({ preventScroll: true });
      } catch (error) {
        this.say(error.message);
      } finally {
        target.disabled = false;
      }
    }

    async do_unpart(target) {
      let done;
      try {
        done = await (await posted("/papers/undo", { step: Number(target.dataset.step) })).json();
      } catch (error) {
        this.say(error.message);
        return;
      }
      const others = (await this.openAgain(done.papers)).flatMap((paper) => [", ", linked(paper)]).slice(1);
      if (others.length) this.say("They are papers of their own again: this one and ", ...others, ".");
      else this.say("They are one paper again.");
    }

    /* Shows what became of the paper; gives the other papers that came of it. */
    async openAgain(papers) {
      const here = papers.find((paper) => paper.id === this.shown) ?? papers[0];
      this.shown = undefined;
      this.turn(this.page);
      await this.open(here.id, false);
      history.replaceState(history.state, "", address(here.id));
      return papers.filter((paper) => paper !== here);
    }

    async do_undo(target) {
      try {
        await posted("/papers/restore", { papers: [target.dataset.paper] });
      } catch (error) {
        this.say(error.message);
        return;
      }
      this.say("It is back.");
      await this.turn(this.page);
      this.form.text.focus();
    }

    say(...parts) {
      this.root.querySelector(".cwp-status").replaceChildren(...parts);
    }
  }

  /* Small parts */

  async function asked(path, options = {}, alsoFine = []) {
    let answer;
    try {
      answer = await fetch(path, options);
    } catch {
      throw new Error("Citewell does not answer. Is it still running?");
    }
    if (answer.ok || alsoFine.includes(answer.status)) return answer;
    throw new Error(await window.citewellFailure(answer));
  }

  function posted(path, body) {
    return asked(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  function hint(text) {
    const made = document.createElement("p");
    made.className = "cwp-hint";
    made.textContent = text;
    return made;
  }

  function button(act, text) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "cwp-plain";
    made.dataset.do = act;
    made.textContent = text;
    return made;
  }

  function undoing(step) {
    const made = button("unpart", "Undo");
    made.dataset.step = step;
    return made;
  }

  function linked(paper) {
    const made = document.createElement("a");
    made.href = address(paper.id);
    made.dataset.do = "open";
    made.dataset.paper = paper.id;
    made.textContent = paper.title;
    return made;
  }

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  window.addEventListener("popstate", () => {
    if (!tab) return;
    if (!named()) return tab.close(false);
    tab.open(named(), false);
    document.querySelector("#cw-tabs [data-tab-id='papers'][aria-selected='false']")?.click();
  });

  window.citewellPapers = {
    start(element, tell) {
      const root = element.querySelector("#cw-browse");
      if (!root || tab?.root === root) return;
      tab = new Papers(root, tell);
      const first = wish || named();
      wish = "";
      if (first) tab.open(first, first !== named());
    },
    told(paper) {
      if (tab) tab.open(paper, paper !== named());
      else wish = paper;
    },
  };
  window.dispatchEvent(new Event("citewell-papers"));
})();
