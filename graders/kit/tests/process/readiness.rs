//! When a program is ready, and what is told when it is not.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use libtest_mimic::Trial;
use mastery_kit::{
    process::{
        Program,
        ports::{self, Holder},
        ready::{NotReady, ReadyReport, await_ready},
    },
    spec::Ready,
    verdict::Exit,
};

use crate::stage::{LONG, Stage, says, trial};

/// Short enough to be waited for in vain, by who is up already; long enough for one look that hangs.
const SHORT: Duration = Duration::from_millis(1500);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("http_is_ready_when_it_answers_2xx", http),
        trial("grpc_is_ready_when_it_serves", grpc),
        trial("tcp_is_ready_when_it_accepts", tcp),
        trial("a_line_makes_ready", line),
        trial("a_line_that_never_comes_is_named", no_line),
        trial("a_death_ends_the_wait_at_once", death),
        trial("who_never_listens_is_told_so", never_listens),
        trial("who_listens_on_another_port_is_told_where", other_port),
        trial("who_listens_on_ipv6_alone_is_told_where", ipv6),
        trial("a_foreign_server_on_the_port_never_passes", foreign),
        trial("who_dies_of_a_taken_port_is_told_who_took_it", taken),
        trial("who_accepts_and_never_answers_is_told_so", mute),
        trial("what_a_program_answers_last_is_told", unhealthy),
        trial("what_is_no_http_is_told_so", no_http),
    ]
}

/// A server in Python: its code sees `host` and `port`, `listen(host, port)` and `serve(status)`.
const SERVER: &str = "
import os, sys, socket, time, http.server
host, port = os.environ['HOST'], int(os.environ['PORT'])
def listen(host, port):
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port)); s.listen(); print('up')
    return s
def serve(statuses):
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            self.send_response(status if self.path == '/healthz' else 404)
            self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
    server = http.server.HTTPServer((host, port), Answers); print('up')
    server.serve_forever()
";

struct Trying {
    program: Program,
    port: u16,
}

impl Trying {
    async fn start(stage: &Stage, command: &[&str], port: u16) -> Self {
        let launch = stage.launch_with(command, &[("PORT", &port.to_string())]);
        let program = stage.supervisor.start(launch).await;
        let program = program.unwrap_or_else(|error| panic!("{error}"));
        Self { program, port }
    }

    async fn python(stage: &Stage, code: &str) -> Self {
        Self::python_on(stage, code, ports::free_port().unwrap()).await
    }

    async fn python_on(stage: &Stage, code: &str, port: u16) -> Self {
        let code = format!("{SERVER}{code}");
        Self::start(stage, &["python3", "-uc", &code], port).await
    }

    async fn ready(&self, ready: &str, limit: Duration) -> Result<ReadyReport, NotReady> {
        let ready = Ready::parse(ready).unwrap();
        await_ready(&self.program, &ready, Some(self.port), limit, drop).await
    }

    /// A loaded machine may take its time to start Python, which is not what is tried here.
    async fn up(self) -> Self {
        says(&self.program, "^up$").await;
        self
    }

    fn expected(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }
}

async fn http(stage: Arc<Stage>) {
    let trying = Trying::python(&stage, "serve([503, 500, 204])").await;
    let report = trying.ready("http:/healthz", LONG).await.unwrap();
    assert!(report.took < LONG);
    assert_eq!(ports::holder(trying.port, &trying.program), Holder::Tree);
    assert_eq!(ports::listeners(&trying.program), [trying.expected()]);
    // Our looks leave no traces of connections cut off.
    let told = trying.program.output().stderr.text();
    assert!(!told.contains("Traceback"), "{told}");
    trying.program.stop(LONG).await;
    assert!(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, trying.port)).is_err());
}

async fn grpc(stage: Arc<Stage>) {
    let exe = std::env::current_exe().unwrap();
    let command = [exe.to_str().unwrap(), "__grpc"];
    let trying = Trying::start(&stage, &command, ports::free_port().unwrap()).await;
    trying.ready("grpc", LONG).await.unwrap();
    trying.program.kill().await;
    // What speaks HTTP/1.1 only is not ready, whatever it says.
    let trying = Trying::python(&stage, "serve([200])").await.up().await;
    let why = trying.ready("grpc", SHORT).await.unwrap_err();
    assert!(matches!(why, NotReady::NotHealthy { .. }), "{why:?}");
    trying.program.kill().await;
}

async fn tcp(stage: Arc<Stage>) {
    let trying = Trying::python(
        &stage,
        "s = listen('::ffff:0.0.0.0', port)\ntime.sleep(1000)",
    )
    .await;
    trying.ready("tcp", LONG).await.unwrap();
    trying.program.kill().await;
}

async fn line(stage: Arc<Stage>) {
    let trying = Trying::python(
        &stage,
        "print('worker 7 is up', flush=True)\ntime.sleep(1000)",
    )
    .await;
    trying
        .ready("line:^worker [0-9]+ is up$", LONG)
        .await
        .unwrap();
    trying.program.kill().await;
}

