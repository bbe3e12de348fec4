// The page's sections: each takes data and gives an element.

import { opener, row } from "./cards.js";
import { h, icon } from "./dom.js";
import { calm, day, number, text } from "./texts.js";
import { tile } from "./tile.js";

/** A sentence in the middle of an otherwise empty place. */
export const state = (title, detail) => h("div", { class: "state" }, h("h2", {}, title), detail ? h("p", {}, detail) : null);

/** Ask for the key that the shop wants to see. */
export function lock(why, enter) {
  const key = h("input", { id: "key", type: "password", autocomplete: "off", required: true, placeholder: "sk_…" });
  const submit = (event) => { event.preventDefault(); enter(key.value.trim()); };
  return h("div", { class: "state" }, h("h2", {}, text("locked")), h("p", {}, text("lockedLead")),
    h("form", { class: "find", onsubmit: submit }, h("label", { class: "unseen", for: "key" }, text("key")), key, h("button", {}, text("open"))),
    h("p", { class: "hint" }, why));
}

export const waiting = () =>
  h("div", { class: "waiting", "aria-label": text("loading"), role: "img" }, Array.from({ length: 10 }, () => h("span")));

const customerLink = ({ shopper_id: id, events }) =>
  h("li", {}, h("a", { href: `#user=${encodeURIComponent(id)}` }, h("b", {}, id), h("span", {}, text("events", number(events)))));

/** The way in: somebody new, or one of the customers. */
export function welcome(shoppers) {
  const list = h("ul", { class: "customers" });
  const hint = h("p", { class: "hint", role: "status" });
  const wanted = h("input", { id: "wanted", type: "search", autocomplete: "off", placeholder: text("find"), oninput: narrow });
  function narrow() {
    const typed = wanted.value.trim().toLowerCase();
    const found = shoppers.filter((shopper) => shopper.shopper_id.toLowerCase().includes(typed));
    list.replaceChildren(...found.map(customerLink));
    hint.textContent = shoppers.length === 0 ? text("noCustomers") : found.length === 0 ? text("noMatch") : "";
  }
  function open(event) {
    event.preventDefault();
    const typed = wanted.value.trim();
    if (typed) location.hash = `user=${encodeURIComponent(typed)}`;
  }
  narrow();
  return h("div", { class: "welcome" },
    h("section", { class: "pitch" },
      h("h1", {}, text("welcome")), h("p", { class: "lead" }, text("lead")),
      h("a", { class: "primary", href: "#new", onclick: () => sessionStorage.removeItem("visitor") }, text("newcomer")), h("p", { class: "small" }, text("newcomerLead"))),
    h("section", { class: "panel" },
      h("h2", {}, text("customers")),
      h("form", { class: "find", onsubmit: open }, h("label", { class: "unseen", for: "wanted" }, text("find")), wanted, h("button", {}, text("open"))),
      hint, list));
}

// A search has words instead of a product.
const happening = (event, act) =>
  h("li", {},
    event.product ? opener(event.product, act, tile(event.product)) : icon("other"),
    h("span", { class: "name" }, event.product ? calm(event.product.title) : event.query ?? ""),
    h("span", { class: "did" }, icon(event.type), (text("did")[event.type] ?? event.type) + (event.quantity > 1 ? ` × ${number(event.quantity)}` : "")));

/** What the person did, newest first, one list for each day. */
export function timeline(events, act) {
  const days = new Map(events.map((event) => [day(event.at), []]));
  for (const event of events) days.get(day(event.at)).push(event);
  return h("aside", { class: "history", "aria-label": text("history") },
    h("h2", {}, text("history")),
    events.length ? null : h("p", { class: "hint" }, text("noHistory")),
    [...days].map(([label, group]) => [h("h3", {}, label), h("ol", {}, group.map((event) => happening(event, act)))]));
}

export const results = (query, products, act, close) =>
  h("section", { class: "results panel", "aria-label": text("results", query) },
    h("header", {}, h("h2", {}, text("results", query)), h("button", { type: "button", class: "quiet", onclick: close }, text("close"))),
    products.length ? h("ul", {}, products.map((product) => row(product, act))) : h("p", { class: "hint" }, text("noResults")));

/** Let the shopper say how much of the shelf is about them: not at all, half of it, all of it. */
export const dial = (level, turn) =>
  h("p", { class: "dial" },
    h("label", { for: "level" }, text("level")),
    h("input", { id: "level", type: "range", min: 0, max: 1, step: 0.5, value: level, "aria-valuetext": text("levels")[2 * level],
      "data-focus": "level", onchange: (event) => turn(Number(event.target.value)) }),
    h("span", { "aria-hidden": "true" }, text("levels")[2 * level]));

/** Choose the category that the shelf is of; nothing where the shop has none. */
export const picker = (categories, chosen, choose) =>
  categories.length === 0 ? null : h("p", { class: "picker" },
    h("label", { class: "unseen", for: "category" }, text("only")),
    h("select", { id: "category", onchange: (event) => choose(event.target.value) },
      h("option", { value: "" }, text("every")),
      categories.map(({ text: path }) => h("option", { value: path, selected: path === chosen }, path))));
