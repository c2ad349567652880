//! The committed header and list of symbols are those of the sources.
//!
//! `CLOAK_BLESS=1 cargo test -p cloakwork-ffi --test header` writes both anew.
#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "tests have std and stop at the first surprise")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn generate() -> cbindgen::Bindings {
    let config = cbindgen::Config::from_file(crate_dir().join("cbindgen.toml")).unwrap();
    let sources = crate_dir().join("src/lib.rs");
    cbindgen::Builder::new().with_config(config).with_src(sources).generate().unwrap()
}

/// Compares a committed text with what it should be, or replaces it when blessed.
fn hold(path: &Path, expected: &str) {
    if env::var_os("CLOAK_BLESS").is_some() {
        fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    let same = found == expected;
    assert!(same, "{} is not what the sources give; bless it and review the difference", path.display());
}

#[test]
fn header_is_that_of_the_sources() {
    let mut header = Vec::new();
    generate().write(&mut header);
    hold(&crate_dir().join("../include/cloakwork.h"), &String::from_utf8(header).unwrap());
}

#[test]
fn symbols_are_those_of_the_header() {
    let bindings = generate();
    let symbols: BTreeSet<&str> = bindings.dynamic_symbols_names().collect();
    assert!(symbols.iter().all(|symbol| symbol.starts_with("cloak_")));
    let list: String = symbols.iter().map(|symbol| format!("{symbol}\n")).collect();
    hold(&crate_dir().join("symbols.txt"), &list);
}
