//! One PostgreSQL for the test run, from Debian's package, and a database for each test.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

static SERVER: OnceLock<PathBuf> = OnceLock::new();
static DURABLE: OnceLock<PathBuf> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The newest version's programs; `None` if PostgreSQL is not installed. `build.rs` looks at the same place.
pub fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

/// Starts the server, which ends with this process: it reads the pipe that then breaks. It refuses
/// to run as root, so there it runs as the user that Debian's package made.
fn start(bin: &Path, fsync: &str) -> PathBuf {
    let folder = tempfile::Builder::new()
        .prefix("atsi-pg-")
        .tempdir()
        .unwrap()
        .keep();
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root {
        let given = Command::new("chown").arg("postgres").arg(&folder).status();
        assert!(given.unwrap().success());
    }
    let script = r#"
        cd "$2" && "$1/initdb" -D data -A trust -U atsi --no-sync >log 2>&1 || exit 1
        "$1/postgres" -D data -k "$2" -c listen_addresses= -c max_connections=300 -c fsync="$3" >>log 2>&1 &
        server=$!
        tries=1200
        until "$1/pg_isready" -q -h "$2"; do
            tries=$((tries - 1))
            if [ $tries -eq 0 ] || ! kill -0 $server; then echo "PostgreSQL did not start"; exit 1; fi
            sleep 0.05
        done
        echo ready
        cat >/dev/null
        kill -QUIT $server; wait $server; rm -rf "$2"
    "#;
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let mut child = command
        .args(["-c", script, "sh"])
        .args([bin, &folder])
        .arg(fsync)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // One line, not to the end: whoever changes the user keeps the pipe open.
    let mut said = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut said).unwrap();
    assert_eq!(said, "ready\n", "see {}/log", folder.display());
    // Its end of the pipe closes when this process ends, however that comes about.
    std::mem::forget(child);
    folder
}

/// The URL of a new and empty database.
pub fn database() -> String {
    database_of(&SERVER, "off")
}

/// The same on a server that syncs each commit to the disk.
pub fn durable_database() -> String {
    database_of(&DURABLE, "on")
}

fn database_of(server: &OnceLock<PathBuf>, fsync: &str) -> String {
    let bin = programs().expect("PostgreSQL is missing: apt-get install postgresql");
    let folder = server.get_or_init(|| start(&bin, fsync)).to_str().unwrap();
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("test{number}");
    let made = Command::new(bin.join("createdb"))
        .args(["-h", folder, "-U", "atsi", &name])
        .status();
    assert!(made.unwrap().success());
    let host = folder.replace('/', "%2F");
    format!("postgres://atsi@{host}/{name}")
}
