//! One connection: a frame there, a frame back.

use std::{io, net::SocketAddr};

use bytes::{BufMut as _, Bytes, BytesMut};
use kafka_protocol::{
    messages::{RequestHeader, ResponseHeader},
    protocol::{Decodable as _, Encodable as _, HeaderVersion as _, Request, StrBytes},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// More than any answer we ask for; a larger one is no Kafka.
const LARGEST: usize = 128 << 20;

#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    sent: i32,
}

impl Line {
    pub(super) async fn open(address: SocketAddr) -> Result<Self, String> {
        let opened = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok::<_, io::Error>(stream)
        };
        let stream = opened.await.map_err(|e| format!("no connection: {e}"))?;
        Ok(Self { stream, sent: 0 })
    }

    /// Nothing to read and not closed.
    pub(super) fn is_idle(&self) -> bool {
        let read = self.stream.try_read(&mut [0]);
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    pub(super) async fn exchange<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> Result<R::Response, String> {
        self.sent = self.sent.wrapping_add(1);
        let frame = framed(request, version, self.sent)?;
        let mut answer = self.carry(&frame).await.map_err(|e| e.to_string())?;
        let head = R::Response::header_version(version);
        let header = ResponseHeader::decode(&mut answer, head).map_err(|e| format!("{e:#}"))?;
        if header.correlation_id != self.sent {
            return Err("an answer to another request".to_owned());
        }
        R::Response::decode(&mut answer, version)
            .map_err(|e| format!("an answer that cannot be read: {e:#}"))
    }

    async fn carry(&mut self, frame: &[u8]) -> io::Result<Bytes> {
        self.stream.write_all(frame).await?;
        let length = self.stream.read_u32().await? as usize;
        if length > LARGEST {
            let why = format!("a frame of {length} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let mut answer = BytesMut::zeroed(length);
        self.stream.read_exact(&mut answer).await?;
        Ok(answer.freeze())
    }
}

fn framed<R: Request>(request: &R, version: i16, correlation: i32) -> Result<BytesMut, String> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some(StrBytes::from_static_str("bench")));
    let mut frame = BytesMut::new();
    frame.put_u32(0);
    header
        .encode(&mut frame, R::header_version(version))
        .and_then(|()| request.encode(&mut frame, version))
        .map_err(|e| format!("a request that cannot be written: {e:#}"))?;
    let length = u32::try_from(frame.len() - 4).map_err(|e| e.to_string())?;
    (&mut frame[..4]).put_u32(length);
    Ok(frame)
}
