/* The diagram: the picture that wann draws, made to answer. The k-th group of class wann-node is node k,
 * the k-th path of wann-edges connection k. Rings around the nodes show values; they lie in a picture of
 * their own above it, so that browsers need not draw the network anew sixty times a second. */
class Diagram {
  constructor(root) {
    this.root = root;
    this.svg = root.querySelector("svg");
    this.offerPicture();
    this.svg.style.maxWidth = `${1.3 * this.svg.viewBox.baseVal.width}px`; /* small ones stay small */
    this.groups = [...this.svg.querySelectorAll(".wann-node")];
    this.edges = [...this.svg.querySelectorAll(".wann-edges path")];
    const layers = make("div", undefined, "layers");
    this.rings = svgElement("svg", { class: "rings", viewBox: this.svg.getAttribute("viewBox"), "aria-hidden": "true" });
    layers.append(this.svg, this.rings);
    root.append(layers);
    this.halos = this.groups.map((group) => this.addHalo(group));
    this.shown = null; /* of which node the card tells */
    this.values = null;
    this.chosen = -1;
    this.svg.setAttribute("role", "group");
    this.groups.forEach((group, node) => this.enliven(group, node));
    this.groups[0]?.setAttribute("tabindex", "0");
    $("dark-out").addEventListener("click", () => this.choose(-1));
    $("fit").addEventListener("click", () => this.fit(this.root.classList.contains("actual")));
    if (root.clientWidth < 0.4 * this.svg.viewBox.baseVal.width) this.fit(false); /* too small to be read */
  }
  /* To take along as it was drawn. */
  offerPicture() {
    const text = new XMLSerializer().serializeToString(this.svg);
    $("picture").hidden = false;
    $("picture").querySelector("a").href = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  }
  fit(whole) {
    this.root.classList.toggle("actual", !whole);
    $("fit").setAttribute("aria-pressed", String(whole));
  }
  addHalo(group) {
    const shape = group.querySelector("circle, rect");
    const box = shape.tagName === "rect"
      ? { cx: +shape.getAttribute("x") + shape.getAttribute("width") / 2, cy: +shape.getAttribute("y") + shape.getAttribute("height") / 2, r: shape.getAttribute("width") / 2 }
      : { cx: +shape.getAttribute("cx"), cy: +shape.getAttribute("cy"), r: +shape.getAttribute("r") };
    const place = { cx: box.cx, cy: box.cy, r: box.r + 2.5 };
    group.append(svgElement("circle", { class: "mark", ...place }));
    const halo = svgElement("circle", { class: "halo", ...place });
    this.rings.append(halo);
    return halo;
  }
  enliven(group, node) {
    group.setAttribute("tabindex", "-1");
    group.setAttribute("role", "button");
    group.setAttribute("aria-pressed", "false");
    group.setAttribute("aria-label", group.querySelector("title").textContent);
    group.addEventListener("pointerenter", () => this.show(node));
    group.addEventListener("focus", () => this.show(node));
    group.addEventListener("click", () => this.choose(this.chosen === node ? -1 : node));
    group.addEventListener("keydown", (event) => this.key(event, node));
  }
  key(event, node) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) this.focus((node + step + this.groups.length) % this.groups.length);
    else if (event.key === "Enter" || event.key === " ") this.choose(this.chosen === node ? -1 : node);
    else if (event.key === "Escape") this.choose(-1);
    else return;
    event.preventDefault();
  }
  focus(node) {
    this.groups.forEach((group, i) => group.setAttribute("tabindex", i === node ? "0" : "-1"));
    this.groups[node].focus();
  }
  /* Light up a node and all that it depends on; -1: nothing. */
  choose(node) {
    const lit = new Set(), lines = new Set();
    const visit = (n) => {
      if (lit.has(n)) return;
      lit.add(n);
      for (let k = data.first[n]; k < data.first[n + 1]; k++) {
        lines.add(k);
        visit(data.source[k]);
      }
    };
    if (node >= 0) visit(node);
    this.chosen = node;
    this.root.classList.toggle("lit", node >= 0);
    this.groups.forEach((group, i) => {
      group.classList.toggle("lit", lit.has(i));
      this.halos[i].classList.toggle("lit", lit.has(i));
      group.classList.toggle("chosen", i === node);
      group.setAttribute("aria-pressed", String(i === node));
    });
    this.edges.forEach((edge, k) => edge.classList.toggle("lit", lines.has(k)));
    $("dark-out").disabled = node < 0;
    if (node >= 0) this.show(node, lit.size - 1);
  }
  show(node, upstream) {
    const { role, activation, formula, name, id } = data.nodes[node];
    const fanIn = data.first[node + 1] - data.first[node];
    const sources = data.source.slice(data.first[node], data.first[node + 1]).map((n) => this.nameOf(n));
    const card = $("node-card"), line = make("p"), value = make("p", "", "note");
    line.append(make("strong", this.nameOf(node)), ` (${role}${role === "bias" ? ", always 1" : ""})`);
    card.replaceChildren(line);
    if (activation) card.append(make("p", `${activation}: f(x) = ${formula}, where x is the weighted sum of ${fanIn} ${fanIn === 1 ? "connection" : "connections"}`));
    if (sources.length) card.append(make("p", `from ${sources.slice(0, 24).join(", ")}${sources.length > 24 ? `, and ${sources.length - 24} more` : ""}`, "note"));
    if (upstream !== undefined) card.append(make("p", `It depends on ${upstream} ${upstream === 1 ? "node" : "nodes"}.`, "note"));
    value.setAttribute("aria-hidden", "true"); /* sixty readings a second are no help to listeners */
    card.append(value);
    this.shown = { node, value };
    this.tell();
  }
  nameOf(node) {
    const { role, name, id } = data.nodes[node];
    return role === "bias" ? "bias" : name || `node ${id}`;
  }
  tell() {
    if (this.shown && this.values) this.shown.value.textContent = `Its value now: ${brief(this.values[this.shown.node])}`;
  }
  /* The ring of each node shows its value: sign by colour, size by strength. */
  update(values) {
    this.values = values;
    for (let i = 0; i < this.halos.length; i++) {
      const value = values[i], size = Math.abs(value), style = this.halos[i].style;
      style.stroke = value >= 0 ? colours.positive : colours.negative;
      style.strokeOpacity = Number.isFinite(value) ? (size / (size + 0.5)).toFixed(2) : "1";
    }
    this.tell();
  }
}
