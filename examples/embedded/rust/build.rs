//! The board follows from the target, and its memories from the board.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let target = env::var("TARGET").expect("cargo sets it");
    let board = if target.starts_with("thumbv6m") { "microbit" } else { "mps2" };
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::copy(format!("{board}.x"), out.join("memory.x")).expect("the memories of the board");
    // The start-up code asks for the interrupts of a device: none has a handler.
    fs::write(out.join("device.x"), "").expect("writable");
    println!("cargo::rustc-check-cfg=cfg(board, values(\"mps2\", \"microbit\"))");
    println!("cargo::rustc-cfg=board=\"{board}\"");
    println!("cargo::rerun-if-changed={board}.x");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // Segments that begin on no page of 64 KiB.
    println!("cargo::rustc-link-arg-bins=--nmagic");
}
