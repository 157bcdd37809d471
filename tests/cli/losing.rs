//! A service that dies under a run: nobody's failure, and the run goes on with a fresh one.

use std::fs;

use crate::warmer::Warmer;

const LAB: &str = "week-04-distributed-systems/labs/kafka-producer-consumer";

/// Ends the run's Postgres the first time that it is called by a name. Programs are not told where that
/// listens, so the setup notes it.
const MURDERER: &str = r#"import http.server, os, pathlib, re, signal, sys
if sys.argv[1] == "positions":
    place = ("127.0.0.1", int(os.environ["PORT"]))
    http.server.HTTPServer(place, http.server.SimpleHTTPRequestHandler).serve_forever()
name, port, done = sys.argv[1], pathlib.Path("port"), pathlib.Path(sys.argv[1] + ".done")
if name == "setup":
    port.write_text(re.search(r":(\d+)/", os.environ["DATABASE_URL"]).group(1))
if done.exists():
    sys.exit(name != "setup")
done.touch()
for process in pathlib.Path("/proc").glob("[0-9]*"):
    words = (process / "cmdline").read_bytes().split(b"\0")
    if words[0].endswith(b"/postgres") and port.read_bytes() in words:
        os.kill(int(process.name), signal.SIGKILL)
sys.exit("the database went away")
"#;

#[test]
fn a_database_that_dies_is_replaced_and_charged_to_nobody() {
    let Some(warmer) = Warmer::new(&["kafka", "jre", "postgres"]) else {
        return;
    };
    warmer.says(&["start", "kafka-producer-consumer"]).good();
    let lab = warmer.learner.root.join("ws").join(LAB);
    fs::write(lab.join("murder.py"), MURDERER).unwrap();
    let program = |name: &str, run: &str| {
        format!(
            "[[program]]\nname = \"{name}\"\nrun = {run}\nready = \"tcp\"\nports = [\"PORT\"]\n"
        )
    };
    let submission = format!(
        "schema = 1\nlab = \"kafka-producer-consumer\"\nsetup = [\"python3\", \"murder.py\", \"setup\"]\n{}{}",
        program("gateway", "[\"python3\", \"murder.py\", \"gateway\"]"),
        program("positions", "[\"python3\", \"murder.py\", \"positions\"]"),
    );
    fs::write(lab.join("submission.toml"), submission).unwrap();
    let grade = "grade kafka-producer-consumer --backend native --only fills_become_positions --only leaves_politely";
    let grade: Vec<&str> = grade.split(' ').collect();
    let said = warmer.says(&grade).ends(4);
    // Under the setup, then under the first check's programs; after that the program ends by itself.
    let count = |words: [&str; 2]| {
        let says = |line: &&str| words.iter().all(|word| line.contains(word));
        said.out.lines().filter(says).count()
    };
    assert_eq!(count(["service  postgres", "ready in"]), 3, "{}", said.out);
    // Each time where it was lost, and once more as what the check has to say.
    assert_eq!(count(["Postgres ended", "SIGKILL"]), 3, "{}", said.out);
    assert_eq!(count(["setup", "murder.py setup"]), 3, "{}", said.out);
    said.tells(&["it is run again on a fresh one", "1 unsettled, 1 skipped"]);
    assert_eq!(warmer.learner.left_running(), Vec::<String>::new());
}