async fn no_line(stage: Arc<Stage>) {
    let trying = Trying::python(&stage, "print('nearly', file=sys.stderr)\ntime.sleep(1000)").await;
    let limit = Duration::from_millis(500);
    let why = trying.ready("line:nearly", limit).await.unwrap_err();
    assert!(matches!(&why, NotReady::LineNeverCame { pattern, .. } if pattern == "nearly"));
    trying.program.kill().await;
}

async fn death(stage: Arc<Stage>) {
    let trying = Trying::python(&stage, "raise SystemExit('no database')").await;
    let why = trying.ready("http:/healthz", Duration::from_mins(10)).await;
    let NotReady::Died(death) = why.unwrap_err() else {
        panic!("not told as a death");
    };
    assert_eq!(death.exit, Exit::Code { code: 1 });
    assert_eq!(death.last_lines, ["no database"]);
}

async fn never_listens(stage: Arc<Stage>) {
    let trying = Trying::python(&stage, "time.sleep(1000)").await;
    let limit = Duration::from_millis(500);
    let why = trying.ready("http:/healthz", limit).await.unwrap_err();
    assert!(
        matches!(why, NotReady::NeverListened { expected, .. } if expected == trying.expected())
    );
    trying.program.kill().await;
}

async fn other_port(stage: Arc<Stage>) {
    let other = ports::free_port().unwrap();
    let code = format!("port = {other}\nserve([200])");
    let trying = Trying::python(&stage, &code).await.up().await;
    let found = SocketAddr::from((Ipv4Addr::LOCALHOST, other));
    let mut notes = Vec::new();
    let limit = Duration::from_millis(2500); // the note comes after two seconds
    let ready = Ready::parse("http:/healthz").unwrap();
    let note = |text| notes.push(text);
    let why = await_ready(&trying.program, &ready, Some(trying.port), limit, note).await;
    let expected = trying.expected();
    assert_eq!(
        why,
        Err(NotReady::ListensElsewhere {
            expected,
            found: vec![found]
        })
    );
    let note = format!("`api` listens on {found}; it should listen on {expected}.");
    assert_eq!(notes, [note]);
    trying.program.kill().await;
}

async fn ipv6(stage: Arc<Stage>) {
    for (host, code) in [
        ("::1", "s = listen('::1', port)\ntime.sleep(1000)"),
        (
            "::",
            "s = socket.socket(socket.AF_INET6)\n\
             s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)\n\
             s.bind(('::', port)); s.listen(); print('up')\ntime.sleep(1000)",
        ),
    ] {
        let trying = Trying::python(&stage, code).await.up().await;
        let limit = Duration::from_millis(200);
        let why = trying.ready("http:/healthz", limit).await.unwrap_err();
        let found = vec![SocketAddr::new(host.parse().unwrap(), trying.port)];
        let expected = trying.expected();
        assert_eq!(why, NotReady::ListensElsewhere { expected, found });
        trying.program.kill().await;
    }
}

async fn foreign(stage: Arc<Stage>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let trying = Trying::python_on(&stage, "time.sleep(1000)", port).await;
    let why = trying.ready("tcp", LONG).await.unwrap_err();
    let NotReady::NotYours { holder, .. } = &why else {
        panic!("{why:?}");
    };
    assert!(
        matches!(holder, Holder::Foreign { pid: Some(pid), .. } if *pid == std::process::id()),
        "{why:?}"
    );
    trying.program.kill().await;
}

async fn taken(stage: Arc<Stage>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let trying = Trying::python_on(&stage, "serve([200])", port).await;
    trying.program.ended().await;
    let why = trying.ready("http:/healthz", LONG).await.unwrap_err();
    let NotReady::NotYours { death, .. } = &why else {
        panic!("{why:?}");
    };
    // Whichever is seen first: the foreign listener, or the death because of it.
    if let Some(death) = death {
        assert_eq!(death.exit, Exit::Code { code: 1 });
    }
    assert!(why.to_string().contains(&format!("holds port {port}: ")));
}

async fn mute(stage: Arc<Stage>) {
    let trying = Trying::python(&stage, "s = listen(host, port)\ntime.sleep(1000)")
        .await
        .up()
        .await;
    let why = trying.ready("http:/healthz", SHORT).await.unwrap_err();
    assert!(
        matches!(&why, NotReady::NotHealthy { seen, .. } if seen.contains("did not answer GET /healthz")),
        "{why:?}"
    );
    trying.program.kill().await;
}

async fn unhealthy(stage: Arc<Stage>) {
    let trying = Trying::python(&stage, "serve([503])").await.up().await;
    let why = trying.ready("http:/healthz", SHORT).await.unwrap_err();
    assert!(
        matches!(&why, NotReady::NotHealthy { seen, .. } if seen.contains("answered 503")),
        "{why:?}"
    );
    trying.program.kill().await;
}

async fn no_http(stage: Arc<Stage>) {
    let code = "s = listen(host, port)\nwhile True:\n c, _ = s.accept(); c.sendall(b'hello\\r\\n'); c.close()";
    let trying = Trying::python(&stage, code).await.up().await;
    let why = trying.ready("http:/healthz", SHORT).await.unwrap_err();
    assert!(
        matches!(&why, NotReady::NotHealthy { seen, .. } if seen.contains("HTTP") || seen.contains("closed")),
        "{why:?}"
    );
    trying.program.kill().await;
}
