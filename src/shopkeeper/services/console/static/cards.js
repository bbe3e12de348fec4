// A product as a card of the shelf or a row of the search, and what one can do with it.

import { h, icon } from "./dom.js";
import { calm, money, reason, text } from "./texts.js";
import { tile } from "./tile.js";

// `data-focus` names a control across renderings, so that the keyboard stays where it was.
const action = (product, type, act, label) =>
  h("button", {
    type: "button", class: `act ${type}`, "data-focus": `${type} ${product.item_id}`, title: text(type),
    "aria-label": `${text(type)}: ${calm(product.title)}`, onclick: () => act(type, product),
  }, label ?? icon(type));

const actions = (product, act) =>
  h("div", { class: "acts" },
    action(product, "favorite", act), action(product, "cart", act), action(product, "purchase", act, text("purchase")));

/** Children that open the product when pressed. */
export const opener = (product, act, ...children) =>
  h("button", {
    type: "button", class: "open", "data-focus": `view ${product.item_id}`, "aria-label": `${text("view")}: ${calm(product.title)}`,
    onclick: () => act("view", product),
  }, children);

const price = (product) => h("span", { class: "price" }, money(product.price_minor, product.currency));

/** One place of the shelf; `note` says how it got here since the last answer. */
export const card = (product, act, note) =>
  h("li", { class: "card", "data-item": product.item_id },
    opener(product, act, tile(product), note ? h("span", { class: "note" }, note) : null),
    h("h3", {}, calm(product.title)),
    h("p", { class: "why" }, reason(product)),
    h("div", { class: "foot" }, price(product), actions(product, act)));

/** The product that the shopper has opened. */
export const opened = (product, act, close) =>
  h("section", { class: "opened panel", "aria-label": text("looking") },
    tile(product),
    h("div", {}, h("p", { class: "hint" }, text("looking")), h("h2", {}, calm(product.title)), price(product)),
    actions(product, act),
    h("button", { type: "button", class: "quiet", onclick: close }, text("close")));

/** One line of the search results. */
export const row = (product, act) =>
  h("li", { class: "row" },
    opener(product, act, tile(product)), h("span", { class: "name" }, calm(product.title)), price(product), actions(product, act));
