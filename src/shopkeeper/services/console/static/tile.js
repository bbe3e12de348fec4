// A picture for a product that has none: always the same for the same product.

import { h, s } from "./dom.js";

/** Return a 32-bit number that differs between similar texts (FNV-1a with a final mix). */
function hash(words) {
  let value = 0x811c9dc5;
  for (const character of words) value = Math.imul(value ^ character.codePointAt(0), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

const circle = (cx, cy, r, className) => s("circle", { cx, cy, r, class: className });
const path = (d, className) => s("path", { d, class: className });

const SHAPES = [
  () => [circle(100, 30, 62, "soft"), circle(100, 30, 36, "firm")],
  () => [path("M0 120V86c30-26 44 6 70-12s40-22 50-14v60z", "soft"), path("M0 120v-16c34-18 52 8 78-6 18-10 30-12 42-6v28z", "firm")],
  () => [path("M22 120V66a38 38 0 0 1 76 0v54z", "soft"), path("M40 120V70a20 20 0 0 1 40 0v50z", "firm")],
  () => [path("M120 0v120H0C66 120 120 66 120 0z", "soft"), path("M120 60v60H60c33 0 60-27 60-60z", "firm")],
  () => [path("M0 0h60a60 60 0 0 1-60 60z", "soft"), path("M120 120H60a60 60 0 0 1 60-60z", "firm")],
  () => [path("M0 120 60 24l60 96z", "soft"), path("M44 120 90 62l30 38v20z", "firm")],
  () => [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => circle(24 + 36 * column, 24 + 36 * row, 11, (row + column) % 2 ? "firm" : "soft"))),
  () => [circle(0, 120, 96, "soft"), circle(0, 120, 58, "firm")],
];

const EMPTY_WORDS = /^(a|an|and|the|of|set|pack|in|with|for|\W*\d\W*|\d+)$/i;

function monogram(title) {
  const words = title.split(/[\s/_.,-]+/).filter((word) => /\p{L}/u.test(word) && !EMPTY_WORDS.test(word));
  const letters = words.map((word) => word.match(/\p{L}/u)[0]);
  if (/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(letters[0] ?? "")) return letters[0];
  return (letters.length ? letters.slice(0, 2).join("") : title.slice(0, 1)).toUpperCase();
}

function drawing(product) {
  const seed = hash(product.item_id);
  const shapes = SHAPES[seed % SHAPES.length]();
  const turn = 90 * ((seed >>> 8) % 4);
  const svg = s("svg", { viewBox: "0 0 120 120", "aria-hidden": "true", focusable: "false" },
    s("rect", { width: 120, height: 120, class: "ground" }),
    s("g", { transform: `rotate(${turn} 60 60)` }, shapes),
    s("text", { x: 60, y: 60, dy: ".35em", "text-anchor": "middle" }, monogram(product.title)));
  svg.style.setProperty("--hue", Math.round(((seed >>> 12) % 24) * 15));
  return svg;
}

/** Return the product's photograph, or a drawing made from its id and title. */
export function tile(product) {
  const frame = h("span", { class: "tile" }, drawing(product));
  if (product.image_url) {
    frame.append(h("img", { src: product.image_url, alt: "", loading: "lazy", onerror: (event) => event.target.remove() }));
  }
  return frame;
}
