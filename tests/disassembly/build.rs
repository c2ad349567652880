//! Links as firmware where there is no operating system, with the memory of the board that tests/device runs on.

fn main() {
    println!("cargo:rerun-if-changed=../device/memory.x");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "none") {
        let folder = std::path::Path::new("../device").canonicalize().expect("beside this folder");
        println!("cargo:rustc-link-search={}", folder.display());
        println!("cargo:rustc-link-arg-bins=-Tlink.x");
        println!("cargo:rustc-link-arg-bins=--nmagic");
    }
}
