// Version 1, frozen (contract/orders.v1.openapi.json): what it reads and what it shows.
import type { NewOrder, Order, Store } from "./store.ts";
import { Invalid, json, refuse, type Router } from "./web.ts";

const ACCOUNT = /^ACC-[0-9]{6}$/;
const SYMBOL = /^[A-Z]{2,6}$/;

// TODO(rest-api.2): the other statuses of v2. Clients of v1 switch over four values without a default.
const STATUS: Record<string, string> = { new: "open" };

export function addV1(router: Router, store: Store): void {
  // TODO(rest-api.8): Deprecation, Sunset and Link on every answer under /v1/, the errors of the router too.
  router.add("POST", "/v1/orders", (request) => {
    const order = store.add(readOrder(request.json()));
    return json(show(order), 201, { Location: `/v1/orders/${order.id}` });
  });

  router.add("GET", "/v1/orders", ({ query }) => {
    const accountId = matching(ACCOUNT, query.get("account_id"), "account_id");
    const page = positive(query.get("page") ?? "1", "page");
    const perPage = Math.min(positive(query.get("per_page") ?? "50", "per_page"), 200);
    const orders = store.ofAccount(accountId);
    const shown = orders.slice((page - 1) * perPage, page * perPage).map(show);
    return json({ orders: shown, total: orders.length, page });
  });

  router.add("GET", "/v1/orders/{id}", ({ pathValues }) => {
    const order = store.get(pathValues.id);
    return order ? json(show(order)) : refuse(404, "no such order");
  });
}

/** The order as v1 has it. */
function show(order: Order): object {
  return {
    id: order.id,
    account_id: order.accountId,
    symbol: order.symbol,
    side: order.side.toUpperCase(),
    qty: order.quantity,
    price: order.price,
    status: STATUS[order.status],
    created_at: order.createdAt,
  };
}

/** A new order out of a v1 body. Members that v1 does not know are ignored. */
function readOrder(body: unknown): NewOrder {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Invalid("the body must be an object");
  const { account_id, symbol, side, qty, price } = body as Record<string, unknown>;
  const accountId = matching(ACCOUNT, account_id, "account_id");
  const known = matching(SYMBOL, symbol, "symbol");
  if (side !== "BUY" && side !== "SELL") throw new Invalid("side must be BUY or SELL");
  if (typeof qty !== "bigint" || qty < 1n) throw new Invalid("qty must be an integer from 1, of at most 18 digits");
  const amount = typeof price === "bigint" || typeof price === "number" ? Number(price) : NaN;
  if (!(amount >= 1e-8 && amount < 1e18)) throw new Invalid("price must be a number above 0, with at most 8 fraction digits");
  return { accountId, symbol: known, side: side === "BUY" ? "buy" : "sell", quantity: qty, price: amount };
}

function matching(form: RegExp, value: unknown, name: string): string {
  if (typeof value !== "string" || !form.test(value)) throw new Invalid(`${name} must match ${form.source}`);
  return value;
}

function positive(text: string, name: string): number {
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) === 0) throw new Invalid(`${name} must be an integer of at least 1`);
  return Number(text);
}
