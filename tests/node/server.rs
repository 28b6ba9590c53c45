//! JSON-RPC over WebSocket on loopback, one thread for each connection.

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use super::faults::Fault;

/// Answers one call, by method and parameters.
pub(crate) type Answer = dyn Fn(&str, &Value) -> Result<Value, (i32, String)> + Send + Sync;

struct Shared {
    answer: Box<Answer>,
    faults: Mutex<HashMap<String, (Fault, u32)>>,
    calls: Mutex<Vec<String>>,
    /// Bytes of questions and of answers.
    bytes: Mutex<(usize, usize)>,
    over: AtomicBool,
}

/// A node that runs until it is dropped.
pub(crate) struct Node {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Node {
    /// Starts one on a free port.
    pub(crate) fn start(
        answer: impl Fn(&str, &Value) -> Result<Value, (i32, String)> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            faults: Mutex::default(),
            calls: Mutex::default(),
            bytes: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        let listener = std::thread::spawn(move || {
            while !own.over.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let own = Arc::clone(&own);
                        std::thread::spawn(move || serve(&own, stream));
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(2)),
                }
            }
        });
        Self {
            address,
            shared,
            listener: Some(listener),
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Makes a method go wrong, so many times.
    pub(crate) fn fail(&self, method: &str, fault: Fault, times: u32) {
        locked(&self.shared.faults).insert(method.to_owned(), (fault, times));
    }

    /// Names of the calls so far; runtime calls by their function.
    pub(crate) fn calls(&self) -> Vec<String> {
        locked(&self.shared.calls).clone()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(listener) = self.listener.take() {
            let _ended = listener.join();
        }
    }
}

fn serve(shared: &Shared, stream: TcpStream) {
    // A connection without a question for this long looks whether the node is still there.
    stream.set_nonblocking(false).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let Ok(mut socket) = tungstenite::accept(stream) else {
        return;
    };
    while !shared.over.load(Ordering::Relaxed) {
        match socket.read() {
            Ok(Message::Text(text)) => {
                if exchange(shared, &mut socket, &text).is_none() {
                    return;
                }
            }
            Ok(Message::Close(_)) => return,
            Ok(_) => {}
            Err(tungstenite::Error::Io(e))
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) => {}
            Err(_) => return,
        }
    }
}

/// Submits a transaction and subscribes to what becomes of it.
const WATCHED: &str = "author_submitAndWatchExtrinsic";
/// What its subscription is called; whoever answers the call gives this.
pub(crate) const SUBSCRIPTION: &str = "told";

/// Asks how many calls there were since it was last asked, and their bytes; for benchmarks.
const TALLY: &str = "fake_tally";

/// Answers one question; nothing where the connection is to end.
fn exchange(shared: &Shared, socket: &mut WebSocket<TcpStream>, text: &str) -> Option<()> {
    let question: Value = serde_json::from_str(text).ok()?;
    let method = question["method"].as_str()?.to_owned();
    let params = question.get("params").cloned().unwrap_or(Value::Null);
    if method == TALLY {
        let (asked, answered) = std::mem::take(&mut *locked(&shared.bytes));
        let calls = std::mem::take(&mut *locked(&shared.calls)).len();
        let tally = json!({"calls": calls, "asked": asked, "answered": answered});
        let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": tally});
        return socket.send(Message::text(answer.to_string())).ok();
    }
    let name = match method.as_str() {
        "state_call" => params[0].as_str()?.to_owned(),
        _ => method.clone(),
    };
    locked(&shared.calls).push(name.clone());
    let fault = {
        let mut faults = locked(&shared.faults);
        match faults.get_mut(&name) {
            Some((fault, times)) if *times > 0 => {
                *times -= 1;
                Some(fault.clone())
            }
            _ => None,
        }
    };
    let mut result = (shared.answer)(&method, &params);
    match fault {
        Some(Fault::Close) => return None,
        Some(Fault::Text(words)) => return socket.send(Message::text(words)).ok(),
        Some(Fault::Result(other)) => result = Ok(other),
        Some(Fault::Refuse(code, words)) => result = Err((code, words.to_owned())),
        Some(Fault::Late(late)) => std::thread::sleep(late),
        Some(Fault::Cut) => {
            if let Ok(Value::String(whole)) = &result {
                let half = whole.len() / 4 * 2;
                result = Ok(whole[..half].into());
            }
        }
        None => {}
    }
    let answer = match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": question["id"], "result": result}),
        Err((code, message)) => {
            json!({"jsonrpc": "2.0", "id": question["id"], "error": {"code": code, "message": message}})
        }
    };
    let answer = answer.to_string();
    {
        let mut bytes = locked(&shared.bytes);
        bytes.0 += text.len();
        bytes.1 += answer.len();
    }
    socket.send(Message::text(answer)).ok()?;
    if method == WATCHED {
        // The answer was the number of a subscription; a node says next that it took the transaction.
        let told = json!({"subscription": SUBSCRIPTION, "result": "ready"});
        let told = json!({"jsonrpc": "2.0", "method": "author_extrinsicUpdate", "params": told});
        socket.send(Message::text(told.to_string())).ok()?;
    }
    Some(())
}
