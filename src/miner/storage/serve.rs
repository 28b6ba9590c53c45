//! Serves the objects on this machine's disk.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path as ObjectPath;

use super::links::ROUTE;
use super::store::{Storage, Transport};
use crate::miner::clock::now;

impl Storage {
    /// The routes of the objects on this machine; none for a bucket, whose service serves them.
    pub fn router(&self) -> Option<Router> {
        let Transport::Own { .. } = &self.transport else {
            return None;
        };
        let route = format!("{ROUTE}{{*name}}");
        Some(
            Router::new()
                .route(&route, get(serve))
                .with_state(self.clone()),
        )
    }
}

async fn serve(
    State(storage): State<Storage>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Transport::Own { links, .. } = &storage.transport else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let query = query.unwrap_or_default();
    if !links.is_valid(&name, &query, now()) {
        return (
            StatusCode::FORBIDDEN,
            "this link is not good, or no longer\n",
        )
            .into_response();
    }
    let found = storage.store.get(&ObjectPath::from(name)).await;
    let object = match found {
        Ok(object) => object,
        Err(object_store::Error::NotFound { .. }) => {
            return (StatusCode::NOT_FOUND, "the file is gone\n").into_response();
        }
        Err(e) => {
            tracing::error!("an object cannot be read: {e}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let size = object.meta.size;
    let chunks = object
        .into_stream()
        .map(|chunk| chunk.map_err(std::io::Error::other));
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, size.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("video/mp4"));
    response
}
