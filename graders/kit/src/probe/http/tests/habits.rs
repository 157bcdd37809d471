//! What correct programs may do, and what the probe does itself.

use super::*;

#[test]
fn an_exchange_is_kept_as_it_went_over_the_wire() {
    run(async {
        let http = answering(
            b"HTTP/1.1 201 Created\r\nX-Odd: \xe9\r\nContent-Length: 8\r\n\r\n{\"id\":7}",
            false,
        )
        .await;
        let body = serde_json::json!({"qty": 12});
        let answer = http.post("/v1/orders").json(&body).send().await.unwrap();
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("x-odd"), Some("é"));
        assert_eq!(answer.integer_at("/id").unwrap(), 7);
        let exchange = &answer.exchange;
        assert_eq!(exchange.number, 1);
        assert!(
            exchange
                .request
                .starts_with("POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1:")
        );
        assert!(
            exchange.request.ends_with("\r\n\r\n{\"qty\":12}"),
            "{exchange:?}"
        );
        assert!(
            exchange.response.ends_with("\r\n\r\n{\"id\":7}"),
            "{exchange:?}"
        );
        assert!(exchange.lossy);
        let second = http.get("/v1/orders/7").send().await.unwrap();
        assert_eq!(second.exchange.number, 2);
        assert!(
            second
                .exchange
                .request
                .starts_with("GET /v1/orders/7 HTTP/1.1")
        );
    });
}

#[test]
fn a_judgement_points_at_the_member_it_is_about() {
    run(async {
        let http = answering(
            b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"a\":{\"b\":\"1\"}}",
            false,
        );
        let answer = http.await.get("/x").send().await.unwrap_err();
        // The length above is one short on purpose.
        assert!(
            answer.to_string().starts_with("1 byte comes after the end"),
            "{answer}"
        );
        let http = answering(
            b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"a\":{\"b\":\"1\"}}",
            false,
        );
        let answer = http.await.get("/x").send().await.unwrap();
        let wrong = answer.integer_at("/a/b").unwrap_err();
        assert_eq!(
            wrong.summary,
            "You answered \"1\" at /a/b of GET /x, where an integer belongs."
        );
        assert_eq!(shown(&wrong).at.as_deref(), Some("/a/b"));
        let wrong = answer.member("/a/c").unwrap_err();
        assert_eq!(wrong.summary, "Your answer to GET /x has no `/a/c`.");
        let wrong = answer.expect_status(201).unwrap_err();
        assert_eq!(
            (wrong.expected.as_str(), wrong.actual.as_str()),
            ("201 Created", "200 OK")
        );
        assert!(
            wrong.reproduce[0].starts_with("curl -si 127.0.0.1:"),
            "{wrong:?}"
        );
    });
}

#[test]
fn correct_answers_of_every_framing_are_read() {
    run(async {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{\"\r\n5\r\na\":1}\r\n0\r\n\r\n"[..],
            b"HTTP/1.0 200 fine\r\n\r\n{\"a\":1}",
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nCONTENT-LENGTH: 7\r\n\r\n{\"a\":1}",
        ] {
            let closes = !bytes.starts_with(b"HTTP/1.1 200 OK\r\nt") && !bytes.starts_with(b"HTTP/1.1 1");
            let http = answering(bytes, closes).await;
            for _ in 0..3 {
                let answer = http.get("/").send().await.unwrap();
                assert_eq!(answer.integer_at("/a").unwrap(), 1);
            }
        }
        let http = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", false).await;
        assert!(http.head("/").send().await.unwrap().body.is_empty());
        let http = answering(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            false,
        )
        .await;
        assert!(http.get("/").send().await.unwrap().body.is_empty());
    });
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced_once() {
    run(async {
        // Closes in the moment in which the second request comes: an idle connection, to it.
        let http = server(Duration::from_secs(30), |mut stream, number| async move {
            for round in 0.. {
                request(&mut stream).await;
                if number == 0 && round == 1 {
                    return;
                }
                let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
                stream.write_all(answer).await.ok();
            }
        })
        .await;
        for _ in 0..4 {
            http.post("/v1/orders")
                .send()
                .await
                .unwrap()
                .expect_status(204)
                .unwrap();
        }
        // A new connection that is closed without an answer is not tried again.
        let http = answering(b"", true).await;
        assert_eq!(
            mismatch(http.get("/").send().await).actual,
            "the connection closed without one"
        );
    });
}

#[test]
fn a_race_is_written_when_all_connections_stand() {
    run(async {
        let open = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = Arc::clone(&open);
        let http = server(Duration::from_secs(30), move |mut stream, _| {
            let open = Arc::clone(&seen);
            open.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            async move {
                while request(&mut stream).await.is_some() {
                    let count = open.load(std::sync::atomic::Ordering::SeqCst);
                    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{count:02}");
                    stream.write_all(answer.as_bytes()).await.ok();
                }
            }
        })
        .await;
        let requests = (0..24).map(|n| http.get(&format!("/{n}"))).collect();
        let race = http.race(requests).await.unwrap();
        assert_eq!(race.at_once, 24);
        for (place, answer) in race.answers.iter().enumerate() {
            assert_eq!(&answer.body[..], b"24");
            assert_eq!(answer.label(), format!("GET /{place}"));
        }
    });
}

#[test]
fn raw_bytes_are_sent_as_they_stand() {
    run(async {
        let http = server(Duration::from_secs(30), |mut stream, _| async move {
            let got = request(&mut stream).await.unwrap();
            let answer = format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{got}",
                got.len()
            );
            stream.write_all(answer.as_bytes()).await.ok();
        })
        .await;
        let raw = &b"BREW /pot COFFEE/9\r\n\r\n"[..];
        let answer = http.raw(raw).send().await.unwrap();
        assert_eq!(answer.status, 400);
        assert_eq!(&answer.body[..], raw);
        assert_eq!(answer.exchange.request.as_bytes(), raw);
    });
}

#[test]
fn a_prepared_connection_carries_its_requests() {
    run(async {
        let http = answering(b"HTTP/1.1 204 No Content\r\n\r\n", false).await;
        let mut connection = http.connect().await.unwrap();
        for _ in 0..2 {
            connection
                .send(&http.get("/"))
                .await
                .unwrap()
                .expect_status(204)
                .unwrap();
        }
    });
}

#[test]
fn a_program_that_serves_one_connection_at_a_time_is_raced_as_it_allows() {
    run(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                while request(&mut stream).await.is_some() {
                    let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
                    stream.write_all(answer).await.ok();
                }
            }
        });
        let http = Http::new(address, Trace::begin(Duration::from_secs(30)));
        http.get("/").send().await.unwrap();
        let requests = (0..6).map(|n| http.get(&format!("/{n}"))).collect();
        let race = http.race(requests).await.unwrap();
        assert_eq!(race.answers.len(), 6);
        assert!((1..6).contains(&race.at_once), "{}", race.at_once);
    });
}
