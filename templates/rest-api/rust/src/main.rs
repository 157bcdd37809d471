//! Orders API: reads the environment, puts the routes together, serves until SIGTERM.

mod store;
mod v1;
mod web;

use std::{env, error::Error, future::IntoFuture, sync::Arc, time::Duration};

use axum::{Router, http::StatusCode, routing::get};
use serde_json::json;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    time::timeout,
};

use store::Store;
use web::{Fault, show};

fn routes(store: Arc<Store>) -> Router {
    Router::new()
        .route("/healthz", get(async || show(StatusCode::OK, &json!({ "status": "ok" }))))
        .merge(v1::routes(store))
        // TODO(rest-api.2): .merge(v2::routes(store)): create, read and list; v1 shows the same orders.
        // TODO(rest-api.3): cancel, in both versions: DELETE /v1/orders/{id} and POST /v2/orders/{id}/cancel.
        // TODO(rest-api.4): POST /internal/orders/{id}/status, only when MASTERY_TEST_HOOKS=1.
        // TODO(rest-api.5): Idempotency-Key on POST /v2/orders; two requests with one key may arrive at the same moment.
        // TODO(rest-api.6): ETag and If-None-Match on reads; PATCH /v2/orders/{id} with If-Match.
        // TODO(rest-api.9): 406, in both versions.
        // TODO(rest-api.10): GET /openapi.json, one document for both versions.
        .fallback(async || Fault::new(StatusCode::NOT_FOUND, "no such route"))
        .method_not_allowed_fallback(async || {
            Fault::new(StatusCode::METHOD_NOT_ALLOWED, "not with this method")
        })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let host = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let mut asked_to_stop = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(format!("{host}:{port}")).await?;
    println!("listening on {host}:{port}");

    let (stop, stopped) = oneshot::channel::<()>();
    let server =
        axum::serve(listener, routes(Arc::default())).with_graceful_shutdown(async { _ = stopped.await });
    let server = tokio::spawn(server.into_future());
    asked_to_stop.recv().await;
    drop(stop); // idle connections are closed at once
    _ = timeout(Duration::from_millis(500), server).await; // whoever still holds one then loses it
    Ok(())
}
