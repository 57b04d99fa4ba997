// The page: shows what the service tells, and sends what the visitor wants. Runs once, with `element` (this page),
// `props.value` (parts, running, said), `watch`, `trigger` and `server` from Gradio.

const one = (selector) => element.querySelector(selector);
const question = one("#pl-question");
const mode = one("#pl-mode");
const backbone = one("#pl-backbone");
const beside = one("#pl-beside");
const key = one("#pl-key");
const choices = one(".choices");
const log = one("#pl-log");
const shares = new Map(); // the JSON of each turn, by the id of its part
const SILENT_MS = 4000; // without news for so long, the page looks whether the service is still there
let running = false;
let heardAt = 0;
let spoken = 0;
let newest = "";

// --- what comes -----------------------------------------------------------------------------------------------

function show() {
  const { parts = {}, running: goesOn = false, said = [] } = props.value || {};
  heardAt = Date.now();
  one(".gone").hidden = true;
  for (const [id, part] of Object.entries(parts)) {
    let place = document.getElementById(id);
    if (!place) {
      place = Object.assign(document.createElement("div"), { id });
      (part.into ? document.getElementById(part.into) : log).append(place);
    }
    place.dataset.part = "";
    morphHtml(place, part.html);
    if (part.json) shares.set(id, part.json);
  }
  for (const place of log.querySelectorAll("[data-part]")) {
    if (!(place.id in parts)) place.remove();
  }
  const empty = !Object.keys(parts).length;
  one(".welcome").hidden = !empty;
  one("[data-do=anew]").hidden = empty;
  readAloud(said);
  setRunning(goesOn);
  comeIntoView();
}

function comeIntoView() {
  const last = [...log.children].filter((place) => /^t\d+$/.test(place.id)).pop();
  if (!last || last.id === newest) return;
  newest = last.id;
  if (last === log.firstElementChild) return scrollTo(0, 0);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  last.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function readAloud(said) {
  if (said.length < spoken) spoken = 0;
  for (const { text, lang, dir } of said.slice(spoken)) {
    const line = Object.assign(document.createElement("p"), { textContent: text, dir });
    if (lang) line.lang = lang;
    one("#pl-aloud").append(line);
  }
  spoken = said.length;
  while (one("#pl-aloud").children.length > 30) one("#pl-aloud").firstChild.remove();
}

function setRunning(now) {
  if (running === now) return;
  const held = document.activeElement;
  running = now;
  one(".go").hidden = now;
  one(".halt").hidden = !now;
  if (now && held === one(".go")) one(".halt").focus();
  if (!now && held === one(".halt")) question.focus();
}

function gone() {
  one(".gone").hidden = false;
  for (const told of log.querySelectorAll(".voice.speaking .status")) told.textContent = "interrupted";
  setRunning(false);
}

setInterval(async () => {
  if (!running || Date.now() - heardAt < SILENT_MS) return;
  try {
    if (!(await fetch("alive", { cache: "no-store" })).ok) gone();
    else heardAt = Date.now();
  } catch {
    gone();
  }
}, 1000);

// --- what goes ------------------------------------------------------------------------------------------------

function wish(more) {
  return {
    ...more,
    mode: mode.value,
    cultures: picker.ids,
    backbone: one(".backbone").hidden ? "" : backbone.value,
    beside: beside.checked,
    key: key.value,
  };
}

function send(more) {
  if (running) return;
  heardAt = Date.now();
  setRunning(true);
  choices.open = false;
  trigger("ask", wish(more));
}

function ask() {
  const words = question.value.trim();
  if (!words || running) return question.focus();
  send({ question: words });
  question.value = "";
  fit();
}

function note(text) {
  one("#pl-note").textContent = "";
  setTimeout(() => (one("#pl-note").textContent = text), 50);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain HTTP from another machine: the browser has no clipboard for scripts there.
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  flash(button, "Copied");
}

function flash(button, text) {
  const before = button.dataset.name || button.textContent;
  button.dataset.name = before;
  button.textContent = text;
  note(text);
  setTimeout(() => (button.textContent = before), 1600);
}

function save(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const DO = {
  halt: () => trigger("halt"),
  anew: () => {
    trigger("anew");
    question.focus();
  },
  theme: () => nextTheme(),
  example: (button) => {
    question.value = button.querySelector(".asks").textContent;
    ask();
  },
  again: () => send({ again: true }),
  copy: (button, json) => copy(JSON.parse(json).answers.at(-1).text, button),
  "copy-json": (button, json) => copy(json, button),
  "save-json": (button, json) => {
    save(json, "polylect.json");
    flash(button, "Saved");
  },
};

element.addEventListener("click", (event) => {
  const summary = event.target.closest("summary");
  if (summary) summary.parentElement.dataset.touched = ""; // from now on it is the reader's to open and close
  const button = event.target.closest("[data-do]");
  if (button) DO[button.dataset.do](button, shares.get(button.closest("[data-part]")?.id));
});

one(".composer").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});

question.addEventListener("keydown", (event) => {
  // While a Chinese or Japanese word is put together, Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask();
});
question.addEventListener("input", fit);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) trigger("halt");
});

function fit() {
  question.style.height = "auto";
  question.style.height = `${Math.min(question.scrollHeight, 200)}px`;
}

// --- what may be chosen ---------------------------------------------------------------------------------------

const picker = new Picker(one(".picker"), tell);

function tell() {
  const chosen = mode.selectedOptions[0];
  one("#pl-mode-told").textContent = chosen.dataset.told;
  const told = [chosen.textContent];
  if (picker.told.length) told.push(picker.told.join(", "));
  if (beside.checked) told.push("compared with the plain model");
  one(".choices-told").textContent = told.join(" · ");
  const alone = mode.value === "direct";
  picker.input.disabled = alone;
  beside.disabled = alone;
}

async function learn() {
  if (!one(".key").hidden && !key.value) return;
  try {
    const { cultures, backbones, trouble } = await server.facts({ key: key.value });
    if (cultures.length) picker.learn(cultures);
    one(".picker").dataset.known = cultures.length;
    one(".key-told").textContent = trouble || (key.value ? "This key works." : "");
    one(".backbone").hidden = backbones.length < 2;
    backbone.replaceChildren(...backbones.map((name) => new Option(name, name)));
  } catch {
    one(".key-told").textContent = ""; // whoever asks is told
  }
}

mode.addEventListener("change", tell);
beside.addEventListener("change", tell);
key.addEventListener("change", learn);

// --- light and dark -------------------------------------------------------------------------------------------

const THEMES = ["system", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");

function theme() {
  try {
    return localStorage.getItem("polylect-theme") || "system";
  } catch {
    return "system";
  }
}

function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
  try {
    localStorage.setItem("polylect-theme", next);
  } catch {
    // a browser that keeps nothing
  }
  paint();
}

function paint() {
  const chosen = theme();
  document.body.classList.toggle("dark", chosen === "dark" || (chosen === "system" && dark.matches));
  const told = { system: "System", light: "Light", dark: "Dark" }[chosen];
  one(".theme-name").textContent = told;
  one("[data-do=theme]").setAttribute("aria-label", `Colours: ${told.toLowerCase()}`);
}

dark.addEventListener("change", () => setTimeout(paint));
setTimeout(paint);

choices.open = matchMedia("(min-width: 720px)").matches;
tell();
learn();
show();
watch("value", show);
