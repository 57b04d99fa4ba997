// The field for cultures: a combobox (WAI-ARIA) that finds a territory by its name in any of these languages.
// The browser knows the names; what it does not know is handed to the service as it was typed.

const NAMED_IN = (
  "am ar az bg bn ca cs da de el en es et fa fi fil fr gu ha he hi hr hu hy id ig is it ja ka kk km kn ko ky lo " +
  "lt lv mk ml mn mr ms my nb ne nl or pa pl ps pt ro ru sd si sk sl so sq sr sv sw ta te th tk tr uk ur uz vi " +
  "yo zh zh-Hant zu"
).split(" ");

const plainLetters = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

class Picker {
  constructor(field, changed) {
    this.input = field.querySelector("input");
    this.list = field.querySelector("[role=listbox]");
    this.chips = field.querySelector(".chosen");
    this.changed = changed;
    this.cultures = [];
    this.chosen = [];
    this.active = -1;
    this.input.addEventListener("focus", () => this.show());
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("blur", () => this.hide());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.place));
    });
    field.querySelector(".box").addEventListener("click", (event) => {
      const chip = event.target.closest("button");
      if (chip) this.remove(Number(chip.dataset.place));
      this.input.focus();
    });
  }

  learn(cultures) {
    this.cultures = cultures;
    this.names = null;
    if (!this.list.hidden) this.show();
  }

  get ids() {
    return this.chosen.map((one) => one.id);
  }

  get told() {
    return this.chosen.map((one) => one.name);
  }

  index() {
    const territories = this.cultures.filter((one) => /^[A-Z]{2}$/.test(one.id));
    this.names = new Map(this.cultures.map((one) => [one.id, new Set([one.id, one.name, ...one.own].map(plainLetters))]));
    for (const tag of NAMED_IN) {
      const names = new Intl.DisplayNames([tag], { type: "region", fallback: "none" });
      for (const one of territories) {
        const name = names.of(one.id);
        if (name) this.names.get(one.id).add(plainLetters(name));
      }
    }
  }

  find(typed) {
    const wanted = plainLetters(typed);
    const free = this.cultures.filter((one) => !this.ids.includes(one.id));
    if (!wanted) return free;
    if (!this.names) this.index();
    const rank = (one) => {
      let best = 3;
      for (const name of this.names.get(one.id)) {
        if (name === wanted) return 0;
        if (name.startsWith(wanted)) best = Math.min(best, 1);
        else if (name.includes(wanted)) best = Math.min(best, 2);
      }
      return best;
    };
    const found = free.map((one) => [rank(one), one]).filter(([place]) => place < 3);
    found.sort((one, other) => one[0] - other[0]);
    const listed = found.map(([, one]) => one);
    const exact = found.length && found[0][0] === 0;
    return exact ? listed : [...listed, { id: typed.trim(), name: typed.trim(), own: [], typed: true }];
  }

  show() {
    this.options = this.find(this.input.value);
    this.active = this.input.value.trim() && this.options.length ? 0 : -1;
    this.list.replaceChildren(...this.options.map((one, place) => this.option(one, place)));
    this.list.hidden = !this.options.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.point();
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  option(one, place) {
    const item = document.createElement("li");
    item.id = `pl-option-${place}`;
    item.dataset.place = place;
    item.setAttribute("role", "option");
    const name = document.createElement("bdi");
    name.textContent = one.name;
    const own = document.createElement("bdi");
    own.className = "own";
    own.textContent = one.own.slice(0, 2).join(" · ");
    item.append(...(one.typed ? ["Ask for “", name, "”"] : [name, own]));
    return item;
  }

  point() {
    [...this.list.children].forEach((item, place) => {
      item.setAttribute("aria-selected", String(place === this.active));
      if (place === this.active) item.scrollIntoView({ block: "nearest" });
    });
    const active = this.active < 0 ? null : `pl-option-${this.active}`;
    if (active) this.input.setAttribute("aria-activedescendant", active);
    else this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.show();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.options.length;
      this.active = (this.active + step + count + (this.active < 0 && step < 0 ? 1 : 0)) % count;
      this.point();
    } else if (event.key === "Enter") {
      event.preventDefault(); // Enter here chooses; it does not ask
      if (!this.list.hidden && this.active >= 0) this.choose(this.active);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.hide();
    } else if (event.key === "Backspace" && !this.input.value && this.chosen.length) {
      this.remove(this.chosen.length - 1);
    }
  }

  choose(place) {
    this.chosen.push(this.options[place]);
    this.input.value = "";
    this.draw();
    this.hide();
  }

  remove(place) {
    this.chosen.splice(place, 1);
    this.draw();
  }

  draw() {
    this.chips.replaceChildren(
      ...this.chosen.map((one, place) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.place = place;
        button.setAttribute("aria-label", `Remove ${one.name}`);
        const name = document.createElement("bdi");
        name.textContent = one.name;
        button.append(name, Object.assign(document.createElement("span"), { textContent: "×", ariaHidden: "true" }));
        item.append(button);
        return item;
      }),
    );
    this.input.placeholder = this.chosen.length ? "add another" : "found in the question";
    this.changed();
  }
}
