// Counts down to the moment at which a post goes out. Without it the page says the time of day.
const ends = new WeakMap();

const tick = () => {
  for (const place of document.querySelectorAll("[data-left]")) {
    if (!ends.has(place)) ends.set(place, performance.now() + Number(place.dataset.left));
    const left = Math.max(0, Math.ceil((ends.get(place) - performance.now()) / 1000));
    const text = left ? `Posting in ${left} s` : "Posting …";
    // Said once: whoever listens is not to hear every second.
    if (place.textContent === text) continue;
    if (!place.dataset.said) place.dataset.said = "yes";
    else place.closest("[role=status]")?.setAttribute("aria-live", "off");
    place.textContent = text;
  }
};
tick();
setInterval(tick, 250);
