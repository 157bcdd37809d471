use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{
    Fail, PgProxy, When,
    frame::{Framing, Piece, body, error_fields, message},
};
use crate::{interposer::MOST_CONNECTIONS, timeline::Timeline};

const LIMIT: Duration = Duration::from_secs(5);

/// One side of a connection, message by message.
struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
    framing: Framing,
}

impl Wire {
    async fn next(&mut self) -> Option<(u8, Bytes)> {
        loop {
            if let Some(Piece::Head { kind, raw }) = self.framing.next(&mut self.buffer).unwrap() {
                return Some((kind, body(&raw)));
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn say(&mut self, parts: &[Bytes]) {
        self.stream.write_all(&parts.concat()).await.unwrap();
    }

    async fn until_ready(&mut self) -> Vec<(u8, Bytes)> {
        let mut seen = Vec::new();
        while let Some(one) = self.next().await {
            seen.push(one);
            if seen.last().unwrap().0 == b'Z' {
                break;
            }
        }
        seen
    }
}

fn wire(stream: TcpStream) -> Wire {
    let (buffer, framing) = (BytesMut::new(), Framing::default());
    Wire {
        stream,
        buffer,
        framing,
    }
}

/// A client that is ready, the database's side of it, and the proxy between.
async fn session() -> (PgProxy, Wire, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap();
    let proxy = PgProxy::start(upstream, "api", Timeline::begin())
        .await
        .unwrap();
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    client
        .write_all(&[0, 0, 0, 8, 4, 210, 22, 47])
        .await
        .unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'N');
    client.write_all(&[0, 0, 0, 8, 0, 3, 0, 0]).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    assert_eq!(server.read_u64().await.unwrap(), 0x0000_0008_0003_0000);
    let (mut client, mut server) = (wire(client), wire(server));
    server
        .say(&[message(b'R', &[0; 4]), message(b'Z', b"I")])
        .await;
    assert_eq!(client.until_ready().await.len(), 2);
    (proxy, client, server)
}

fn query(text: &str) -> Bytes {
    message(b'Q', format!("{text}\0").as_bytes())
}

fn tag(text: &str) -> Bytes {
    message(b'C', format!("{text}\0").as_bytes())
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::time::timeout(LIMIT * 4, test)
            .await
            .expect("it hangs");
    });
}

#[test]
fn an_answer_is_held_until_it_is_released_or_cut() {
    run(async {
        let (proxy, mut client, mut server) = session().await;
        let mut answers = proxy.hold_ready(When::wrote());
        for cuts in [false, true] {
            client.say(&[query("INSERT INTO fills VALUES (1)")]).await;
            assert_eq!(server.next().await.unwrap().0, b'Q');
            server.say(&[tag("INSERT 0 1"), message(b'Z', b"I")]).await;
            let held = answers.next(LIMIT).await.unwrap().unwrap();
            assert_eq!(
                held.cycle().last_fingerprint(),
                "insert into fills values (?)"
            );
            assert!(held.cycle().wrote);
            let early = tokio::time::timeout(Duration::from_millis(20), client.next()).await;
            assert!(early.is_err(), "nothing is told while it is held");
            if cuts {
                held.cut();
                assert!(client.next().await.is_none());
                assert!(server.next().await.is_none());
            } else {
                held.release();
                assert_eq!(client.until_ready().await.len(), 2);
            }
        }
    });
}

#[test]
fn a_held_commit_that_fails_is_rolled_back() {
    run(async {
        let (proxy, mut client, mut server) = session().await;
        let mut statements = proxy.hold_statement(When::commits());
        client.say(&[query("BEGIN")]).await;
        server.next().await.unwrap();
        server.say(&[tag("BEGIN"), message(b'Z', b"T")]).await;
        client.until_ready().await;
        client.say(&[query("COMMIT")]).await;
        let held = statements.next(LIMIT).await.unwrap().unwrap();
        assert_eq!(
            (held.fingerprint(), held.transaction()),
            ("commit", &["begin".to_owned(), "commit".to_owned()][..])
        );
        held.fail("40001", "no");
        assert_eq!(server.next().await.unwrap().0, b'S');
        server.say(&[message(b'Z', b"T")]).await;
        assert_eq!(
            server.next().await.unwrap(),
            (b'Q', Bytes::from_static(b"ROLLBACK\0"))
        );
        server.say(&[tag("ROLLBACK"), message(b'Z', b"I")]).await;
        let seen = client.until_ready().await;
        assert_eq!(
            error_fields(seen[0].1.clone()),
            ("40001".to_owned(), "no".to_owned())
        );
        assert_eq!((seen.len(), &seen[1].1[..]), (2, &b"I"[..]));
    });
}

#[test]
fn a_prepared_statement_fails_as_often_as_asked() {
    run(async {
        let (proxy, mut client, mut server) = session().await;
        let failing = proxy.fail_statements(
            When::fingerprint("insert into a values ($1)"),
            Fail::Error("40001"),
            1,
        );
        let begin = [
            message(b'P', b"s\0INSERT INTO a VALUES ($1)\0\0\0"),
            message(b'B', b"\0s\0\0\0\0\0\0\0"),
        ];
        let rest = [message(b'E', b"\0\0\0\0\0"), message(b'S', b"")];
        client.say(&[&begin[..], &rest[..]].concat()).await;
        for expected in *b"PBS" {
            assert_eq!(server.next().await.unwrap().0, expected);
        }
        server
            .say(&[message(b'1', b""), message(b'2', b""), message(b'Z', b"I")])
            .await;
        let kinds: Vec<u8> = client.until_ready().await.iter().map(|one| one.0).collect();
        assert_eq!((&kinds[..], failing.count()), (&b"12EZ"[..], 1));
        client.say(&[&begin[1..], &rest[..]].concat()).await;
        for expected in *b"BES" {
            assert_eq!(server.next().await.unwrap().0, expected);
        }
    });
}

#[test]
fn a_program_that_opens_thousands_of_connections_is_refused_and_the_others_go_on() {
    run(async {
        let (proxy, mut client, mut server) = session().await;
        let mut many = Vec::new();
        while proxy.sessions() < MOST_CONNECTIONS {
            many.push(TcpStream::connect(proxy.address()).await.unwrap());
            tokio::task::yield_now().await;
        }
        // Those that wait to be accepted are refused, too.
        let mut beyond = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(beyond.read_u8().await.is_err());
        assert_eq!(proxy.sessions(), MOST_CONNECTIONS);
        client.say(&[query("SELECT 1")]).await;
        assert_eq!(server.next().await.unwrap().0, b'Q');
        server.say(&[tag("SELECT 1"), message(b'Z', b"I")]).await;
        assert_eq!(client.until_ready().await.len(), 2);
    });
}
