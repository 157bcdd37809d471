// HTTP, as thin as it goes: JSON in and out, replies as values, a router.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

/** The request is at fault; the text says why. */
export class Invalid extends Error {}

export type Request = {
  query: URLSearchParams;
  headers: IncomingHttpHeaders; // names in lower case
  pathValues: Record<string, string>;
  /** The body. An integer of up to 18 digits is a bigint: a number keeps 53 bits of it. */
  json(): unknown;
};

export type Reply = { status: number; headers: Record<string, string>; body: string };
export type Route = (request: Request) => Reply;

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(value, exactOut) };
}

export function refuse(status: number, text: string, headers: Record<string, string> = {}): Reply {
  // TODO(rest-api.7): under /v2 an error is application/problem+json and points at every fault of a body.
  return json({ error: text }, status, headers);
}

export class Router {
  #routes: { method: string; form: RegExp; route: Route }[] = [];

  /** `{name}` in the path stands for one segment, found in `pathValues`. */
  add(method: string, path: string, route: Route): void {
    const form = new RegExp(`^${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
    this.#routes.push({ method, form, route });
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return; // the client went away in the middle: nobody is left to tell
    }
    const { status, headers, body } = this.#answer(request, Buffer.concat(pieces));
    const length = status === 204 || status === 304 ? {} : { "Content-Length": Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length }).end(body); // Node leaves the body out for HEAD, 204 and 304
  }

  #answer({ method = "GET", url = "/", headers }: IncomingMessage, body: Buffer): Reply {
    // TODO(rest-api.9): 406, in both versions.
    const [path, query] = url.split(/\?(.*)/s);
    const there = this.#routes.filter(({ form }) => form.test(path));
    if (there.length === 0) return refuse(404, "no such route");
    const found = there.find((route) => route.method === (method === "HEAD" ? "GET" : method));
    if (!found) {
      const allow = there.flatMap((route) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
      return refuse(405, `${method} is not among ${allow.join(", ")}`, { Allow: allow.join(", ") });
    }
    const type = headers["content-type"]?.split(";")[0].trim().toLowerCase();
    if (body.length > 0 && type !== undefined && type !== "application/json") {
      return refuse(415, "the body must be application/json");
    }
    try {
      const pathValues: Record<string, string> = {};
      for (const [name, value] of Object.entries(found.form.exec(path)?.groups ?? {})) {
        pathValues[name] = decodeURIComponent(value);
      }
      return found.route({ query: new URLSearchParams(query), headers, pathValues, json: () => parse(body) });
    } catch (why) {
      if (why instanceof Invalid) return refuse(400, why.message);
      if (why instanceof URIError) return refuse(404, "no such route");
      console.error(why); // a fault of ours: told in our log, not to the client
      return refuse(500, "internal error");
    }
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body), exactIn as Reviver);
  } catch {
    throw new Invalid("the body is not JSON"); // nor UTF-8, nor too deep
  }
}

// The source text behind a parsed value, and raw text in what is written: JavaScript has both, TypeScript's own types do not yet.
type Reviver = (key: string, value: unknown) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

function exactIn(_key: string, value: unknown, { source = "" }: { source?: string }): unknown {
  return typeof value === "number" && /^-?[0-9]{1,18}$/.test(source) ? BigInt(source) : value;
}

function exactOut(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJSON(value.toString()) : value;
}
