//! Downloads that go wrong: each ends in bounded time, says whose fault it was, and loses nothing
//! that can be used.

use super::*;

const ONLY: &[Package] = &[Package::Postgres];

fn part(cache: &Path) -> u64 {
    let path = cache
        .join("downloads")
        .join(format!("{}.part", mirror::JAR));
    fs::metadata(path).map_or(0, |file| file.len())
}

fn stands(cache: &Path) -> bool {
    standing(cache, Package::Postgres).is_some()
}

#[test]
fn a_connection_that_is_lost_is_gone_on_with_at_once() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.behave(&[Manner::Resets(1000), Manner::Resets(500)]);
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        assert_eq!(mirror.ranges(), ["", "1000-", "1500-"]);
        assert!(stands(cache.path()));
    });
}

#[test]
fn a_server_that_is_gone_keeps_what_came_and_the_next_fetch_goes_on_there() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.behave(&[Manner::Resets(1000), Manner::Resets(0)]);
        let error = fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
        assert!(
            matches!(error, FetchError::BrokeOff { done: 1000, .. }),
            "{error}"
        );
        assert!(
            error.deed().contains("goes on where this stopped"),
            "{}",
            error.deed()
        );
        assert_eq!(part(cache.path()), 1000);

        let plan = Plan::look(ONLY, cache.path(), &mirror.terms())
            .await
            .unwrap();
        let whole = fs::metadata(mirror.archive()).unwrap().len();
        assert_eq!(
            plan.items[0].bytes,
            Some(whole - 1000),
            "only the rest is announced"
        );
        plan.fetch(&mut |_| {}).await.unwrap();
        assert_eq!(mirror.ranges().last().unwrap(), "1000-");
        assert!(stands(cache.path()));
    });
}

#[test]
fn a_server_that_stalls_is_given_up_and_what_came_is_kept() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.behave(&[Manner::Stalls(700)]);
        let error = fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
        assert!(matches!(error, FetchError::Stalled { .. }), "{error}");
        assert_eq!(part(cache.path()), 700);
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        assert_eq!(mirror.ranges(), ["", "700-"]);
    });
}

#[test]
fn a_server_without_ranges_is_asked_for_all_of_it_again() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.behave(&[Manner::Resets(1000), Manner::NoRanges]);
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        assert_eq!(mirror.ranges(), ["", "1000-"]);
        assert!(stands(cache.path()));
    });
}

#[test]
fn a_file_that_ends_too_early_is_no_file() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.behave(&[Manner::Truncates(1000), Manner::Truncates(0)]);
        let error = fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
        assert!(
            matches!(error, FetchError::BrokeOff { done: 1000, .. }),
            "{error}"
        );
        assert!(!stands(cache.path()));
    });
}

#[test]
fn a_wrong_checksum_is_thrown_away_and_nothing_stands() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let mut bytes = fs::read(mirror.archive()).unwrap();
        bytes[1000] ^= 1;
        fs::write(mirror.archive(), bytes).unwrap();
        let error = fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
        assert!(matches!(error, FetchError::WrongChecksum { .. }), "{error}");
        assert_eq!(part(cache.path()), 0);
        assert!(!stands(cache.path()));
        let told = crate::verdict::BenchError::from(error);
        assert!(
            told.why.contains("not what its publisher announced"),
            "{told}"
        );
        assert!(told.unlock.unwrap().contains("mirror"));
    });
}

#[test]
fn a_beginning_that_was_damaged_on_disk_is_fetched_anew() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.behave(&[Manner::Stalls(1000)]);
        fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
        let path = cache
            .path()
            .join("downloads")
            .join(format!("{}.part", mirror::JAR));
        fs::write(path, vec![0; 1000]).unwrap();
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        assert_eq!(mirror.ranges(), ["", "1000-", ""]);
        assert!(stands(cache.path()));
    });
}

#[test]
fn what_is_not_there_or_not_to_be_reached_is_told_before_anything_is_written() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.remove(&format!("18.4.0/{}", mirror::JAR));
        let error = fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
        assert!(
            matches!(error, FetchError::Refused { status: 404, .. }),
            "{error}"
        );

        // A port that was free a moment ago and is nobody's.
        let gone = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        for (base, says) in [
            (format!("http://{gone}"), "cannot be reached"),
            ("ftp://mirror.example".to_owned(), "neither http"),
            ("mirror".to_owned(), "is no address"),
        ] {
            let mut terms = mirror.terms();
            terms.source = Source::mirror(&base);
            let error = Plan::look(ONLY, cache.path(), &terms).await.err().unwrap();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    });
}

#[test]
fn publishers_are_asked_over_tls_and_through_the_proxy_that_was_named() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let mut terms = mirror.terms();
        let proxy = terms.source.maven.replace("/maven", "");
        terms.source = Source::mirror("https://publisher.invalid");
        terms.proxy = Some(proxy);
        let error = Plan::look(ONLY, cache.path(), &terms).await.err().unwrap();
        assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
        assert_eq!(mirror.log(), ["CONNECT publisher.invalid:443 "]);
    });
}

#[test]
fn an_archive_that_reaches_out_of_its_folder_is_refused() {
    for (lay, says) in [
        (
            (|tar: &mut _| mirror::file(tar, "../outside", "x", 0o644)) as fn(&mut _),
            "reaches out",
        ),
        (
            |tar| mirror::file(tar, "/outside", "x", 0o644),
            "reaches out",
        ),
        (
            |tar| mirror::link(tar, "bin/link", "../../outside"),
            "leads out",
        ),
        (
            |tar| {
                mirror::link(tar, "link", "bin");
                mirror::file(tar, "link/outside", "x", 0o644);
            },
            "through a link",
        ),
        (
            |tar| mirror::file(tar, "bin/postgres", "half", 0o755),
            "lacks bin/initdb",
        ),
    ] {
        run(async {
            let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
            mirror.postgres_holds(lay);
            let error = fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
            assert!(matches!(error, FetchError::BadArchive { .. }), "{error}");
            assert!(error.to_string().contains(says), "{error}");
            let left: Vec<_> = fs::read_dir(cache.path().join("postgres"))
                .unwrap()
                .collect();
            assert!(left.is_empty(), "{left:?}");
            assert!(!cache.path().join("outside").exists());
        });
    }
}

#[test]
fn more_than_a_package_can_be_is_refused() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let mut terms = mirror.terms();
        terms.limits.download = 1000;
        let plan = Plan::look(ONLY, cache.path(), &terms).await.unwrap();
        let error = plan.fetch(&mut |_| {}).await.unwrap_err();
        assert!(
            matches!(error, FetchError::TooLarge { limit: 1000, .. }),
            "{error}"
        );
        terms.limits = Limits {
            unpacked: 180_000,
            ..Limits::default()
        };
        let plan = Plan::look(ONLY, cache.path(), &terms).await.unwrap();
        let error = plan.fetch(&mut |_| {}).await.unwrap_err();
        assert!(
            error.to_string().contains("more than a package can be"),
            "{error}"
        );
        assert!(!stands(cache.path()));
    });
}
