// The menus of a card, in place: what the page behind the link offers, below it. Loaded by site.js.
let pop;
let say;

const close = () => {
  const opener = pop?.previousElementSibling;
  opener?.removeAttribute("aria-expanded");
  pop?.remove();
  pop = undefined;
  return opener;
};

export const open = (link, tell) => {
  say = tell;
  if (close() === link) return;
  link.insertAdjacentHTML("afterend", '<div class="more-in pop"></div>');
  link.setAttribute("aria-expanded", "true");
  pop = link.nextElementSibling;
  const opened = pop;
  const shown = () => {
    const first = opened.querySelector("a, button, summary");
    if (first) first.focus();
    else if (opened === pop) close()?.focus(); // refused, or no answer
  };
  htmx.ajax("GET", link.href, { target: pop, swap: "innerHTML" }).then(shown, shown);
};

document.addEventListener("click", (event) => {
  if (pop && !pop.contains(event.target) && !pop.previousElementSibling?.contains(event.target)) close();
  const link = event.target.closest("a[data-copy]");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  navigator.clipboard.writeText(link.href).then(() => say("Link copied"), () => location.assign(link.href));
  close()?.focus();
});
// What was chosen is done: the menu has nothing more to say.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.matches?.(".pop button")) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close()?.focus();
});
