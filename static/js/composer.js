// The composer: how much room is left, a look at the chosen image, Ctrl+Enter. Loaded by site.js; it works without.

// The length that the server counts (tweets.text.clean_text).
const lengthOf = (text) => [...text.normalize("NFC").replace(/\r\n?/g, "\n").trim()].length;
const RING =
  '<svg class="ring" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9.5"/><circle cx="12" cy="12" r="9.5" pathLength="100"/></svg>';

const count = (field) => {
  const counter = document.getElementById(field.dataset.counter);
  const [length, most] = [lengthOf(field.value), Number(counter.dataset.max)];
  const left = most - length;
  if (!counter.previousElementSibling) counter.insertAdjacentHTML("beforebegin", RING);
  const ring = counter.previousElementSibling;
  ring.lastChild.style.strokeDasharray = `${Math.min(100, (100 * length) / most)} 100`;
  ring.classList.toggle("over", left < 0);
  counter.textContent = left < 0 ? `${-left} too many` : `${left} left`;
  counter.classList.toggle("calm", left > 40);
  counter.classList.toggle("untouched", !length);
  counter.classList.toggle("over", left < 0);
  counter.setAttribute("aria-live", left <= 20 ? "polite" : "off");
};
const countAll = () => document.querySelectorAll("[data-counter]").forEach(count);

// The chosen image, small, with a way to drop it.
const preview = (input) => {
  const attach = input.closest(".attach");
  attach.querySelector(".preview")?.remove();
  const [file] = input.files;
  if (!file) return;
  const shown = document.createElement("p");
  shown.className = "kept preview";
  const image = Object.assign(new Image(), { alt: `Chosen: ${file.name}`, src: URL.createObjectURL(file) });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  const drop = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: "Remove image" });
  drop.addEventListener("click", () => {
    input.value = "";
    shown.remove();
    attach.open = false;
    attach.querySelector("summary").focus();
  });
  shown.append(image, drop);
  attach.open = true;
  input.after(shown);
};
const take = (form, files) => {
  const input = form.querySelector('[type="file"]');
  const image = [...files].find((file) => file.type.startsWith("image/"));
  if (!image) return false;
  const chosen = new DataTransfer();
  chosen.items.add(image);
  input.files = chosen.files;
  preview(input);
  return true;
};
const composerOf = (event) => event.target.closest?.(".composer");

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-counter]")) return;
  count(event.target);
  event.target.removeAttribute("aria-invalid");
  composerOf(event)?.querySelector("#refusal")?.remove(); // of a text that is no longer there
});
document.addEventListener("change", (event) => {
  if (event.target.matches('.attach [type="file"]')) preview(event.target);
});
document.addEventListener("paste", (event) => {
  if (composerOf(event) && take(composerOf(event), event.clipboardData.files)) event.preventDefault();
});
for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    const form = composerOf(event);
    if (!form || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("over-drop", type === "dragover");
    if (type === "drop") take(form, event.dataTransfer.files);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !composerOf(event)) return;
  const button = composerOf(event).querySelector("#post");
  if (!button.disabled) composerOf(event).requestSubmit(button);
});
document.addEventListener("htmx:after:process", countAll);
countAll();
