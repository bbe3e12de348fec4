// The page: one state, drawn anew whenever it changes.

import * as api from "./api.js";
import { opened } from "./cards.js";
import { h } from "./dom.js";
import { compare, gliding, shelf, still } from "./shelf.js";
import { currentLanguage, switchLanguage, text } from "./texts.js";
import { dial, lock, picker, results, state as empty, timeline, waiting, welcome } from "./views.js";

const SHELF_SIZE = 10;
const $ = (selector) => document.querySelector(selector);
const main = $("main");

/**
 * shopper: null on the way in, where `shoppers` is the list; answer: the recommendations, or else a problem; change: against
 * the answer before; events: the history; found: what the search for `query` found; product: the opened one;
 * turn: the newest question to the server.
 */
let state = {};
let searching = new AbortController();
let typing;

function shopperOf(hash) {
  const address = new URLSearchParams(hash.slice(1));
  if (address.get("user")) return { user_id: address.get("user") };
  if (!address.has("new")) return null;
  const visitor = sessionStorage.getItem("visitor") ?? `visitor-${identifier()}`;
  sessionStorage.setItem("visitor", visitor);
  return { visitor_id: visitor };
}

/** A random id; `crypto.randomUUID` is missing on plain http from another machine. */
function identifier() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  return hex.join("");
}

// ---- drawing ----

function headline({ user_id: id }) {
  return id ? text("shelfOf", id) : state.events?.length ? text("shelf") : text("shelfNew");
}

function place() {
  if (state.problem?.passing) return "";
  if (state.problem) return empty(text("notReady"), state.problem.message);
  if (!state.answer) return waiting();
  if (state.answer.items.length === 0) return empty(text("empty"), text("emptyLead"));
  const { items, model, version } = state.answer;
  return [shelf(items, act, state.change), h("p", { class: "hint made-by" }, `${model} · ${version}`)];
}

function draw() {
  document.documentElement.lang = currentLanguage();
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = text(element.dataset.placeholder);
  const { shopper } = state;
  $(".language").textContent = text("language");
  $(".language").lang = currentLanguage() === "en" ? "zh-Hans" : "en";
  $(".search").hidden = !shopper;
  $(".who").hidden = !shopper;
  if (!shopper) return main.replaceChildren(state.shoppers ? welcome(state.shoppers) : "");
  $(".who").replaceChildren(h("b", {}, shopper.user_id ? text("customer", shopper.user_id) : text("you")), h("span", {}, text("change")));
  const focused = document.activeElement?.dataset.focus;
  main.replaceChildren(
    h("div", { class: "columns" },
      h("div", {},
        state.found ? results(state.query, state.found, act, leave) : "",
        state.product ? opened(state.product, act, leave) : "",
        h("section", { "aria-labelledby": "headline" },
          h("h1", { id: "headline", tabindex: "-1" }, headline(shopper)),
          h("p", { class: "lead" }, state.wishes?.level === 0 ? text("off") : state.answer ? text(state.answer.reason) : ""),
          state.wishes ? dial(state.wishes.level, turnTo) : "",
          picker(state.categories ?? [], state.category, choose),
          place())),
      state.events ? timeline(state.events, act) : ""));
  document.title = `${headline(shopper)} · Shopkeeper`;
  if (focused) focusAgain(focused);
}

/** Put the keyboard back on the control of that name, else on one of the same product, else on the headline. */
function focusAgain(name) {
  const controls = [...document.querySelectorAll("[data-focus]")];
  const product = name.slice(name.indexOf(" "));
  const control = controls.find(({ dataset }) => dataset.focus === name) ?? controls.find(({ dataset }) => dataset.focus.endsWith(product));
  (control ?? $("#headline")).focus({ preventScroll: true });
}

function say(words) {
  $(".live").textContent = words;
  $(".live").classList.toggle("shown", words !== "");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => $(".live").classList.remove("shown"), 4000);
}

