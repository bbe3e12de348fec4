// The queue of reviews: one product at a time, a key for each decision.

import * as api from "./api.js";
import { h, s } from "./dom.js";
import { calm, currentLanguage, number, percent, switchLanguage, text } from "./texts.js";
import { tile } from "./tile.js";
import { lock, state as empty, waiting as loading } from "./views.js";

const AT_ONCE = 20;
const $ = (selector) => document.querySelector(selector);
const main = $("main");

/** waiting: what is to be looked at, the first is shown; done: what was decided, which a slow answer may name again. */
let state = { waiting: null, open: 0, alarm: null, fixing: false, tree: [] };
const done = new Set();
const keyOf = ({ item_id, tag }) => `${item_id}\n${tag.name}\n${tag.value}`;

// ---- drawing ----

const bar = (share) =>
  s("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("rect", { width: 100, height: 6, rx: 3 }), s("rect", { width: Math.max(2, 100 * share), height: 6, rx: 3 }));

const action = (name, key, act) =>
  h("button", { type: "button", class: name, onclick: act, "aria-keyshortcuts": key }, text(name), h("kbd", {}, key));

const choice = ({ text: path, category_id: id, probability }, place) =>
  h("li", {}, h("button", { type: "button", onclick: () => decide("fix", id), "aria-keyshortcuts": place + 1 },
    h("kbd", {}, place + 1), path, h("span", {}, percent(probability))));

function card(one) {
  const { tag } = one;
  return h("article", { class: "review panel", "aria-labelledby": "headline" },
    tile(one),
    h("div", { class: "words" },
      h("h1", { id: "headline", tabindex: "-1" }, calm(one.title)),
      one.description ? h("p", { class: "about" }, one.description) : null,
      h("p", { class: "facts" }, `${one.item_id} · ${text("events", number(one.events))}`)),
    h("section", { class: "said" },
      h("h2", {}, text("saidOf", text("names")[tag.name] ?? tag.name)),
      h("strong", {}, tag.text),
      h("p", { class: "sure" }, bar(tag.confidence), text("sure", percent(tag.confidence), text("sources")[tag.source])),
      one.choices.length ? h("ol", { class: "choices" }, one.choices.map(choice)) : null),
    state.fixing ? fixing(one) : null,
    h("div", { class: "keys" },
      action("accept", "A", () => decide("accept", tag.value)), action("fix", "F", () => fix(true)),
      action("nothing", "N", () => decide("fix", "")), action("skipIt", "S", () => decide("skip"))));
}

function fixing({ tag }) {
  const list = h("ul", {});
  const typed = h("input", { id: "right", type: "search", autocomplete: "off", placeholder: text("right"), oninput: narrow });
  const found = () => {
    const words = typed.value.trim().toLowerCase();
    return state.tree.filter((category) => category.text.toLowerCase().includes(words));
  };
  function narrow() {
    if (tag.name !== "category") return;
    list.replaceChildren(...found().slice(0, 50).map((category) =>
      h("li", {}, h("button", { type: "button", onclick: () => decide("fix", category.category_id) }, category.text))));
  }
  function submit(event) {
    event.preventDefault();
    const value = tag.name === "category" ? found()[0]?.category_id : typed.value.trim();
    if (value) decide("fix", value);
  }
  narrow();
  return h("section", { class: "fixing" },
    h("form", { class: "find", onsubmit: submit }, h("label", { class: "unseen", for: "right" }, text("right")), typed,
      h("button", {}, text("take")), h("button", { type: "button", onclick: () => fix(false) }, text("close"))),
    list);
}

function draw() {
  document.documentElement.lang = currentLanguage();
  document.title = `${text("reviews")} · Shopkeeper`;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  $(".language").textContent = text("language");
  $(".language").lang = currentLanguage() === "en" ? "zh-Hans" : "en";
  const { waiting } = state;
  $(".left").textContent = waiting ? text("wait", number(state.open)) : "";
  if (!waiting) return main.replaceChildren(loading());
  const warning = state.alarm ? h("p", { class: "warning", role: "note" }, text("drift")) : "";
  main.replaceChildren(warning, waiting.length ? card(waiting[0]) : empty(text("allDone"), text("allDoneLead")));
  if (state.fixing) $("#right")?.focus();
}

function say(words) {
  $(".live").textContent = words;
  $(".live").classList.toggle("shown", words !== "");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => $(".live").classList.remove("shown"), 2500);
}

function complain(error, again) {
  if (error.locked) return main.replaceChildren(lock(error.message, (key) => { api.signIn(key); again(); }));
  const retry = h("button", { type: "button", onclick: () => { $(".alert").hidden = true; again(); } }, text("retry"));
  $(".alert").replaceChildren(error.passing ? text("gone") : error.message || text("failed"), " ", retry);
  $(".alert").hidden = false;
}

// ---- doing ----

async function fetchMore() {
  try {
    const [told, tree] = await Promise.all([api.reviews(AT_ONCE), state.tree.length ? state.tree : api.tree()]);
    const fresh = told.waiting.filter((one) => !done.has(keyOf(one)));
    const shown = state.waiting?.slice(0, 1) ?? [];
    const others = fresh.filter((one) => !shown.length || keyOf(one) !== keyOf(shown[0]));
    Object.assign(state, { waiting: [...shown, ...others], open: told.open, alarm: told.alarm, tree });
    if (!state.fixing) draw();
  } catch (error) {
    complain(error, fetchMore);
  }
}

function fix(open) {
  state.fixing = open;
  draw();
}

/** Go on at once; what the shop refuses comes back. */
async function decide(kind, value) {
  const [one, ...rest] = state.waiting;
  const decision = { item_id: one.item_id, name: one.tag.name, action: kind, ...(value !== undefined && { value }) };
  done.add(keyOf(one));
  Object.assign(state, { waiting: rest, open: Math.max(0, state.open - 1), fixing: false });
  draw();
  $("#headline")?.focus({ preventScroll: true });
  say(text(kind === "accept" ? "accepted" : kind === "skip" ? "skipped" : "fixed"));
  try {
    await api.decide(decision);
    if (rest.length < 5) await fetchMore();
  } catch (error) {
    done.delete(keyOf(one));
    state.waiting = [one, ...state.waiting];
    draw();
    complain(error, () => decide(kind, value));
  }
}

addEventListener("keydown", (event) => {
  const one = state.waiting?.[0];
  if (event.key === "Escape" && state.fixing) return fix(false);
  if (!one || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  const picked = one.choices[Number(event.key) - 1];
  const keys = { a: () => decide("accept", one.tag.value), f: () => fix(true), n: () => decide("fix", ""), s: () => decide("skip") };
  const act = picked ? () => decide("fix", picked.category_id) : keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
$(".language").addEventListener("click", () => { switchLanguage(); draw(); say(""); });
$(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
draw();
fetchMore();
