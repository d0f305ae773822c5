/* The start of the page. */

/* A line in the weight profile that follows the slider; null hides it. */
function addCursor(figure) {
  const svg = figure.querySelector("svg"), d = figure.dataset;
  const line = svgElement("line", { class: "cursor", y1: d.top, y2: d.bottom, visibility: "hidden" });
  svg.append(line);
  return (weight) => {
    const x = Number(d.left) + ((weight - d.low) / (d.high - d.low)) * (d.right - d.left);
    line.setAttribute("visibility", weight === null ? "hidden" : "visible");
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
  };
}

/* Why nothing runs; the recording, if there is one, then opens. */
function give(problem) {
  $("problem").textContent = problem;
  $("problem").hidden = false;
  $("live-parts").hidden = true;
  const film = $("recording");
  if (film) film.open = true;
}

/* Who wants no motion can still ask for it. */
function offerFilm() {
  const button = $("play");
  if (!button || !calm.matches) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    $("calm").remove();
    button.hidden = true;
  });
}

async function start() {
  offerFilm();
  const diagram = new Diagram($("diagram"));
  const cursor = addCursor($("profile"));
  const starter = starters[data.kind];
  if (!starter) return { diagram };
  if (typeof WebAssembly !== "object") {
    give("This browser does not run WebAssembly, so the network cannot run here.");
    return { diagram };
  }
  if (!data.modules.worlds) {
    give("This page was made by a wann without WebAssembly (it needs clang and wasm-ld when it is built), so the network cannot run here.");
    return { diagram };
  }
  try {
    const live = await starter(diagram, cursor);
    $("live-note").hidden = false;
    return { diagram, live };
  } catch (error) {
    give(`The network could not be started: ${error.message}`);
    return { diagram };
  }
}

/* For scripts: resolves to the parts of the page once it runs. */
window.wann = start();