/** Show what went wrong and offer to do it again. */
function complain(error, again) {
  say("");
  if (error.locked) return main.replaceChildren(lock(error.message, (key) => { api.signIn(key); calmDown(); again(); }));
  const words = error.passing ? text("gone") : error.message || text("failed");
  const retry = h("button", { type: "button", onclick: () => (calmDown(), again()) }, text("retry"));
  $(".alert").replaceChildren(words, " ", retry);
  $(".alert").hidden = false;
}

function calmDown() {
  $(".alert").hidden = true;
}

// ---- doing ----

/** Ask for the shelf and the history of the present shopper; an answer that was overtaken is dropped. */
async function refresh() {
  const { shopper, answer: before } = state;
  const turn = (state.turn = {});
  try {
    const [answer, events, categories, wishes] = await Promise.all([
      api.recommendations(shopper, SHELF_SIZE, state.category).catch((error) => { if (error.passing) throw error; return error; }),
      api.history(shopper),
      state.categories ?? api.tree().catch(() => []),
      api.wishes(shopper).catch(() => null),
    ]);
    if (turn !== state.turn) return;
    const problem = answer instanceof api.ApiError ? answer : null;
    const change = !problem && before ? compare(before.items, answer.items) : null;
    Object.assign(state, { events, categories, wishes, problem, answer: problem ? null : answer, change });
    gliding(draw);
    if (change) say(text("changed", change.fresh, change.moved));
  } catch (error) {
    if (turn !== state.turn) return;
    state.problem = state.answer ? null : error;
    draw();
    complain(error, refresh);
  }
}

/** Show products of a category only, or of all where it is empty. */
async function choose(category) {
  Object.assign(state, { category, answer: null });
  await refresh();
}

/** Make so much of the shelf about the shopper. */
async function turnTo(level) {
  try {
    await api.wish(state.shopper, { ...state.wishes, level });
    await refresh();
  } catch (error) {
    complain(error, () => turnTo(level));
  }
}

/** Do something with a product; opening it, or choosing it from the search, puts it above the shelf. */
async function act(type, product) {
  const event = { event_id: identifier(), type, item_id: product.item_id, ...state.shopper };
  if (product.recommendation_id) event.recommendation_id = product.recommendation_id;
  if (type === "view" || state.found) {
    Object.assign(state, { product, found: null });
    $("#query").value = "";
    gliding(draw);
    scrollTo({ top: 0, behavior: still.matches ? "instant" : "smooth" });
  }
  await send(event);
}

async function send(event) {
  const { shopper } = state;
  try {
    await api.record(event);
    calmDown();
    if (shopper === state.shopper) await refresh();
  } catch (error) {
    complain(error, () => send(event));
  }
}

/** Begin with the shopper that the address names. */
async function arrive() {
  const shopper = shopperOf(location.hash);
  state = { shopper };
  searching.abort();
  $("#query").value = "";
  calmDown();
  say("");
  draw();
  scrollTo(0, 0);
  if (shopper) return refresh();
  try {
    const shoppers = await api.shoppers();
    if (state.shopper) return;
    state.shoppers = shoppers;
    draw();
  } catch (error) {
    complain(error, arrive);
  }
}

/** Close what lies above the shelf. */
function leave() {
  Object.assign(state, { found: null, product: null });
  $("#query").value = "";
  draw();
  $("#query").focus();
}

async function search() {
  const query = $("#query").value.trim();
  searching.abort();
  if (!query) return state.found ? leave() : null;
  searching = new AbortController();
  try {
    const found = await api.products(query, searching.signal);
    Object.assign(state, { query, found, product: null });
    draw();
  } catch (error) {
    if (error.name !== "AbortError") complain(error, search);
  }
}

$("#query").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, 180);
});
$(".search").addEventListener("submit", (event) => { event.preventDefault(); search(); });
$(".search").addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
$(".language").addEventListener("click", () => { switchLanguage(); draw(); say(""); });
$(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
addEventListener("hashchange", () => { arrive(); main.focus(); });
arrive();
