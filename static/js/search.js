// The box on the search page offers people while one types. Without this file it is a plain form.
(() => {
  "use strict";

  const WAIT = 150; // ms after the last key
  const box = document.querySelector("input[data-suggest]");
  const list = Object.assign(document.createElement("ul"), { id: "suggested", className: "suggested", hidden: true });
  const status = Object.assign(document.createElement("p"), { className: "visually-hidden" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People");
  status.setAttribute("role", "status");
  box.parentNode.append(list, status);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
  })) {
    box.setAttribute(name, value);
  }

  let waiting;
  let asking;
  let chosen = -1;
  const options = () => [...list.children];

  const choose = (place) => {
    options().forEach((option, i) => option.setAttribute("aria-selected", String(i === place)));
    chosen = place;
    const option = options()[place];
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  };
  const show = (is) => {
    list.hidden = !is;
    box.setAttribute("aria-expanded", String(is));
    if (!is) choose(-1);
  };
  const close = () => {
    clearTimeout(waiting);
    asking?.abort();
    show(false);
    status.textContent = "";
  };

  const suggest = async () => {
    asking?.abort();
    const text = box.value.trim();
    if (!text || /[:"#]/.test(text)) return close(); // these are no names
    asking = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: asking.signal });
      if (!answer.ok) return close();
      const page = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
      list.replaceChildren(...page.querySelectorAll("li"));
      choose(-1);
      const count = options().length;
      show(count > 0 && document.activeElement === box);
      status.textContent = count ? `${count} ${count === 1 ? "person" : "people"}. Arrow keys choose.` : "";
    } catch (error) {
      if (error.name !== "AbortError") close(); // the form still works
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, WAIT);
  });
  box.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault(); // the first Escape closes the list, the second empties the box
      close();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && count) {
      event.preventDefault();
      show(true);
      const places = count + 1; // the last one is the box itself
      const place = ((chosen < 0 ? count : chosen) + (event.key === "ArrowDown" ? 1 : -1) + places) % places;
      choose(place === count ? -1 : place);
    } else if (event.key === "Enter" && chosen >= 0 && !list.hidden) {
      event.preventDefault();
      location.assign(options()[chosen].dataset.href);
    } else if (event.key === "Tab") close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("li");
    if (option) location.assign(option.dataset.href);
  });
  box.addEventListener("blur", close);
})();
