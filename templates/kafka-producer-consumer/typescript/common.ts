// What both programs share: the shapes of the contract, the clients, HTTP.
import { createServer, type IncomingMessage } from "node:http";
import kafkajs from "kafkajs";
import pg from "pg";

// TODO(kafka-producer-consumer.9): SIGTERM: finish what is in hand, commit offsets, leave the group, exit 0.

export type FillData = { symbol: string; side: string; quantity: string; price: string; client_order_id?: string };
export type Fill = FillData & { event_id: string; order_id: string; account_id: string };
export type Event = {
  event_id: string;
  event_type: string;
  schema_version: number;
  order_id: string;
  account_id: string;
  account_seq: number;
  occurred_at: string;
  data: FillData;
};
export type Reply = [status: number, body: object];

export function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const pool = new pg.Pool({ connectionString: env("DATABASE_URL"), max: 10 });

export const kafka = new kafkajs.Kafka({
  brokers: [env("KAFKA_BOOTSTRAP_SERVERS")],
  logLevel: kafkajs.logLevel.ERROR,
});

/** Answers until the program ends. A route is named by method and path. */
export function serve(routes: Record<string, (request: IncomingMessage, body: string) => Promise<Reply>>): void {
  const ok = async (): Promise<Reply> => [200, { status: "ok" }];
  const all = { "GET /healthz": ok, "GET /readyz": ok, ...routes }; // TODO(kafka-producer-consumer.9): ready once it is
  createServer(async (request, response) => {
    let reply: Reply = [404, { error: "there is nothing here" }];
    try {
      let body = "";
      for await (const piece of request.setEncoding("utf8")) body += piece;
      const route = all[`${request.method} ${request.url}` as keyof typeof all];
      if (route) reply = await route(request, body);
    } catch (why) {
      console.error(`${request.method} ${request.url}:`, why);
      reply = [500, { error: "it went wrong here" }];
    }
    response.writeHead(reply[0], { "content-type": "application/json" }).end(JSON.stringify(reply[1]));
  }).listen(Number(env("PORT")), process.env.HOST ?? "127.0.0.1");
}
