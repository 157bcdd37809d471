//! HTTP: JSON in and out, errors.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

/// An error of the client's: the status and what to tell.
pub struct Fault {
    status: StatusCode,
    text: String,
}

impl Fault {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub fn invalid(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        // TODO(rest-api.7): under /v2 an error is application/problem+json and points at every fault of a body.
        show(self.status, &json!({ "error": self.text }))
    }
}

pub fn show(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("what is shown has text keys and finite numbers");
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// A body that was read. axum has one of this name, too, which refuses with plain text and statuses of its own.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .map(|value| value.to_str().unwrap_or_default().to_ascii_lowercase());
        let kind = kind.as_deref().map(|kind| kind.split(';').next().unwrap_or_default().trim());
        if kind.is_some_and(|kind| kind != "application/json") {
            return Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json"));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|why| Fault::new(why.status(), why.body_text()))?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|why| Fault::invalid(format!("the body does not fit: {why}")))
    }
}
