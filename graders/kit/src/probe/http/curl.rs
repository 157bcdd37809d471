//! The line that shows an exchange again, ready to be pasted into a shell.

use std::{fmt::Write as _, net::SocketAddr};

use super::request::Request;

/// A body beyond this is no line any more.
const PASTEABLE: usize = 16 * 1024;

/// `curl -si 127.0.0.1:41873/v2/orders -H '…' -d '…'`.
pub(super) fn line(to: SocketAddr, request: &Request) -> String {
    if let Some(raw) = &request.raw {
        return format!("printf {} | nc {} {}", printf(raw), to.ip(), to.port());
    }
    let mut words = vec!["curl".to_owned()];
    words.push(
        if request.method == "HEAD" {
            "-sI"
        } else {
            "-si"
        }
        .to_owned(),
    );
    match (request.method, &request.body) {
        ("GET" | "HEAD", None) | ("POST", Some(_)) => {}
        (method, _) => words.push(format!("-X {method}")),
    }
    words.push(quote(&format!("{to}{}", request.path)));
    for (name, value) in &request.headers {
        words.push(format!("-H {}", quote(&format!("{name}: {value}"))));
    }
    if let Some(body) = &request.body {
        words.push(match String::from_utf8_lossy(body) {
            long if long.len() > PASTEABLE => format!("-d @-   # {} bytes", body.len()),
            file if file.starts_with('@') => format!("--data-raw {}", quote(&file)),
            text => format!("-d {}", quote(&text)),
        });
    }
    words.join(" ")
}

/// One word for a POSIX shell, quoted only where it has to be.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-=,+%@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Bytes as the format of `printf(1)`.
fn printf(bytes: &[u8]) -> String {
    let mut text = String::from("'");
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\\' => text.push_str("\\\\"),
            b'%' => text.push_str("%%"),
            b'\'' => text.push_str(r"'\''"),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => write!(text, "\\{other:03o}").expect("a string takes every text"),
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bench::Trace, probe::http::Http};

    fn http() -> Http {
        let trace = Trace::begin(std::time::Duration::from_secs(1));
        Http::new("127.0.0.1:41873".parse().unwrap(), trace)
    }

    #[test]
    fn a_request_is_shown_as_a_line_that_a_shell_takes() {
        let request = http()
            .post("/v2/orders")
            .header("Idempotency-Key", "k'17")
            .json(&serde_json::json!({"side": "buy"}));
        assert_eq!(
            line(request.http.address(), &request),
            r#"curl -si 127.0.0.1:41873/v2/orders -H 'Idempotency-Key: k'\''17' -H 'Content-Type: application/json' -d '{"side":"buy"}'"#
        );
        let request = http().get("/v1/orders?page=1&per_page=7");
        assert_eq!(
            line(request.http.address(), &request),
            "curl -si '127.0.0.1:41873/v1/orders?page=1&per_page=7'"
        );
        let request = http().post("/v2/orders/7/cancel");
        assert_eq!(
            line(request.http.address(), &request),
            "curl -si -X POST 127.0.0.1:41873/v2/orders/7/cancel"
        );
    }

    #[test]
    fn a_request_of_raw_bytes_is_shown_as_printf() {
        let request = http().raw(&b"GET /50% HTTP/9\r\n\r\n\x01\\"[..]);
        assert_eq!(
            line(request.http.address(), &request),
            r"printf 'GET /50%% HTTP/9\r\n\r\n\001\\' | nc 127.0.0.1 41873"
        );
    }
}
