// What the pages gain with JavaScript beyond htmx's attributes. Each of them works without these files.
(() => {
  "use strict";

  const files = document.currentScript.dataset; // what is loaded when it is needed
  const notice = document.getElementById("notice");
  const toast = document.getElementById("toast");

  // What went wrong is read out. The server's error pages carry the words.
  const tell = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };
  const isPoll = (context) => context?.sourceElement?.id === "pill";

  document.addEventListener("htmx:before:request", (event) => {
    if (!isPoll(event.detail.ctx)) {
      tell("");
      say(""); // what went well before says nothing of what comes now
    } else if (document.hidden) event.preventDefault(); // nobody is looking
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
  window.addEventListener("offline", () => tell("You are offline. What you write stays here until you are back."));
  window.addEventListener("online", () => tell(""));

  // A thin line at the top when an answer takes longer than a moment.
  const waiting = new Set();
  const wait = ({ detail: { ctx } }, is) => {
    if (isPoll(ctx) || !ctx?.sourceElement) return;
    waiting[is ? "add" : "delete"](ctx);
    document.documentElement.classList.toggle("busy", waiting.size > 0);
    ctx.sourceElement.toggleAttribute("aria-busy", false);
    if (is) ctx.sourceElement.setAttribute("aria-busy", "true");
  };
  document.addEventListener("htmx:before:request", (event) => wait(event, true));
  document.addEventListener("htmx:finally:request", (event) => wait(event, false));

  // Buttons of the form #act act by htmx, and what comes back takes their place; the id keeps the focus there.
  const enrich = (root) => {
    for (const button of root.querySelectorAll("button[form=act]:not([hx-post])")) {
      const address = button.getAttribute("formaction");
      button.setAttribute("hx-post", address);
      button.setAttribute("hx-swap", "outerHTML");
      button.id ||= address.replace(/\/un(?=\w+\/$)/, "/");
    }
    for (const card of root.querySelectorAll(".card")) card.tabIndex = -1; // for the keys
    for (const actions of root.querySelectorAll(".actions:not(:has(.to-menu))")) {
      const href = actions.querySelector(".rt").getAttribute("href").replace("retweet", "menu");
      actions.insertAdjacentHTML("beforeend", '<a class="to-menu" aria-label="More"></a>');
      actions.lastChild.setAttribute("href", href);
    }
  };
  enrich(document);

  // The reader's own clock.
  document.addEventListener("pointerover", ({ target }) => {
    const time = target.closest?.("time");
    if (time && !time.title) time.title = new Date(time.dateTime).toLocaleString([], { dateStyle: "long", timeStyle: "short" });
  });

  // What went well is said in passing.
  let fading;
  const say = (text) => {
    clearTimeout(fading);
    toast.textContent = text;
    if (text) fading = setTimeout(say, 4000, "");
  };
  document.addEventListener("htmx:after:swap", () => toast.textContent && say(toast.textContent));

  // No post stands on a page twice: what comes in takes the place of what is there.
  document.addEventListener("htmx:before:swap", (event) => {
    for (const { fragment } of event.detail.tasks) {
      enrich(fragment);
      for (const card of fragment.querySelectorAll("article[id]")) {
        document.getElementById(card.id)?.remove();
        if (event.detail.ctx.sourceElement.dataset.scrolled) card.autofocus = false;
      }
    }
  });

  // More posts come while one scrolls; the link stays for who goes by keyboard.
  const nearEnd = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        nearEnd.unobserve(target);
        target.dataset.scrolled = "yes";
        target.click();
      }
    },
    { rootMargin: "400px" },
  );
  const watchEnd = () => document.querySelectorAll(".more a[hx-get]:not([data-scrolled])").forEach((link) => nearEnd.observe(link));
  document.addEventListener("htmx:after:process", watchEnd);

  const OWN_CLICK = "a, button, summary, details, input, label, .pop";
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    // The menus of a card are pages; their file, which comes with the first of them, opens them in place.
    const opener = event.target.closest(".actions > :is(.rt, .to-menu)");
    if (opener && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      import(files.menus).then(({ open }) => open(opener, say));
    }
    // A post opens where nothing else would happen.
    const card = event.target.closest(".card");
    if (!card || card.closest(".single") || event.target.closest(OWN_CLICK) || getSelection().toString()) return;
    card.querySelector(".when").click();
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  // Whoever begins to write gets the composer's comforts, and one click on "Image" asks for the file.
  const write = () => import(files.composer);
  document.addEventListener("focusin", ({ target }) => target.closest(".composer") && write());
  document.addEventListener("dragenter", write);
  window.addEventListener("pageshow", () => document.querySelector(".composer textarea")?.value && write()); // a draft
  document.addEventListener("click", ({ target }) => {
    const attach = target.closest(".attach > summary")?.parentNode;
    if (attach && !attach.open) attach.querySelector('[type="file"]').click();
  });

  // Ctrl+Enter posts, also before the composer's file is there.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea, input")) return;
    const button = event.target.closest(".composer")?.querySelector("#post"); // an edit that came too late has none
    if (button && !button.disabled) button.form.requestSubmit(button);
  });

  // Single letters as keys: their file comes with the first of them.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^([jklbrn?]|Enter)$/.test(event.key)) return;
    if (!event.target.closest("input, textarea, select, dialog")) import(files.keys).then(({ press }) => press(event.key));
  });
  document.querySelectorAll(".needs-script").forEach((part) => (part.hidden = false));
  htmx.process(document.body); // now: by itself it begins some time after the page is there
})();
