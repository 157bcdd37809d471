//! What is the program's fault, and how it is told.

use std::time::Instant as Clock;

use super::*;

#[test]
fn a_body_that_is_cut_is_counted() {
    run(async {
        let http = answering(
            b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"orders\":[]",
            true,
        )
        .await;
        let wrong = mismatch(http.get("/v1/orders").send().await);
        assert_eq!(
            wrong.summary,
            "Your answer to GET /v1/orders #1 ended early: the connection closed after 12 of 400 bytes."
        );
        assert_eq!(
            wrong.expected,
            "a body of 400 bytes, as Content-Length says"
        );
        let ended = shown(&wrong).ended.as_deref();
        assert_eq!(ended, Some("the connection closed after 12 of 400 bytes"));
        assert!(shown(&wrong).response.ends_with("{\"orders\":[]"));
    });
}

#[test]
fn a_head_that_is_cut_and_no_answer_at_all_are_told_apart() {
    run(async {
        let http = answering(b"HTTP/1.1 200 OK\r\nConte", true).await;
        let wrong = mismatch(http.get("/").send().await);
        assert_eq!(
            wrong.actual,
            "the connection closed after 22 bytes of the head"
        );
        let http = answering(b"", true).await;
        let wrong = mismatch(http.get("/").send().await);
        assert_eq!(
            wrong.summary,
            "Your program closed the connection of GET / #1 before it answered."
        );
    });
}

#[test]
fn bytes_behind_the_answer_are_its_fault_though_they_come_late() {
    run(async {
        let http = server(Duration::from_secs(30), |mut stream, _| async move {
            request(&mut stream).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
            stream.write_all(answer).await.unwrap();
            stream.write_all(b"\n}").await.unwrap();
            request(&mut stream).await;
        })
        .await;
        let first = http.get("/first").send().await;
        let wrong = match first {
            Err(error) => mismatch(Err(error)),
            Ok(_) => mismatch(
                crate::wait::until(Duration::from_secs(5), || async {
                    match http.get("/second").send().await {
                        Err(error) => crate::wait::Look::Never(error),
                        Ok(answer) => crate::wait::Look::<Answer, _>::NotYet(answer.status_text()),
                    }
                })
                .await
                .map_err(|error| match error {
                    crate::wait::WaitError::Never(error) => error,
                    crate::wait::WaitError::TooLong { .. } => panic!("{error}"),
                }),
            ),
        };
        assert_eq!(
            wrong.summary,
            "2 bytes come after the end of your answer to GET /first #1."
        );
        assert_eq!(
            (wrong.expected.as_str(), wrong.actual.as_str()),
            (
                "a body of 2 bytes, as the head of the answer says",
                "4 bytes"
            )
        );
    });
}

#[test]
fn an_endless_body_ends_soon_and_is_not_kept() {
    run(async {
        let http = server(Duration::from_secs(30), |mut stream, _| async move {
            request(&mut stream).await;
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
            stream.write_all(head).await.unwrap();
            while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
        })
        .await;
        let begun = Clock::now();
        let wrong = mismatch(http.get("/").send().await);
        assert_eq!(wrong.actual, "more than 8 MiB; the bench stopped reading");
        assert!(shown(&wrong).response.len() <= recorder::KEPT);
        assert!(begun.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn a_program_that_never_answers_is_told_so_before_the_check_ends() {
    run(async {
        let http = server(Duration::from_millis(1300), |mut stream, _| async move {
            while request(&mut stream).await.is_some() {}
        })
        .await;
        let wrong = mismatch(http.post("/v2/orders").send().await);
        let told = "You gave no answer to POST /v2/orders #1 within 0.";
        assert!(wrong.summary.starts_with(told), "{wrong:?}");
        assert_eq!(
            http.trace.last_wait().as_deref(),
            Some("POST /v2/orders #1")
        );
        assert!(http.trace.elapsed() < Duration::from_millis(1300));
    });
}

#[test]
fn many_slow_answers_are_told_as_such() {
    run(async {
        let http = server(Duration::from_millis(1500), |mut stream, _| async move {
            while request(&mut stream).await.is_some() {
                tokio::time::timeout(Duration::from_millis(150), std::future::pending::<()>())
                    .await
                    .unwrap_err();
                let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
                stream.write_all(answer).await.ok();
            }
        })
        .await;
        let wrong = loop {
            if let Err(error) = http.get("/").send().await {
                break mismatch(Err(error));
            }
        };
        assert!(
            wrong.summary.starts_with("Your answers are slow: the "),
            "{wrong:?}"
        );
        assert!(
            wrong.summary.ends_with("; all of it may take 0.5 s."),
            "{wrong:?}"
        );
    });
}

#[test]
fn what_is_no_http_is_called_so() {
    run(async {
        let http = answering(b"+PONG\r\n\r\n", false).await;
        let wrong = mismatch(http.get("/").send().await);
        assert!(
            wrong
                .summary
                .starts_with("Your answer to GET / #1 is no HTTP: "),
            "{wrong:?}"
        );
        assert_eq!(shown(&wrong).response, "+PONG\r\n\r\n");
    });
}

#[test]
fn a_reset_within_the_answer_is_called_one() {
    run(async {
        let http = server(Duration::from_secs(30), |mut stream, _| async move {
            request(&mut stream).await;
            let start = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"";
            stream.write_all(start).await.unwrap();
            stream.set_zero_linger().unwrap();
        })
        .await;
        let wrong = mismatch(http.get("/").send().await);
        // What had come before the reset may be gone with it.
        assert!(
            wrong.actual.starts_with("the connection was reset "),
            "{wrong:?}"
        );
    });
}

#[test]
fn nobody_listening_is_refused() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let http = Http::new(address, Trace::begin(Duration::from_secs(30)));
        let posted = http.post("/fills").json(&serde_json::json!({"a": 1}));
        let wrong = mismatch(posted.send().await);
        assert_eq!(wrong.actual, "connection refused");
        assert_eq!(
            shown(&wrong).request,
            "POST /fills HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"a\":1}"
        );
    });
}
