// Tells what happens on a shop's pages, and fills <shopkeeper-shelf>: docs/how-to/show-a-shelf.md.
(() => {
  const { dataset: options, src } = document.currentScript;
  const SELF = "shopkeeper", CONSENT = "shopkeeper-consent", EVENT = "shopkeeper-event-";
  const AT_ONCE = 50, MOST = 200, REMEMBERED = 50;
  const SOON_MS = 500, LONGEST_MS = 60_000, TIMEOUT_MS = 5_000, VISIT_MS = 30 * 60_000, FRESH_MS = 10_000;

  // ---- what the browser keeps; else it is in memory ----

  const memory = {};
  let disk = null;
  try { disk = localStorage; } catch { /* it is forbidden */ }
  const read = (name) => memory[name] ?? disk?.getItem(name) ?? null;
  const write = (name, value) => { try { disk.setItem(name, value); } catch { memory[name] = value; } };
  const drop = (name) => { delete memory[name]; disk?.removeItem(name); };
  const kept = (start) => [memory, disk ?? {}].flatMap(Object.keys).filter((name) => name.startsWith(start));
  const parsed = (text) => { try { return JSON.parse(text) ?? {}; } catch { return {}; } };

  /** A random id; `crypto.randomUUID` is missing on plain http. */
  const id = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // ---- consent: without it nothing is stored, and nothing sent of the person ----

  const unasked = options.consent !== "required" && !navigator.globalPrivacyControl;
  const given = read(CONSENT);
  let allowed = given ? given === "yes" : unasked;

  function consent(yes) {
    const before = allowed, granted = Boolean(yes);
    // Said by name, which a no drops; the server can use it no longer from the next request on.
    const tell = () => call("v1/consent", ({ visitor, user }) => ({ granted, visitor_id: visitor, user_id: user }))
      .catch((error) => console.warn("shopkeeper:", error.message));
    if (before && !granted) tell();
    allowed = granted;
    if (!allowed) kept(SELF).forEach(drop);
    drop(CONSENT);
    if (allowed !== unasked) write(CONSENT, allowed ? "yes" : "no");
    if (allowed === before) return;
    begin();
    said = allowed && tell();
    shelves();
  }

  /** Who it is: the visitor for good, the session until half an hour has passed without an event. */
  function self(change) {
    const known = parsed(read(SELF));
    if (!/^web-/.test(known.visitor)) known.visitor = "web-" + id();
    if (!(Date.now() - known.seen < VISIT_MS)) known.session = id();
    Object.assign(known, { seen: Date.now() }, change);
    write(SELF, JSON.stringify(known));
    return known;
  }

  // ---- events: each in a place of its own until the server has it: pages do not disturb each other ----

  const waiting = () => kept(EVENT)
    .map((name) => ({ ...parsed(read(name)), event_id: name.slice(EVENT.length) }))
    .sort((one, other) => (one.at < other.at ? -1 : 1));
  const forget = (events) => events.forEach((event) => drop(EVENT + event.event_id));

  function track(type, about = {}) {
    if (!allowed) return;
    const { visitor, session, user, chosen = [] } = self();
    const item_id = about.item_id == null ? undefined : String(about.item_id);
    const event = {
      event_id: id(), type, at: new Date(), visitor_id: visitor, session_id: session, user_id: user,
      // What was chosen from a list is bought because of it.
      recommendation_id: new Map(chosen).get(item_id), ...about, item_id,
    };
    if (type === "click" && event.recommendation_id) self({ chosen: [...chosen, [item_id, event.recommendation_id]].slice(-REMEMBERED) });
    write(EVENT + event.event_id, JSON.stringify(event));
    forget(waiting().slice(0, -MOST));
    later(SOON_MS);
  }

  /** Post what is said of who it is. */
  async function call(path, about, who = allowed ? self() : {}) {
    const headers = { "Content-Type": "application/json" };
    if (options.key) headers.Authorization = `Bearer ${options.key}`;
    if (who.signature) headers["X-User-Signature"] = who.signature;
    // `keepalive` lets it arrive when the page is left meanwhile.
    const answer = await fetch(new URL(path, src), {
      method: "POST", headers, body: JSON.stringify(about(who)), keepalive: true,
      credentials: allowed ? "same-origin" : "omit", signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    if (answer.status === 403 && who.user) {
      // Not signed: go on as a visitor.
      console.warn("shopkeeper:", told.detail);
      if (allowed) self({ user: undefined });
      return call(path, about, { ...who, user: undefined, signature: undefined });
    }
    throw Object.assign(new Error(told.detail), { status: answer.status, wait_s: answer.headers.get("Retry-After") });
  }

  let timer, sending, said, pause = SOON_MS, until = 0;
  const later = (ms) => { clearTimeout(timer); timer = setTimeout(send, Math.max(ms, until - Date.now())); };
  const send = () => (sending ??= sendNow().finally(() => { sending = undefined; }));

  async function sendNow() {
    // Where the shop must have a yes, what comes before it is nobody's.
    if (said) await said;
    const now = Date.now();
    const events = allowed && now >= until ? waiting().slice(0, AT_ONCE) : [];
    if (!events.length) return;
    // What just happened, happened when the server hears of it: its clock is right.
    const timed = events.map(({ at, ...event }) => (now - Date.parse(at) < FRESH_MS ? event : { ...event, at }));
    try {
      const { errors = [] } = await call("v1/events", ({ user }) => (
        { events: timed.map((event) => ({ ...event, user_id: user && event.user_id })), partial: true }));
      for (const { index, detail } of errors) console.warn("shopkeeper:", detail, events[index]);
    } catch (error) {
      if (![400, 413, 422].includes(error.status)) {
        pause = Math.min(2 * pause, LONGEST_MS);
        until = Date.now() + (Number(error.wait_s) || 0) * 1000 + pause * (0.5 + Math.random() / 2);
        return later(0);
      }
      console.warn("shopkeeper:", error.message, events);
    }
    pause = SOON_MS;
    forget(events);
    if (waiting().length) later(0);
  }

  // ---- the shelf ----

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; } :host([hidden]) { display: none; }
    h2 { margin: 0 0 .75em; font: inherit; font-size: 1.25em; font-weight: 600; }
    ul { display: grid; gap: var(--shopkeeper-gap, 1.5em 1em); margin: 0; padding: 0; list-style: none;
      grid-template-columns: repeat(auto-fill, minmax(var(--shopkeeper-width, 9em), 1fr)); }
    li, [part=link] { display: flex; flex-direction: column; gap: .35em; min-width: 0; overflow-wrap: anywhere; }
    a { color: inherit; text-decoration: none; } a:hover [part=title] { text-decoration: underline; }
    a:focus-visible { outline: 2px solid; outline-offset: 3px; border-radius: var(--shopkeeper-radius, .75em); }
    [part=frame] { display: grid; place-items: center; aspect-ratio: 1; overflow: hidden; font-size: 2em; margin-bottom: .1em;
      border-radius: var(--shopkeeper-radius, .375em); background: color-mix(in srgb, currentColor 8%, transparent); }
    [part=frame] > * { grid-area: 1 / 1; } [part=initial] { opacity: .4; }
    img { width: 100%; height: 100%; object-fit: cover; }
    [part=price] { font-weight: 600; } [part=reason] { font-size: .8125em; opacity: .75; }`);

  const make = (tag, part, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), { part }, properties);
    element.append(...children);
    return element;
  };

  /** An address that a link may lead to. */
  const linked = (address) => {
    try { return address && /^https?:$/.test(new URL(address, location).protocol) && address; } catch { /* it is none */ }
  };

  function price({ price_minor: amount, currency }, language) {
    if (amount == null) return "";
    // XXX is ISO 4217's own code for no currency: the amount stands alone.
    const written = currency === "XXX" ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { style: "currency", currency };
    const format = new Intl.NumberFormat(language, written);
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  }

  class Shelf extends HTMLElement {
    static observedAttributes = ["scenario", "n", "item-id"];
    #turn;
    #seen;

    connectedCallback() { this.refresh(); }
    attributeChangedCallback() { if (this.#turn) this.refresh(); }
    disconnectedCallback() { this.#seen?.disconnect(); }

    /** Ask anew; no answer is an empty shelf. */
    async refresh() {
      const turn = (this.#turn = {});
      const get = (name) => this.getAttribute(name) ?? undefined;
      try {
        if (allowed) await send();
        const answer = await call("v1/recommendations", ({ visitor, user }) => ({
          scenario: get("scenario"), n: Number(get("n") ?? 10), item_id: get("item-id"), return_fields: ["url"],
          visitor_id: visitor, user_id: user,
        }));
        if (turn === this.#turn) this.#show(answer);
      } catch (error) {
        console.warn("shopkeeper:", error.message);
        if (turn === this.#turn) this.hidden = true;
      }
    }

    #show({ items, recommendation_id }) {
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      const tell = (type, { item_id }) => track(type, { item_id, recommendation_id });
      const heading = this.getAttribute("heading");
      const list = make("ul", "list", { role: "list", ariaLabel: heading }, ...items.map((product) => this.#item(product, tell)));
      root.replaceChildren(...(heading ? [make("h2", "heading", {}, heading)] : []), list);
      this.hidden = !items.length;
      this.#seen?.disconnect();
      this.#seen = new IntersectionObserver((entries) => {
        for (const { target, isIntersecting } of entries) {
          if (!isIntersecting) continue;
          this.#seen.unobserve(target);
          tell("impression", items[[...list.children].indexOf(target)]);
        }
      }, { threshold: 0.5 });
      for (const child of list.children) this.#seen.observe(child);
    }

    #item(product, tell) {
      const { item_id, title, image_url, text, fields } = product;
      const pattern = this.getAttribute("href") ?? options.href;
      const href = linked(fields?.url || pattern?.replace("{id}", encodeURIComponent(item_id)));
      // The title beside it is read out.
      const image = image_url && make("img", "image", { src: image_url, alt: "", loading: "lazy", onerror: () => image.remove() });
      const frame = make("span", "frame", { ariaHidden: "true" }, make("span", "initial", {}, [...title][0]), image || "");
      const follow = ({ button }) => button < 2 && tell("click", product);
      const link = make(href ? "a" : "span", "link", href ? { href, onclick: follow, onauxclick: follow } : {},
        frame, make("span", "title", {}, title));
      return make("li", "item", {}, link,
        make("span", "price", {}, price(product, this.closest("[lang]")?.lang || undefined)),
        make("span", "reason", {}, text));
    }
  }

  // ---- the page ----

  const shelves = () => document.querySelectorAll("shopkeeper-shelf").forEach((shelf) => shelf.refresh?.());

  function begin() {
    if (allowed && "user" in options) self({ user: options.user || undefined, signature: options.userSignature });
    for (const { dataset } of document.querySelectorAll("[data-shopkeeper-view]")) track("view", { item_id: dataset.shopkeeperView });
  }

  window.shopkeeper = {
    track, consent, refresh: shelves,
    search: (query) => track("search", { query }),
    /** Lines, or ids; with an order_id, a reload adds nothing. */
    purchase: (lines, { order_id } = {}) => lines.forEach((one, place) =>
      track("purchase", { ...(order_id && { order_id, event_id: `order-${order_id}-${place}` }), ...(one.item_id ? one : { item_id: one }) })),
    /** The customer, and their signature; null when they log out. */
    identify(user, signature) {
      if (!allowed) return;
      const before = self().user;
      user = user == null ? undefined : String(user);
      send();
      self({ user, signature });
      if (before !== user) shelves();
    },
  };
  for (const type of ["view", "favorite", "cart", "uncart"]) shopkeeper[type] = (item_id, about) => track(type, { ...about, item_id });

  document.addEventListener("click", ({ target }) => {
    for (const type of ["favorite", "cart", "uncart", "click"]) {
      const element = target.closest?.(`[data-shopkeeper-${type}]`);
      if (element) track(type, { item_id: element.getAttribute(`data-shopkeeper-${type}`) });
    }
  }, true);
  addEventListener("pagehide", sendNow);

  const start = () => {
    begin();
    later(0);
    customElements.define("shopkeeper-shelf", Shelf);
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
