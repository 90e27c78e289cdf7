// Single letters as keys: j and k walk the posts, l, b and r act on one, n writes, ? explains. They can be switched off.
(() => {
  "use strict";

  const OFF = "keys-off";
  const dialog = document.getElementById("keys");
  const choice = document.getElementById("keys-on");
  if (choice) {
    choice.checked = !localStorage.getItem(OFF);
    choice.addEventListener("change", () => (choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  }
  const cards = () => [...document.querySelectorAll(".card")];
  const current = () => document.activeElement.closest(".card");
  const step = (by) => {
    const all = cards();
    const at = all.indexOf(current());
    const first = all.findIndex((card) => card.getBoundingClientRect().top >= 0);
    (at < 0 ? all[first] : all[at + by])?.focus();
  };
  const click = (selector) => current()?.querySelector(selector)?.click();
  const ACTIONS = {
    j: () => step(1),
    k: () => step(-1),
    l: () => click(".like"),
    b: () => click(".save"),
    r: () => click(".reply"),
    n: () => {
      const here = document.querySelector('.composer[action="/compose/"] textarea');
      here ? here.focus() : document.querySelector(".nav .new")?.click();
    },
    "?": () => dialog?.showModal(),
    Enter: () => document.activeElement.matches(".card:not(.single *)") && click(".when"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || dialog?.open) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const isOff = event.key !== "?" && event.key !== "Enter" && localStorage.getItem(OFF);
    if (isOff || !Object.hasOwn(ACTIONS, event.key)) return;
    if (event.key !== "Enter") event.preventDefault();
    ACTIONS[event.key]();
  });
})();
