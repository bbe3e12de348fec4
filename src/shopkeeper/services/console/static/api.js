// The JSON API, and nothing else: what the page knows, any shop front can know.

/** A refusal or a silence of the server; `status` is 0 when nobody answered. */
export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }

  /** Whether another key may help. */
  get locked() {
    return this.status === 401 || this.status === 403;
  }

  /** Whether trying again may help. */
  get passing() {
    return this.status === 0 || this.status === 429 || (this.status > 500 && this.status !== 503);
  }
}

/** Show this key from now on, until the tab is closed. */
export const signIn = (key) => sessionStorage.setItem("key", key);

async function call(path, options = {}) {
  const key = sessionStorage.getItem("key");
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  const response = await fetch(path, { ...options, headers, signal: options.signal ?? AbortSignal.timeout(15_000) }).catch((error) => {
    throw error.name === "AbortError" ? error : new ApiError(0, "");
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, typeof body.detail === "string" ? body.detail : body.title ?? "");
  return body;
}

const get = (path, query, signal) => call(`${path}?${new URLSearchParams(query)}`, { signal });

/** A shopper is `{user_id}` or `{visitor_id}`: that is how the API is told apart. */
export const shoppers = async () => (await get("v1/shoppers", { limit: 50 })).shoppers;
export const products = async (q, signal) => (await get("v1/products", { q, limit: 6 }, signal)).products;

export const tree = async () => (await get("v1/catalog/tree", {})).categories;
export const reviews = (limit) => get("v1/catalog/reviews", { limit });

const post = (path, body) => call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

/** Take a decision about a tag; said twice in a row it is one, so a lost answer may be asked for anew. */
export const decide = (decision) => post("v1/catalog/reviews", { decisions: [decision] });

/** Ask for a list, of everything or of the products in a category. */
export async function recommendations(shopper, n, category) {
  const wish = { ...shopper, n, ...(category && { filter: `${JSON.stringify(category)} in categories` }) };
  const answer = await (category ? post("v1/recommendations", wish) : get("v1/recommendations", wish));
  return { ...answer, items: answer.items.map((item) => ({ ...item, recommendation_id: answer.recommendation_id })) };
}

const wishesOf = ({ user_id, visitor_id }) => `v1/people/${encodeURIComponent(user_id ?? visitor_id)}/preferences`;

/** How the shopper wants lists to be. */
export const wishes = (shopper) => get(wishesOf(shopper), {});
export const wish = (shopper, wishes) =>
  call(wishesOf(shopper), { method: "PUT", body: JSON.stringify(wishes), headers: { "Content-Type": "application/json" } });

/** The newest events, each with its `product`; one that the catalogue does not know is called by its id. */
export async function history(shopper) {
  const { events } = await get("v1/history", { ...shopper, limit: 20 });
  const ids = [...new Set(events.map((event) => event.item_id).filter(Boolean))];
  const known = ids.length ? (await get("v1/products", ids.map((id) => ["item_id", id]))).products : [];
  const products = new Map(known.map((product) => [product.item_id, product]));
  const named = (id) => products.get(id) ?? { item_id: id, title: id };
  return events.map((event) => ({ ...event, product: event.item_id ? named(event.item_id) : null }));
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Send one event; its id makes sending it again harmless, so a lost answer is simply asked for anew. */
export async function record(event) {
  const body = JSON.stringify({ events: [event] });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call("v1/events", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    } catch (error) {
      if (!error.passing || attempt === 3) throw error;
      await pause(300 * attempt);
    }
  }
}
