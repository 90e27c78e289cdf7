// The composer: how much room is left, images that are sent as they are chosen. Loaded by site.js; it works without.

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
const countAll = () => {
  document.querySelectorAll("[data-counter]").forEach(count);
  for (const form of document.querySelectorAll(".composer")) {
    form.classList.add("scripted");
    form.querySelector(".attach")?.removeAttribute("open"); // by the click that loaded this file
  }
};

// Images are sent as they are chosen, each with its progress, its words and a way to drop it; posting waits for them.
const UPLOADS = "/api/media";
const NO_ANSWER = "The site did not answer. Remove the image and add it again.";
const FIRST = "Not posted yet: remove this image first.";
const make = (name, values) => Object.assign(document.createElement(name), values);
const tokenOf = (form) => ({ "X-CSRFToken": form.elements.csrfmiddlewaretoken.value });
const formOf = (shot) => shot.closest("form");

const describe = (shot, { id, alt }) => {
  const field = make("textarea", { id: `alt_${id}`, name: `alt_${id}`, rows: 2, dir: "auto", value: alt });
  const label = make("label", { htmlFor: field.id, textContent: "What it shows, for people who cannot see it" });
  shot.querySelector("progress").replaceWith(make("input", { type: "hidden", name: "media", value: id }), label, field);
};
const refuse = (shot, text) => {
  shot.classList.add("refused");
  shot.querySelector("progress")?.remove();
  shot.querySelector("img").after(make("p", { className: "refusal", role: "alert", textContent: text }));
};
// Whoever pressed the button while images were on their way has posted when the last one is there.
const settle = (form) => {
  if (!("waits" in form.dataset) || form.querySelector(".shot[aria-busy]")) return;
  delete form.dataset.waits;
  const button = form.querySelector("#post");
  button.disabled = false;
  if (!form.querySelector(".refused")) form.requestSubmit(button);
};
const send = (shot, file, form) => {
  const request = new XMLHttpRequest();
  const data = new FormData();
  data.append("image", file);
  request.open("POST", UPLOADS);
  request.responseType = "json";
  for (const header of Object.entries(tokenOf(form))) request.setRequestHeader(...header);
  request.upload.addEventListener("progress", ({ loaded, total }) => (shot.querySelector("progress").value = loaded / total));
  request.addEventListener("loadend", () => {
    shot.removeAttribute("aria-busy");
    const answer = request.response;
    if (request.status === 201) describe(shot, answer);
    else if (shot.isConnected) refuse(shot, answer?.errors?.image?.join(" ") ?? answer?.detail ?? NO_ANSWER);
    settle(form);
  });
  shot.addEventListener("dropped", () => request.abort());
  shot.setAttribute("aria-busy", "true");
  request.send(data);
};
const show = (file, form) => {
  const shot = make("li", { className: "shot" });
  const image = make("img", { alt: `Chosen: ${file.name}`, src: URL.createObjectURL(file) });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  const progress = make("progress", { max: 1, value: 0, ariaLabel: `Sending ${file.name}` });
  shot.append(image, progress, make("button", { type: "submit", name: "drop", className: "button quiet", textContent: "Remove image" }));
  form.querySelector(".shots").append(shot);
  return shot;
};
const drop = (shot) => {
  const form = formOf(shot);
  const id = shot.querySelector('[name="media"]')?.value;
  if (id) fetch(`${UPLOADS}/${id}`, { method: "DELETE", headers: tokenOf(form) }).catch(() => {}); // else it goes in a day
  shot.remove();
  shot.dispatchEvent(new Event("dropped"));
  form.querySelector(".attach > summary").focus();
  settle(form);
};
const take = (form, files) => {
  const { max, bytes } = form.querySelector(".attach").dataset;
  for (const file of files) {
    const shot = show(file, form);
    if (form.querySelectorAll(".shot:not(.refused)").length > max) refuse(shot, `A post has at most ${max} images.`);
    else if (file.size > bytes) refuse(shot, `The image is too large: send at most ${Math.floor(bytes / 2 ** 20)} MB.`);
    else send(shot, file, form);
  }
};
const composerOf = (event) => event.target.closest?.(".composer");

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-counter]")) return;
  count(event.target);
  event.target.removeAttribute("aria-invalid");
  composerOf(event)?.querySelector("#refusal")?.remove(); // of a text that is no longer there
});
document.addEventListener("change", (event) => {
  if (!event.target.matches('.attach [type="file"]')) return;
  take(event.target.form, event.target.files);
  event.target.value = ""; // so that it is not sent with the form as well
});
// With a script the field needs no place: one click on its name asks for the files.
document.addEventListener("toggle", ({ target }) => target.matches(".scripted .attach") && (target.open = false), true);
document.addEventListener("click", (event) => {
  const shot = event.target.closest('.shot [name="drop"]')?.closest(".shot");
  if (!shot) return;
  event.preventDefault();
  drop(shot);
});
document.addEventListener(
  "submit",
  (event) => {
    const form = composerOf(event);
    const [refused, busy] = [form?.querySelector(".refused"), form?.querySelector(".shot[aria-busy]")];
    if (!refused && !busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (refused) {
      const told = refused.querySelector(".refusal");
      if (!told.textContent.endsWith(FIRST)) told.append(` ${FIRST}`);
      return refused.querySelector("button").focus();
    }
    form.dataset.waits = "";
    form.querySelector("#post").disabled = true;
  },
  true, // before htmx
);
document.addEventListener("paste", (event) => {
  const images = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
  if (!composerOf(event) || !images.length) return;
  event.preventDefault();
  take(composerOf(event), images);
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
document.addEventListener("htmx:after:process", countAll);
countAll();
