// j and k walk the posts, l, b and r act on one, n writes, ? explains and switches them off. Loaded by site.js.
const OFF = "keys-off";
const HELP = `<dialog id="keys" class="keys" aria-labelledby="keys-title">
  <h2 id="keys-title">Keys</h2>
  <dl>
    <dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next post, post before</dd>
    <dt><kbd>Enter</kbd></dt><dd>open the post</dd>
    <dt><kbd>l</kbd> <kbd>b</kbd></dt><dd>like, bookmark</dd>
    <dt><kbd>r</kbd></dt><dd>reply</dd>
    <dt><kbd>n</kbd></dt><dd>new post</dd>
    <dt><kbd>Ctrl</kbd> <kbd>Enter</kbd></dt><dd>send what you wrote</dd>
    <dt><kbd>?</kbd></dt><dd>these keys</dd>
  </dl>
  <label><input id="keys-on" type="checkbox"> Use single letters as keys</label>
  <form method="dialog"><button class="button">Close</button></form>
</dialog>`;

const help = () => {
  if (!document.getElementById("keys")) {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("../css/keys.css", import.meta.url) });
    document.head.append(sheet);
    document.body.insertAdjacentHTML("beforeend", HELP);
    const choice = document.getElementById("keys-on");
    choice.checked = !localStorage.getItem(OFF);
    choice.addEventListener("change", () => (choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  }
  document.getElementById("keys").showModal();
};
const current = () => document.activeElement.closest(".card");
const step = (by) => {
  const all = [...document.querySelectorAll(".card")];
  const at = all.indexOf(current());
  const first = all.findIndex((card) => card.getBoundingClientRect().top >= 0);
  (at < 0 ? all[first] : all[at + by])?.focus();
};
const click = (selector) => current()?.querySelector(selector)?.click();
const write = () => {
  const here = document.querySelector('.composer[action="/compose/"] textarea');
  here ? here.focus() : document.querySelector(".nav .new")?.click();
};
const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  l: () => click(".like"),
  b: () => click(".save"),
  r: () => click(".reply"),
  n: write,
  Enter: () => document.activeElement.matches(".card:not(.single > *)") && click(".when"),
};

export const press = (key) => {
  if (key === "?") help();
  else if (key === "Enter" || !localStorage.getItem(OFF)) ACTIONS[key]();
};
