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
  const scrolled = () => [...board.querySelectorAll(".scroll")];

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
        scroll: scrolled().map((element) => [element.scrollLeft, element.scrollTop]),
        focus: board.contains(document.activeElement)
          ? [...board.querySelectorAll("summary, a, [tabindex]")].indexOf(document.activeElement)
          : -1,
      };
    },
    true,
  );
  window.addEventListener("htmx:after:swap", () => {
    if (!kept) return;
    const { open, scroll, focus } = kept;
    kept = null;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    scrolled().forEach((element, place) => {
      [element.scrollLeft, element.scrollTop] = scroll[place] ?? [0, 0];
    });
    if (focus >= 0) board.querySelectorAll("summary, a, [tabindex]")[focus]?.focus({ preventScroll: true });
  });
})();
