// The board renews itself (htmx polls). This keeps what a reader has opened or scrolled, lets them pause it, and says when the site stays silent.
(() => {
  "use strict";
  const board = document.getElementById("figures");
  const pause = document.getElementById("pause");
  let kept = null;

  pause.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
  });

  const isPoll = (event) => event.detail.ctx?.sourceElement === board;
  const say = (isSilent) => {
    const words = document.getElementById("frozen");
    if (words) words.hidden = !isSilent;
  };
  const places = () => [...board.querySelectorAll("summary, a, [tabindex]")];
  const nameOf = (element) => {
    const named = element.closest("details[id]") ?? element;
    const label = element.getAttribute("aria-label") ?? element.getAttribute("aria-labelledby");
    return [element.tagName, named.id, label, element.getAttribute("href")].join(" ");
  };

  // In the capturing phase of the window: before the site's own listeners, whose words are about posts.
  const ours = (name, act) =>
    window.addEventListener(
      name,
      (event) => {
        if (!isPoll(event)) return;
        event.stopPropagation();
        act(event);
      },
      true,
    );
  ours("htmx:before:request", (event) => {
    if (document.hidden || pause.getAttribute("aria-pressed") === "true") event.preventDefault();
  });
  ours("htmx:response:error", () => say(true));
  ours("htmx:error", () => say(true));

  window.addEventListener(
    "htmx:before:swap",
    (event) => {
      if (!isPoll(event)) return;
      kept = {
        open: [...board.querySelectorAll("details[open]")].map((element) => element.id),
        scroll: new Map(places().map((element) => [nameOf(element), [element.scrollLeft, element.scrollTop]])),
        focus: board.contains(document.activeElement) ? nameOf(document.activeElement) : null,
      };
    },
    true,
  );
  window.addEventListener("htmx:after:swap", () => {
    if (!kept) return;
    const { open, scroll, focus } = kept;
    kept = null;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const element of places()) {
      const name = nameOf(element);
      [element.scrollLeft, element.scrollTop] = scroll.get(name) ?? [0, 0];
      if (name === focus) element.focus({ preventScroll: true });
    }
  });
})();
