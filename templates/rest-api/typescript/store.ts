// Orders, kept in memory. The store knows of no version: each version is a view of it.
import { randomBytes } from "node:crypto";

export type NewOrder = {
  accountId: string;
  symbol: string;
  side: "buy" | "sell";
  // TODO(rest-api.1): keep exact decimals. v2 sends "1234567890.12345678", which no number can hold.
  quantity: bigint;
  price: number;
};

/** One order. Read-only: a change is a new value, so that whoever was given one sees no half of a change. */
export type Order = Readonly<NewOrder & { id: string; status: string; createdAt: string }>;

/** All orders of all accounts. No method awaits: what one does is done before another begins. */
export class Store {
  #orders = new Map<string, Order>();
  #byAccount = new Map<string, string[]>();

  /** Keeps a new order and gives it its id, status and time. */
  add(order: NewOrder): Order {
    const id = randomBytes(12).toString("hex");
    const kept = { ...order, id, status: "new", createdAt: new Date().toISOString() };
    this.#orders.set(id, kept);
    const ids = this.#byAccount.get(order.accountId);
    if (ids) ids.push(id);
    else this.#byAccount.set(order.accountId, [id]);
    return kept;
  }

  get(id: string): Order | undefined {
    return this.#orders.get(id);
  }

  /** The account's orders, ascending by (createdAt, id). */
  ofAccount(accountId: string): Order[] {
    const found = (this.#byAccount.get(accountId) ?? []).map((id) => this.#orders.get(id)!);
    const key = (order: Order) => order.createdAt + order.id; // toISOString has always the same length
    return found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}
