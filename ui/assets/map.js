/* The Map tab: fetches the map when it is seen, draws it with Plotly in the page's colours, and tells what was clicked. */
(() => {
  "use strict";

  const AGAIN = 1200; // ms between looks while the map is being drawn
  const WITHOUT_WEBGL = 4000; // points that SVG still draws in reasonable time
  const CONFIG = { displayModeBar: false, scrollZoom: true, responsive: true, doubleClick: "reset", showTips: false };

  let library; // Plotly, once a map was looked at
  const maps = new WeakMap(); // the frame -> what is drawn in it

  function colour(name) {
    return getComputedStyle(document.body).getPropertyValue(name).trim();
  }

  function loadPlotly(address) {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => {
        library = undefined;
        reject(new Error("plotly.js did not load"));
      };
      document.head.append(script);
    });
    return library;
  }

  function hasWebGL() {
    return Boolean(document.createElement("canvas").getContext("webgl"));
  }

  const part = (frame, name) => frame.querySelector(`.cw-map-${name}`);

  function show(frame, state, message) {
    frame.dataset.state = state;
    const words = document.createElement("p");
    words.textContent = message;
    const veil = part(frame, "veil");
    veil.replaceChildren(words);
    if (state !== "failed") return;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Draw again";
    again.addEventListener("click", () => look(frame, true));
    veil.append(again);
  }

  async function look(frame, again = false) {
    const map = maps.get(frame);
    if (map.looking || !frame.isConnected) return;
    map.looking = true;
    try {
      const answer = await fetch(`/map/sheet?have=${map.name ?? ""}&again=${again}`);
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const sheet = await answer.json();
      if (sheet.name && sheet.name !== map.name) await draw(frame, map, sheet);
      show(frame, map.name && sheet.state !== "empty" ? "ready" : sheet.state, sheet.message);
      note(frame, sheet);
      if (sheet.state === "drawing" && map.seen) setTimeout(() => look(frame), AGAIN);
    } catch (error) {
      if (!map.name) show(frame, "failed", `The map cannot be shown: ${error.message}.`);
    } finally {
      map.looking = false;
    }
  }

  function note(frame, sheet) {
    const map = maps.get(frame);
    map.said = sheet.name && sheet.state === "drawing" ? "The library has changed; drawing the map anew…" : sheet.note;
    if (sheet.name && sheet.state === "failed") map.said = sheet.message;
    tell(frame);
  }

  function tell(frame) {
    const map = maps.get(frame);
    const words = [map.lit, map.found, map.said].filter(Boolean).join(" ");
    if (part(frame, "note").textContent !== words) part(frame, "note").textContent = words;
  }

  async function draw(frame, map, sheet) {
    const [Plotly, figures] = await Promise.all([
      loadPlotly(sheet.plotly),
      fetch(`/map/figures/${sheet.name}.json`).then((answer) => answer.json()),
    ]);
    const [points] = figures.map.data;
    if (points.type === "scattergl" && !hasWebGL()) thin(figures, points);
    Object.assign(map, { figures, Plotly, year: "", words: "", region: null });
    const plot = part(frame, "plot");
    await Plotly.react(plot, [points, rings([])], dressed(figures.map.layout), CONFIG);
    if (map.name === undefined) {
      plot.on("plotly_click", (event) => clicked(frame, event.points[0]));
      plot.on("plotly_afterplot", () => uncover(frame));
    }
    map.name = sheet.name;
    await drawYears(frame, map);
    if (sheet.outline) part(frame, "outline").innerHTML = sheet.outline;
    frame.dataset.state = "ready";
    askForLight(); // an answer may be older than the map
    light(frame);
    uncover(frame);
  }

  /* A browser without WebGL gets fewer points; the first ones are as good as a random choice. */
  function thin(figures, points) {
    points.type = "scatter";
    figures.shown = Math.min(figures.shown, WITHOUT_WEBGL);
    for (const name of ["ids", "yearOf", "titles", "clusterOf"]) figures[name].length = figures.shown;
    points.text.length = figures.shown;
    points.marker.color.length = figures.shown;
    for (const axis of ["x", "y"]) points[axis] = unpacked(points[axis]).slice(0, figures.shown);
  }

  function unpacked(list) {
    if (!list.bdata) return list;
    return Array.from(new Float32Array(Uint8Array.from(atob(list.bdata), (c) => c.charCodeAt(0)).buffer));
  }

  function dressed(layout) {
    const ink = colour("--cw-ink");
    const font = { family: colour("--cw-sans"), size: 12, color: ink };
    const hoverlabel = {
      bgcolor: colour("--cw-sheet"),
      bordercolor: colour("--cw-line"),
      font: { ...font, size: 13 },
      align: "left",
    };
    const narrow = window.innerWidth < 600;
    const annotations = (layout.annotations ?? []).map((name) => ({
      ...name,
      text: narrow ? name.text.split("<br>")[0] : name.text,
      font: { ...font, weight: 600 },
      bgcolor: colour("--cw-veil"),
      borderpad: 2,
      captureevents: false,
    }));
    const own = structuredClone(layout); // Plotly writes into what it is given
    return { ...own, annotations, font, hoverlabel, autosize: true };
  }

  function rings(spots) {
    return {
      type: "scatter",
      mode: "markers",
      x: spots.map((spot) => spot.x),
      y: spots.map((spot) => spot.y),
      text: spots.map((spot) => spot.text),
      customdata: spots.map((spot) => spot.id),
      hovertemplate: "%{text}<extra></extra>",
      marker: { size: 19, color: "rgba(0,0,0,0)", line: { width: 3, color: colour("--cw-ink") } },
    };
  }

  async function drawYears(frame, map) {
    const box = part(frame, "years");
    const chooser = part(frame, "year");
    box.hidden = chooser.hidden = !map.figures.years;
    if (!map.figures.years) return;
    const [bars] = map.figures.years.data;
    bars.marker = { color: colour("--cw-accent") };
    const plot = part(frame, "bars");
    const line = { color: colour("--cw-soft"), gridcolor: colour("--cw-line") };
    const layout = dressed(map.figures.years.layout);
    Object.assign(layout, {
      height: 130,
      margin: { l: 34, r: 4, t: 6, b: 22 },
      dragmode: false,
      font: { ...layout.font, size: 11, color: line.color },
    });
    layout.yaxis = { ...layout.yaxis, gridcolor: line.gridcolor, zeroline: false };
    await map.Plotly.react(plot, [bars], layout, { displayModeBar: false, responsive: true });
    if (map.name === undefined || !plot.dataset.wired) {
      plot.dataset.wired = "yes";
      plot.on("plotly_click", (event) => {
        const year = String(event.points[0].x);
        chooser.value = chooser.value === year ? "" : year;
        choose(frame);
      });
    }
    const years = unpacked(bars.x);
    const counts = unpacked(bars.y);
    const options = years.map((year, at) => new Option(`${year} (${counts[at].toLocaleString("en")})`, year));
    chooser.replaceChildren(new Option("All years", ""), ...options.reverse());
  }

  /* What is chosen stays bright, the rest grows pale. */
  function choose(frame) {
    const map = maps.get(frame);
    if (!map?.figures) return;
    const year = part(frame, "year").value;
    const words = part(frame, "find").value.trim().toLowerCase();
    const { yearOf, titles, clusterOf, shown } = map.figures;
    const wanted = (at) =>
      (!year || String(yearOf[at]) === year) &&
      (!words || titles[at].toLowerCase().includes(words)) &&
      (map.region === null || clusterOf[at] === map.region);
    const all = !year && !words && map.region === null;
    const chosen = all ? null : Array.from({ length: shown }, (_, at) => at).filter(wanted);
    map.Plotly.restyle(part(frame, "plot"), { selectedpoints: [chosen] }, [0]);
    if (map.figures.years) {
      const at = year ? [Array.from(unpacked(map.figures.years.data[0].x)).findIndex((y) => String(y) === year)] : null;
      map.Plotly.restyle(part(frame, "bars"), { selectedpoints: [at] }, [0]);
    }
    map.found = words || year
      ? `${chosen.length.toLocaleString("en")} ${chosen.length === 1 ? "paper" : "papers"} chosen.`
      : "";
    tell(frame);
  }

  let cited = [];
  window.addEventListener("citewell-cited", ({ detail }) => {
    cited = detail;
    askForLight();
  });

  /* Where the papers of the last answer lie is known to the server. */
  function askForLight() {
    const place = document.querySelector(".cw-map")?.parentElement;
    place?.dispatchEvent(new CustomEvent("citewell-cited", { detail: { papers: cited } }));
  }

  function light(frame) {
    const map = maps.get(frame);
    const source = document.querySelector(".cw-lit");
    if (!map?.figures || !source) return;
    const spots = JSON.parse(source.dataset.spots);
    const ring = rings(spots);
    map.Plotly.restyle(part(frame, "plot"), {
      x: [ring.x],
      y: [ring.y],
      text: [ring.text],
      customdata: [ring.customdata],
    }, [1]);
    const count = spots.length;
    map.lit = count
      ? `${count === 1 ? "The paper" : `The ${count} papers`} of the last answer ${count === 1 ? "is" : "are"} ringed.`
      : "";
    tell(frame);
  }

  /* Names that would lie on a larger region's name are left out until there is room. */
  function uncover(frame) {
    const plot = part(frame, "plot");
    const notes = [...plot.querySelectorAll(".annotation")];
    const taken = [];
    for (const note of notes) {
      note.style.visibility = "";
      const box = note.getBoundingClientRect();
      const hit = taken.some((o) =>
        box.left < o.right && o.left < box.right && box.top < o.bottom && o.top < box.bottom
      );
      if (hit) note.style.visibility = "hidden";
      else taken.push(box);
    }
  }

  function fit(frame) {
    const { Plotly, figures } = maps.get(frame);
    const plot = part(frame, "plot");
    if (figures && plot.clientHeight) Plotly.Plots.resize(plot).then(() => uncover(frame));
  }

  function clicked(frame, point) {
    const { figures } = maps.get(frame);
    open(frame, point.curveNumber === 1 ? point.customdata : figures.ids[point.pointNumber]);
  }

  function open(frame, paper) {
    frame.parentElement.dispatchEvent(new CustomEvent("citewell-paper", { detail: { paper } }));
  }

  function zoom(frame, how) {
    const map = maps.get(frame);
    if (!map?.figures) return;
    const plot = part(frame, "plot");
    const factor = { in: 0.6, out: 1 / 0.6 }[how];
    const change = {};
    for (const axis of ["xaxis", "yaxis"]) {
      const [low, high] = factor ? plot.layout[axis].range : map.figures.map.layout[axis].range;
      const half = ((high - low) / 2) * (factor ?? 1);
      change[`${axis}.range`] = [(low + high) / 2 - half, (low + high) / 2 + half];
    }
    map.Plotly.relayout(plot, change);
  }

  function dressAgain(frame) {
    const map = maps.get(frame);
    if (!map?.figures) return;
    const plot = part(frame, "plot");
    const ranges = { xaxis: { ...plot.layout.xaxis }, yaxis: { ...plot.layout.yaxis } };
    map.Plotly.react(plot, [plot.data[0], rings([])], { ...dressed(map.figures.map.layout), ...ranges }, CONFIG)
      .then(() => drawYears(frame, map))
      .then(() => {
        light(frame);
        uncover(frame);
      });
  }

  function wire(frame) {
    maps.set(frame, { seen: false });
    frame.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.zoom) zoom(frame, button.dataset.zoom);
      if (button?.dataset.paper) open(frame, button.dataset.paper);
      if (button?.dataset.ask) {
        const detail = { region: Number(button.dataset.ask) };
        frame.parentElement.dispatchEvent(new CustomEvent("citewell-region", { detail }));
      }
    });
    frame.addEventListener(
      "toggle",
      (event) => {
        const opened = [...frame.querySelectorAll(".cw-region[open]")];
        if (event.target.open) opened.forEach((other) => (other.open = other === event.target));
        const now = frame.querySelector(".cw-region[open]");
        maps.get(frame).region = now ? Number(now.dataset.cluster) : null;
        choose(frame);
      },
      true,
    );
    part(frame, "find").addEventListener("input", () => choose(frame));
    part(frame, "year").addEventListener("change", () => choose(frame));
    new IntersectionObserver((entries) => {
      const map = maps.get(frame);
      const seen = entries.at(-1).isIntersecting;
      if (seen && !map.seen) look(frame);
      map.seen = seen;
    }).observe(frame);
    new ResizeObserver(() => fit(frame)).observe(part(frame, "plot"));
    new MutationObserver(() => dressAgain(frame)).observe(document.body, { attributeFilter: ["class"] });
  }

  new MutationObserver((changes) => {
    const frame = document.querySelector(".cw-map");
    if (!frame) return;
    if (!maps.has(frame)) wire(frame);
    else if (changes.some((change) => change.target.closest?.("#cw-lit"))) light(frame);
  }).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["data-spots"],
  });
})();
