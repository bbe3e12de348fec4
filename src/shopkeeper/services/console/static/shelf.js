// The shelf, and how it moves from one answer to the next.

import { card } from "./cards.js";
import { h } from "./dom.js";
import { text } from "./texts.js";

export const still = matchMedia("(prefers-reduced-motion: reduce)");
const EASE = "cubic-bezier(.2, .8, .2, 1)";

/** Say what changed between two lists of products: places gained by item, and which are new. */
export function compare(before, after) {
  const place = new Map(before.map((item, index) => [item.item_id, index]));
  const gained = new Map(after.map((item, index) => [item.item_id, place.has(item.item_id) ? place.get(item.item_id) - index : null]));
  const values = [...gained.values()];
  return { gained, fresh: values.filter((gain) => gain === null).length, moved: values.filter((gain) => gain).length };
}

function note(gain) {
  if (gain === null) return text("fresh");
  return gain > 0 ? text("up", gain) : null;
}

/** Make the list of cards; `change` is the answer of `compare`, or null when there is nothing to compare with. */
export const shelf = (items, act, change) =>
  h("ol", { class: "shelf" }, items.map((item) => card(item, act, change && note(change.gained.get(item.item_id)))));

const boxes = (list) => new Map([...list.children].map((child) => [child.dataset.item, child.getBoundingClientRect()]));

/** Run `change`, which redraws the shelf, and let each card glide from its old place to its new one. */
export function gliding(change) {
  const old = document.querySelector(".shelf");
  const before = old ? boxes(old) : new Map();
  change();
  const list = document.querySelector(".shelf");
  if (!old || !list || still.matches) return;
  for (const [index, child] of [...list.children].entries()) {
    const from = before.get(child.dataset.item);
    const to = child.getBoundingClientRect();
    if (!from) {
      child.animate({ opacity: [0, 1], transform: ["scale(.92)", "none"] }, { duration: 420, delay: 120 + 30 * index, easing: EASE, fill: "backwards" });
    } else if (from.x !== to.x || from.y !== to.y) {
      child.animate({ transform: [`translate(${from.x - to.x}px, ${from.y - to.y}px)`, "none"] }, { duration: 520, easing: EASE });
    }
  }
}
