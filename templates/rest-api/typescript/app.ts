// Orders API: reads the environment, puts the routes together, serves until SIGTERM.
import { createServer } from "node:http";
import { Store } from "./store.ts";
import { addV1 } from "./v1.ts";
import { json, Router } from "./web.ts";

function routes(store: Store): Router {
  const router = new Router();
  router.add("GET", "/healthz", () => json({ status: "ok" }));
  addV1(router, store);
  // TODO(rest-api.2): addV2(router, store): create, read and list; v1 shows the same orders.
  // TODO(rest-api.3): cancel, in both versions: DELETE /v1/orders/{id} and POST /v2/orders/{id}/cancel.
  // TODO(rest-api.4): POST /internal/orders/{id}/status, only when MASTERY_TEST_HOOKS=1.
  // TODO(rest-api.5): Idempotency-Key on POST /v2/orders; two requests with one key may arrive at the same moment.
  // TODO(rest-api.6): ETag and If-None-Match on reads; PATCH /v2/orders/{id} with If-Match.
  // TODO(rest-api.10): GET /openapi.json, one document for both versions.
  return router;
}

const host = process.env.HOST ?? "127.0.0.1";
const port = Number(process.env.PORT ?? 8080);
const router = routes(new Store());
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void router.serve(request, response));
server.listen(port, host, () => console.log(`listening on ${host}:${port}`));

process.on("SIGTERM", () => {
  server.close(); // idle connections are closed at once; the process ends with the last one
  setTimeout(() => server.closeAllConnections(), 500).unref(); // whoever still holds one then loses it
});
