//! Compiles the vectors in: a device has no files. Without a heap it has no JSON either, so they become constants here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut text = String::new();
    private(&mut text, &load("private.json"));
    gaussian(&mut text, &load("gaussian.json"));
    hadamard(&mut text, &load("hadamard.json"));
    fs::write(out.join("vectors.rs"), text).expect("writable");

    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "none") {
        println!("cargo:rerun-if-changed=memory.x");
        fs::copy("memory.x", out.join("memory.x")).expect("memory.x");
        println!("cargo:rustc-link-search={}", out.display());
        println!("cargo:rustc-link-arg-bins=-Tlink.x");
        // Segments that begin on no page of 64 KiB.
        println!("cargo:rustc-link-arg-bins=--nmagic");
    }
}

fn load(name: &str) -> Value {
    let path = Path::new("../vectors").join(name);
    println!("cargo:rerun-if-changed={}", path.display());
    serde_json::from_str(&fs::read_to_string(&path).expect("a vector file")).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// A slice with an item for each value.
fn slice(value: &Value, item: impl Fn(&Value) -> String) -> String {
    format!("&[{}]", list(value).iter().map(item).collect::<Vec<_>>().join(", "))
}

/// Numbers and decimal strings are written as they are.
fn number(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bytes(value: &Value) -> String {
    let digits = text(value);
    let byte = |at: usize| format!("0x{}", &digits[at..at + 2]);
    format!("[{}]", (0..digits.len()).step_by(2).map(byte).collect::<Vec<_>>().join(", "))
}

fn bits(value: &Value) -> String {
    format!("0x{}", text(value))
}

fn double(value: &Value) -> String {
    format!("f64::from_bits({})", bits(value))
}

fn mechanism(value: &Value) -> String {
    let real = |name: &str| double(&value[name]);
    let integer = |name: &str| number(&value[name]);
    format!(
        "MechanismConfig {{ dimension: {}, block_log2: {}, clamp: {}, clip: {}, granularity: {}, noise: {}, norm_bound: {}, parts: {}, honest: {} }}",
        integer("dimension"),
        integer("block_log2"),
        real("clamp"),
        real("clip"),
        real("granularity"),
        real("noise"),
        integer("norm_bound"),
        integer("parts"),
        integer("honest")
    )
}

fn private(out: &mut String, file: &Value) {
    out.push_str("pub(crate) static PRIVATE: &[Private] = &[\n");
    for case in list(&file["contributions"]) {
        let parts = slice(&case["parts"], |part| slice(part, double));
        writeln!(
            out,
            "    Private {{ name: {:?}, mechanism: {}, bits: {}, suite: {}, rotation: {}, tape: &{}, parts: {parts}, residues: {}, values: {} }},",
            text(&case["name"]),
            mechanism(&case["mechanism"]),
            case["bits"],
            case["suite"],
            bytes(&case["rotation"]),
            bytes(&case["rng_tape"]),
            slice(&case["residues"], number),
            slice(&case["values"], bits)
        )
        .expect("a string");
    }
    let refused = &file["refused"];
    out.push_str("];\npub(crate) static REFUSED: &[Refused] = &[\n");
    for case in list(&refused["values"]) {
        let (mechanism, values) = (mechanism(&refused["mechanism"]), slice(&case["values"], double));
        writeln!(
            out,
            "    Refused {{ name: {:?}, mechanism: {mechanism}, bits: {}, values: {values}, error: {} }},",
            text(&case["name"]),
            refused["bits"],
            case["error"]
        )
        .expect("a string");
    }
    out.push_str("];\n");
}

fn gaussian(out: &mut String, file: &Value) {
    out.push_str("pub(crate) static SAMPLES: &[Samples] = &[\n");
    for case in list(&file["samples"]) {
        let (key, samples) = (bytes(&case["key"]), slice(&case["samples"], number));
        let (suite, sigma) = (&case["suite"], double(&case["ieee754"]));
        writeln!(out, "    Samples {{ suite: {suite}, key: &{key}, sigma: {sigma}, samples: {samples} }},")
            .expect("a string");
    }
    out.push_str("];\npub(crate) static EXACT: &[Exact] = &[\n");
    for case in list(&file["exact"]) {
        writeln!(
            out,
            "    Exact {{ sampler: {:?}, numerator: {}, denominator: {}, key: {}, used: {}, samples: {} }},",
            text(&case["sampler"]),
            number(&case["numerator"]),
            number(&case["denominator"]),
            bytes(&case["key"]),
            case["used"],
            slice(&case["samples"], number)
        )
        .expect("a string");
    }
    out.push_str("];\n");
}

fn hadamard(out: &mut String, file: &Value) {
    out.push_str("pub(crate) static TRANSFORMS: &[Transform] = &[\n");
    for case in list(&file["transforms"]) {
        let kind = text(&case["number"]);
        let item = |value: &Value| {
            if kind.starts_with('f') { format!("{kind}::from_bits({})", bits(value)) } else { number(value) }
        };
        let function = text(&case["function"]);
        writeln!(
            out,
            "    Transform {{ function: Function::{}{}, orthonormal: {}, suite: {}, seed: {}, first: {}, data: Data::{}{}({}, {}) }},",
            function[..1].to_uppercase(),
            &function[1..],
            case["orthonormal"],
            case["suite"],
            bytes(&case["seed"]),
            number(&case["first"]),
            kind[..1].to_uppercase(),
            &kind[1..],
            slice(&case["input"], item),
            slice(&case["output"], item)
        )
        .expect("a string");
    }
    out.push_str("];\n");
}
