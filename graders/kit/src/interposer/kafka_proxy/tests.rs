//! The proxy against a broker of a few lines: it answers each request with its correlation id and
//! the body that the test chose.

use std::io;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

async fn read_frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await? as usize;
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn write_frame(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let mut framed = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    framed.extend_from_slice(bytes);
    stream.write_all(&framed).await
}

/// A broker that answers everything with this body, and the proxy before it.
async fn stage(body: Vec<u8>) -> KafkaProxy {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxy = KafkaProxy::bind().await.unwrap();
    proxy.point_at(listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let body = body.clone();
            tokio::spawn(async move {
                while let Ok(request) = read_frame(&mut stream).await {
                    let mut answer = request[4..8].to_vec();
                    answer.extend_from_slice(&body);
                    if write_frame(&mut stream, &answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    proxy
}

async fn connect(proxy: &KafkaProxy) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port()))
        .await
        .unwrap()
}

fn header(api: i16, version: i16, correlation: i32) -> Vec<u8> {
    let mut bytes = [api.to_be_bytes(), version.to_be_bytes()].concat();
    bytes.extend_from_slice(&correlation.to_be_bytes());
    bytes.extend_from_slice(&[0, 1, b'c']);
    bytes
}

/// Heartbeat, version 0, of member `m` of group `g`.
fn heartbeat(correlation: i32) -> Vec<u8> {
    let mut bytes = header(12, 0, correlation);
    bytes.extend_from_slice(&[0, 1, b'g', 0, 0, 0, 1, 0, 1, b'm']);
    bytes
}

/// Produce, version 3: one batch of three records to partition 0 of `t`.
fn produce(correlation: i32) -> Vec<u8> {
    let mut bytes = header(0, 3, correlation);
    bytes.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, 0, 0, 0, 1]);
    bytes.extend_from_slice(&[0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 61]);
    let mut batch = [0; 61];
    batch[16] = 2;
    batch[60] = 3;
    bytes.extend_from_slice(&batch);
    bytes
}

/// The answer to it with this error.
fn produced(error: u8) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0, 0, error];
    bytes.extend_from_slice(&[0; 16 + 4]);
    bytes
}

fn beats() -> When {
    When::request(ApiKey::Heartbeat).group("g")
}

async fn next(held: &mut Held) -> HeldFrame {
    held.next(LIMIT).await.unwrap().expect("a frame")
}

async fn answered(stream: &mut TcpStream) -> i32 {
    let answer = tokio::time::timeout(LIMIT, read_frame(stream)).await;
    i32::from_be_bytes(*answer.unwrap().unwrap().first_chunk().unwrap())
}

async fn is_reset(stream: &mut TcpStream) -> bool {
    let read = tokio::time::timeout(LIMIT, stream.read_u8()).await.unwrap();
    read.unwrap_err().kind() == io::ErrorKind::ConnectionReset
}

#[tokio::test]
async fn a_held_request_goes_on_or_never_arrives() {
    let proxy = stage(vec![0, 0]).await;
    let mut client = connect(&proxy).await;
    let mut held = proxy.hold(beats());
    write_frame(&mut client, &heartbeat(7)).await.unwrap();
    let frame = next(&mut held).await;
    let (group, member) = ("g".to_owned(), "m".to_owned());
    assert_eq!(frame.frame().body, Body::Group { group, member });
    assert_eq!(frame.frame().client_id.as_deref(), Some("c"));
    frame.forward();
    assert_eq!(answered(&mut client).await, 7);
    write_frame(&mut client, &heartbeat(8)).await.unwrap();
    next(&mut held).await.swallow();
    assert!(is_reset(&mut client).await);
}

#[tokio::test]
async fn a_held_answer_goes_on_or_never_arrives() {
    let proxy = stage(produced(0)).await;
    let mut client = connect(&proxy).await;
    let mut held = proxy.hold(When::response(PRODUCE).topic("t"));
    write_frame(&mut client, &produce(7)).await.unwrap();
    next(&mut held).await.forward();
    assert_eq!(answered(&mut client).await, 7);
    write_frame(&mut client, &produce(8)).await.unwrap();
    next(&mut held).await.swallow();
    assert!(is_reset(&mut client).await);
}

#[tokio::test]
async fn swallowing_counts_and_ends() {
    let proxy = stage(produced(0)).await;
    let swallow = proxy.swallow(When::response(PRODUCE), 1);
    let mut client = connect(&proxy).await;
    write_frame(&mut client, &produce(1)).await.unwrap();
    assert!(is_reset(&mut client).await);
    let mut client = connect(&proxy).await;
    write_frame(&mut client, &produce(2)).await.unwrap();
    assert_eq!(answered(&mut client).await, 2);
    assert_eq!(swallow.count(), 1);
}

