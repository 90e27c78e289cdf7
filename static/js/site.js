// What the pages gain with JavaScript beyond htmx's attributes. Each of them works without this file.
(() => {
  "use strict";

  // The composer's counter: the length that the server counts (tweets.text.clean_text).
  const lengthOf = (text) => [...text.normalize("NFC").replace(/\r\n?/g, "\n").trim()].length;

  const count = (field) => {
    const counter = document.getElementById(field.dataset.counter);
    const left = Number(counter.dataset.max) - lengthOf(field.value);
    counter.textContent = left < 0 ? `${-left} too many` : `${left} left`;
    counter.classList.toggle("over", left < 0);
    counter.setAttribute("aria-live", left <= 20 ? "polite" : "off");
  };
  const countAll = () => document.querySelectorAll("[data-counter]").forEach(count);

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-counter]")) count(event.target);
  });
  document.addEventListener("htmx:after:process", countAll);
  window.addEventListener("pageshow", countAll); // the browser may have put a draft back

  // What went wrong is read out. The server's error pages carry the words.
  const notice = document.getElementById("notice");
  const tell = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };
  const isPoll = (context) => context?.sourceElement?.id === "pill";

  document.addEventListener("htmx:before:request", (event) => {
    if (!isPoll(event.detail.ctx)) tell("");
    else if (document.hidden) event.preventDefault(); // nobody is looking
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { ctx } = event.detail;
    if (isPoll(ctx) || ctx.response.status === 422) return;
    const page = new DOMParser().parseFromString(ctx.text, "text/html");
    tell(page.getElementById("error-text")?.textContent ?? "That did not work. Try again in a moment.");
  });
  document.addEventListener("htmx:error", (event) => {
    const { ctx } = event.detail;
    if (ctx && !isPoll(ctx)) tell("The site did not answer. Nothing is lost: check your connection and try again.");
  });

  // No post stands on a page twice: what comes in takes the place of what is there.
  document.addEventListener("htmx:before:swap", (event) => {
    for (const { fragment } of event.detail.tasks) {
      for (const card of fragment.querySelectorAll("article[id]")) document.getElementById(card.id)?.remove();
    }
  });
})();
