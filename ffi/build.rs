//! Names the shared library for the loader: the number after `.so` is `CLOAK_ABI_VERSION` (a test compares them).

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |key| std::env::var(key).unwrap_or_default();
    if target("CARGO_CFG_TARGET_FAMILY") == "unix" && target("CARGO_CFG_TARGET_VENDOR") != "apple" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libcloakwork.so.0");
    }
}
