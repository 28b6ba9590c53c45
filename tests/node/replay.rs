//! Recorded questions and answers of a real node.

use std::collections::HashMap;

use serde_json::Value;

use super::server::Node;

/// A node that answers from a recording: a list of `method`, `params` and `result`.
pub(crate) fn replay(recorded: &[Value]) -> Node {
    let answers: HashMap<String, Value> = recorded
        .iter()
        .filter_map(|e| {
            let key = key(e["method"].as_str()?, &e["params"]);
            Some((key, e.get("result")?.clone()))
        })
        .collect();
    Node::start(move |method, params| {
        answers
            .get(&key(method, params))
            .cloned()
            .ok_or_else(|| (-32601, "it was not recorded".to_owned()))
    })
}

/// No parameters are recorded as null or as an empty list.
fn key(method: &str, params: &Value) -> String {
    let empty = params.is_null() || params.as_array().is_some_and(Vec::is_empty);
    if empty {
        method.to_owned()
    } else {
        format!("{method}{params}")
    }
}