#[tokio::test]
async fn a_refusal_uses_up_no_swallow() {
    let proxy = stage(produced(3)).await;
    let swallow = proxy.swallow(When::response(PRODUCE), 1);
    let watch = proxy.watch(When::request(PRODUCE));
    let mut client = connect(&proxy).await;
    write_frame(&mut client, &produce(1)).await.unwrap();
    assert_eq!(answered(&mut client).await, 1);
    assert_eq!(swallow.count(), 0);
    let frames = watch.frames();
    assert!(matches!(&frames[0].body, Body::Produce { batches } if batches[0].records == 3));
}

#[tokio::test]
async fn what_is_held_goes_on_when_nobody_holds_it() {
    let proxy = stage(vec![0, 0]).await;
    let mut client = connect(&proxy).await;
    let mut held = proxy.hold(beats());
    write_frame(&mut client, &heartbeat(1)).await.unwrap();
    let taken = next(&mut held).await;
    proxy.clear();
    assert_eq!(answered(&mut client).await, 1);
    assert!(held.next(LIMIT).await.is_err());
    drop(taken);
    let held = proxy.hold(beats());
    write_frame(&mut client, &heartbeat(2)).await.unwrap();
    drop(held);
    assert_eq!(answered(&mut client).await, 2);
}

#[tokio::test]
async fn a_receiver_that_is_gone_holds_nothing() {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    drop(receiver);
    let frame = Frame {
        api: None,
        version: 0,
        side: Side::Request,
        connection: 1,
        peer: SocketAddr::from(([127, 0, 0, 1], 1)),
        client_id: None,
        body: Body::Other,
    };
    let decided = tokio::time::timeout(LIMIT, rule::decided(&sender, &frame)).await;
    assert!(matches!(decided, Ok(rule::Decision::Forward)));
}

#[tokio::test]
async fn down_resets_and_up_serves() {
    let proxy = stage(vec![0, 0]).await;
    let mut client = connect(&proxy).await;
    write_frame(&mut client, &heartbeat(1)).await.unwrap();
    assert_eq!(answered(&mut client).await, 1);
    proxy.down();
    assert!(is_reset(&mut client).await);
    assert!(is_reset(&mut connect(&proxy).await).await);
    proxy.up();
    let mut client = connect(&proxy).await;
    write_frame(&mut client, &heartbeat(2)).await.unwrap();
    assert_eq!(answered(&mut client).await, 2);
    drop(proxy);
    assert!(is_reset(&mut client).await);
}

#[tokio::test]
async fn garbage_and_lies_end_at_most_their_own_connection() {
    let proxy = stage(vec![0, 0]).await;
    let watch = proxy.watch(When::request(PRODUCE).or(ApiKey::Heartbeat));
    let mut client = connect(&proxy).await;
    client.write_all(&i32::MAX.to_be_bytes()).await.unwrap();
    assert!(client.read_u8().await.is_err());
    let mut client = connect(&proxy).await;
    write_frame(&mut client, &[0xff; 20]).await.unwrap();
    assert!(is_reset(&mut client).await);
    let mut client = connect(&proxy).await;
    let mut lie = header(0, 3, 5);
    lie.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, 0x7f, 0xff, 0xff, 0xff]);
    write_frame(&mut client, &lie).await.unwrap();
    assert_eq!(answered(&mut client).await, 5);
    let headless = [0, 12, 0, 0, 0, 0, 0, 6, 0x7f, 0xff];
    write_frame(&mut client, &headless).await.unwrap();
    assert_eq!(answered(&mut client).await, 6);
    let frames = watch.frames();
    let unreadable = |frame: &Frame| matches!(frame.body, Body::Unreadable { .. });
    assert!(frames.len() == 2 && frames.iter().all(unreadable));
}

#[tokio::test]
async fn the_story_names_whose_a_connection_is() {
    let proxy = stage(produced(0)).await;
    let timeline = Timeline::begin();
    proxy.begin(timeline.clone());
    proxy.name_by(|_| Some("producer 1".to_owned()));
    let mut client = connect(&proxy).await;
    write_frame(&mut client, &produce(1)).await.unwrap();
    assert_eq!(answered(&mut client).await, 1);
    let told = format!("{:?}", timeline.moments());
    assert!(told.contains("producer 1") && told.contains("publishes 3 to partition 0"));
    assert!(told.contains("acknowledges"), "{told}");
}
